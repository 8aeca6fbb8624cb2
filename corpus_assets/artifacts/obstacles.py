"""What stands in the way of making an artifact again: each difference from what is recorded."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from corpus_assets.artifacts.recorded import asset_of, trusted_keys
from corpus_assets.artifacts.scored import ScoredRequest
from corpus_assets.artifacts.settings import EMBEDDED
from corpus_assets.errors import EngineError
from corpus_assets.files import sha256_of_file
from corpus_assets.libvmaf.acceleration import INSTALL
from corpus_assets.manifests.engine import KERNELS, EnginePart, computing_facts
from corpus_assets.manifests.inputs import check_files
from corpus_assets.manifests.pair import Mismatch
from corpus_assets.manifests.scored import ScoredManifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from corpus_assets.artifacts.request import Candidate, Request
    from corpus_assets.manifests.kinds import Manifest

NAMES_SHOWN = 5


def code_obstacles(manifest: Manifest, request: Request) -> Iterator[Mismatch]:
    """Compare the recipe, and the version of the table where Dagster recorded it."""
    recorded = manifest.dagster.code_version if manifest.dagster else None
    now = asset_of(manifest).code_version
    if recorded and recorded != now:
        yield Mismatch("code_version", recorded, now)
    recipe = getattr(manifest, "recipe", None)
    if isinstance(request, ScoredRequest) and recipe and request.recipe:
        facts = request.recipe.model_dump()
        for name, value in recipe.model_dump().items():
            if facts[name] != value:
                yield Mismatch(f"recipe.{name}", str(value), str(facts[name]))


def program_obstacles(manifest: Manifest) -> Iterator[Mismatch]:
    """Read the user's own programs, before any of them is started."""
    if not isinstance(manifest, ScoredManifest):
        return
    args, engine = manifest.run_provenance.args, manifest.engine
    with_ffmpeg = engine.encoder.binary_sha256 if engine.encoder else engine.binary_sha256
    for name, sha256 in {"vmaf_bin": engine.binary_sha256, "ffmpeg": with_ffmpeg}.items():
        program = args.get(name)
        if program and program != EMBEDDED:
            found = _digest(shutil.which(program) or program)
            if found != sha256:
                yield Mismatch(f"{name} {program}", sha256, found)


def _digest(path: str) -> str:
    try:
        return sha256_of_file(path)
    except OSError as error:
        return str(error.strerror)


def engine_obstacles(manifest: Manifest, request: Request) -> Iterator[Mismatch]:
    """Compare features, programs and model; of a table that no program makes, nothing."""
    if not (isinstance(manifest, ScoredManifest) and isinstance(request, ScoredRequest)):
        return
    if manifest.features != request.features.columns:
        before, after = manifest.features, request.features.columns
        yield Mismatch("features", ", ".join(before), ", ".join(after))
    recorded = computing_facts(manifest.engine)
    try:
        now = computing_facts(EnginePart.of(request.scoring.engine(request.features)))
    except EngineError as error:
        yield Mismatch("engine", manifest.engine.binary, str(error))
        return
    for column in manifest.mixed_columns:
        both = "kernels for some clips, libvmaf for others"
        yield Mismatch(f"computed_by {column}", both, "one of them for all")
    for name in sorted(recorded.keys() | now.keys()):
        if recorded.get(name) != now.get(name):
            none = f"none; {INSTALL}" if name == KERNELS else "none"
            yield Mismatch(name, recorded.get(name, "none"), now.get(name, none))


def input_obstacles(
    manifest: Manifest, clips: Mapping[str, Candidate], chosen: Mapping[str, Candidate]
) -> Iterator[Mismatch]:
    """Compare the input files of the clips chosen; each file must still be a clip's."""
    names = {name for candidate in clips.values() for name in candidate.sources}
    for file in manifest.inventory.files:
        if file.path not in names:
            yield Mismatch(f"input {file.path}", "a clip of the corpus", "no clip has this file")
    used = {name for candidate in chosen.values() for name in candidate.sources}
    yield from check_files(manifest.inventory, used)


def trusted_obstacles(manifest: Manifest) -> Iterator[Mismatch]:
    """Name the clips whose numbers nothing here has made."""
    if trusted := sorted(trusted_keys(manifest)):
        names = ", ".join(trusted[:NAMES_SHOWN])
        found = f"{len(trusted)} reports of other tools, whose making is not known: {names}"
        yield Mismatch("trusted_reports", "numbers that can be computed again", found)
