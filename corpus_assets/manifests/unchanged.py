"""Whether the inputs of an artifact are still what they were, without reading all of them again.

A file that was last changed before the run began is the one that was read; only the others are
hashed. Replacing a whole folder by another with old times is not noticed; `corpus-assets verify
--inputs` reads everything.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.corpora.bvi_dvc import look_in_zip
from corpus_assets.errors import DataError, RootError
from corpus_assets.manifests.inputs import digest_of, entries_of, reason, source_of
from corpus_assets.manifests.provenance import InputRecord

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from corpus_assets.corpora.clip import Source
    from corpus_assets.manifests.kinds import Manifest
    from corpus_assets.manifests.parts import FilePart, InventoryPart

ZIP_INPUT = "bvi_zip"
DIGEST = re.compile("[0-9a-f]{64}")
MARGIN = 2.0
"""Seconds: the coarsest time stamps of a file system, and more than the lag of others."""


@dataclass
class Comparison:
    """Inputs that are not as recorded, with what they are, and how many were looked at and how."""

    changed: dict[str, str] = field(default_factory=dict)
    by_stat: int = 0
    hashed: int = 0


def compare_inputs(manifest: Manifest, since: float | None = None) -> Comparison:
    """Compare the recorded files with those there.

    `since` is when the run began, seconds since 1970; the manifest's own time counts too, less what
    its clips took. Where neither is known, everything is hashed. Raises RootError when the root is
    not there or cannot be read, DataError when the manifest's time is none.
    """
    inventory, found = manifest.inventory, Comparison()
    root = Path(inventory.root)
    if not root.exists():
        raise RootError(f"{root} is not there")
    began = _began(manifest, since)
    if root.is_file():
        _compare_archive(manifest, root, began, found)
        return found
    for file in inventory.files:
        _compare_file(root / file.path, source_of(inventory, file, None), file, began, found)
    return found


def _began(manifest: Manifest, since: float | None) -> float:
    """Return a time before which no input was read, minus infinity where none is known.

    A run that began after the manifest was made is another one.
    """
    try:
        created = dt.datetime.fromisoformat(manifest.created).timestamp()
    except (ValueError, OverflowError) as error:
        raise DataError(f"created: {manifest.created} is no time: {error}") from error
    elapsed: float | None = getattr(getattr(manifest, "stats", None), "elapsed_s", None)
    times = [] if elapsed is None else [created - elapsed]
    if since is not None and since <= created:
        times.append(since)
    return min(times, default=-math.inf)


def _compare_file(
    path: Path, source: Source | None, file: FilePart, began: float, found: Comparison
) -> None:
    try:
        status, link = path.stat(), path.lstat()
    except (OSError, ValueError) as error:
        found.changed[file.path] = reason(error)
        return
    if status.st_size != file.bytes:
        found.changed[file.path] = f"{status.st_size} bytes instead of {file.bytes}"
    elif _older(status, link, began):
        found.by_stat += 1
    else:
        _hash(source, file, found)


def _older(status: os.stat_result, link: os.stat_result, began: float) -> bool:
    """Say whether a file, and a link to it, were last changed before a time."""
    times = (status.st_mtime, status.st_ctime, link.st_mtime, link.st_ctime)
    return max(times) < began - MARGIN


def _hash(source: Source | None, file: FilePart, found: Comparison) -> None:
    found.hashed += source is not None
    if (digest := digest_of(source)) != file.sha256:
        other = DIGEST.fullmatch(digest)
        found.changed[file.path] = f"its SHA-256 is {digest[:12]}…" if other else digest


def _compare_archive(manifest: Manifest, archive: Path, began: float, found: Comparison) -> None:
    """Look at the entries that were used unless the archive is as old, its directory the same."""
    inventory = manifest.inventory
    there = look_in_zip(archive)
    same = there.directory_sha256 == _recorded_directory(manifest)
    if same and _older(archive.stat(), archive.lstat(), began):
        found.by_stat = inventory.count
        return
    sources = entries_of(there)
    for file in inventory.files:
        _compare_entry(file, inventory, sources, found)


def _compare_entry(
    file: FilePart, inventory: InventoryPart, sources: Mapping[str, Source], found: Comparison
) -> None:
    source = source_of(inventory, file, sources)
    size = getattr(source, "size", file.bytes)
    if size != file.bytes:
        found.changed[file.path] = f"{size} bytes instead of {file.bytes}"
    else:
        _hash(source, file, found)


def _recorded_directory(manifest: Manifest) -> str | None:
    record = manifest.run_provenance.inputs.get(ZIP_INPUT)
    return record.sha256 if isinstance(record, InputRecord) else None
