"""What a manifest says in more than one place, which must be the same in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpus_assets.libvmaf.features import TEACHER
from corpus_assets.manifests.pair import Mismatch
from corpus_assets.manifests.parts import inventory_digest
from corpus_assets.manifests.scored import NetflixManifest, ScoredManifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.manifests.kinds import Manifest

LABELS = ("crf", "preset", "encoder", "pix_fmt", "codec")
NUMBER = "float64"


def check_agreement(model: Manifest) -> Iterator[Mismatch]:
    """Compare settings with the blocks that repeat them, features with columns, and the digest."""
    args = model.run_provenance.args
    for place, value in _repeated(model):
        name = place.rpartition(".")[2]
        if args.get(name) is not None and value != args[name]:
            yield Mismatch(place, f"{args[name]}, as in run_provenance.args", str(value))
    if (digest := inventory_digest(model.inventory.files)) != model.inventory.digest:
        yield Mismatch("inventory.digest", digest, model.inventory.digest)
    if isinstance(model, ScoredManifest):
        yield from _features(model)


def _repeated(model: Manifest) -> Iterator[tuple[str, Any]]:
    """Yield facts that are settings too, with where they stand."""
    blocks = {"": model, "recipe.": getattr(model, "recipe", None)}
    for prefix, block in blocks.items():
        for name in LABELS:
            if hasattr(block, name):
                yield f"{prefix}{name}", getattr(block, name)
    if isinstance(model, NetflixManifest):
        for name in ("width", "height", "pix_fmt"):
            yield f"geometry.{name}", getattr(model.geometry, name)


def _features(model: ScoredManifest) -> Iterator[Mismatch]:
    columns = {one.name for one in model.artifact.columns if one.type == NUMBER} - {TEACHER}
    if columns != set(model.features):
        expected = ", ".join(sorted(columns))
        yield Mismatch("features", f"{expected}, as in artifact.columns", ", ".join(model.features))
