"""Whether what an artifact was made from is still there: every input file, and the programs."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.corpora.bvi_dvc import look_in_zip
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import ClipError, RootError
from corpus_assets.files import sha256_of_file
from corpus_assets.kernels.loading import installed_kernels
from corpus_assets.libvmaf.acceleration import INSTALL
from corpus_assets.manifests.engine import KERNELS
from corpus_assets.manifests.pair import Mismatch
from corpus_assets.manifests.scored import ScoredManifest

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from corpus_assets.corpora.bvi_dvc import Inventory
    from corpus_assets.corpora.clip import Source
    from corpus_assets.manifests.engine import EnginePart
    from corpus_assets.manifests.kinds import Manifest
    from corpus_assets.manifests.parts import FilePart, InventoryPart


def check_inputs(manifest: Manifest) -> Iterator[Mismatch]:
    """Hold every recorded input, the engine and the model against what is there."""
    yield from check_files(manifest.inventory)
    if isinstance(manifest, ScoredManifest):
        for path, sha256 in _programs(manifest.engine).items():
            yield from _file(Path(path), sha256)
        yield from _kernels(manifest.engine)


def bytes_of_inputs(manifest: Manifest) -> int:
    """Return how many bytes the recorded inputs have, and the programs that are there."""
    programs = _programs(manifest.engine) if isinstance(manifest, ScoredManifest) else {}
    return manifest.inventory.bytes + sum(map(_size, programs))


def check_files(inventory: InventoryPart, only: Container[str] | None = None) -> Iterator[Mismatch]:
    """Read every recorded input file, or those in `only`, and compare its digest."""
    root = Path(inventory.root)
    if not root.exists():
        yield Mismatch("inventory.root", str(root), "nothing there")
        return
    try:
        sources = entries_of(look_in_zip(root)) if root.is_file() else None
    except RootError as error:
        yield Mismatch("inventory.root", "a readable archive", str(error))
        return
    for file in (one for one in inventory.files if only is None or one.path in only):
        found = digest_of(source_of(inventory, file, sources))
        if found != file.sha256:
            yield Mismatch(f"input {file.path}", file.sha256, found)


def entries_of(corpus: Inventory) -> Mapping[str, Source]:
    """Return what is named like a clip, by its name in the archive."""
    return {one.source.name: one.source for one in corpus.named}


def source_of(
    inventory: InventoryPart, file: FilePart, entries: Mapping[str, Source] | None
) -> Source | None:
    """Return where a recorded file should be: among these entries, or below the root."""
    return FileSource(inventory.root, file.path) if entries is None else entries.get(file.path)


def digest_of(source: Source | None) -> str:
    """Return the SHA-256 of a source, or why there is none."""
    if source is None:
        return "no such entry"
    try:
        source.stamp()
        return source.sha256()
    except ClipError as error:
        return error.reason
    except (OSError, ValueError) as error:
        return reason(error)


def reason(error: OSError | ValueError) -> str:
    """Say why a file cannot be looked at; a ValueError is a path that the system cannot name."""
    return getattr(error, "strerror", None) or str(error)


def _kernels(engine: EnginePart) -> Iterator[Mismatch]:
    """Compare the kernels that computed with those that are installed."""
    if engine.kernels and (found := installed_kernels()) != engine.kernels.identity:
        yield Mismatch(KERNELS, str(engine.kernels.identity), str(found or f"none; {INSTALL}"))


def _programs(engine: EnginePart) -> dict[str, str]:
    """Return the digests of all files that computed, by path."""
    encoder = engine.encoder
    return {
        engine.binary: engine.binary_sha256,
        **{library.path: library.sha256 for library in engine.libraries},
        **({encoder.binary: encoder.binary_sha256} if encoder else {}),
        **{library.path: library.sha256 for library in (encoder.libraries if encoder else ())},
        **({engine.model.path: engine.model.sha256 or ""} if engine.model.path else {}),
    }


def _size(path: str) -> int:
    """Return the size of a file; 0 where there is none."""
    with contextlib.suppress(OSError, ValueError):
        return Path(path).stat().st_size if Path(path).is_file() else 0
    return 0


def _file(path: Path, sha256: str) -> Iterator[Mismatch]:
    try:
        found = sha256_of_file(path)
    except (OSError, ValueError) as error:
        found = reason(error)
    if found != sha256:
        yield Mismatch(f"engine {path}", sha256, found)
