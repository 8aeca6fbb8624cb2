"""Removing entries from the corpora's cache folders: which, and doing it.

A run that is going on meanwhile scores again what was removed before it was reused; nothing else
happens to it.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus_assets.artifacts.caches import cache_folders
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.scoring import common_scoring
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.errors import SetupError
from corpus_assets.extraction.entry import ENTRY_FORMAT, EngineRecord
from corpus_assets.extraction.folder import KeptFile, kept_files, opened_folder, remove
from corpus_assets.libvmaf.features import FULL


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is removed: whatever one of these says.

    `older_than` in seconds since the last use; `max_size` in bytes of all reports in a folder,
    other tools' included; `stale` what no run of this version with this engine could reuse.
    """

    older_than: float | None = None
    max_size: int | None = None
    stale: bool = False

    @property
    def none(self) -> bool:
        """Whether nothing would be removed."""
        return self.older_than is None and self.max_size is None and not self.stale


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed from a folder, or would be in a dry run, and what is left in it.

    `message` says why some entries, `refused`, could not be removed.
    """

    folder: str
    dry_run: bool
    removed: int = 0
    removed_bytes: int = 0
    left: int = 0
    left_bytes: int = 0
    left_foreign_bytes: int = 0
    refused: int = 0
    message: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def prune(
    corpora: Sequence[str],
    criteria: Criteria,
    shared: SharedSettings,
    variables: Mapping[str, str],
    *,
    dry_run: bool,
) -> dict[str, Pruned]:
    """Remove entries from the folders of some corpora.

    Raises SetupError before anything is removed: for a folder that cannot be read or is a symbolic
    link, and for an engine that cannot be used where the criteria need it.
    """
    environment = Environment(variables)
    folders = {corpus: cache_folders(shared, environment)[corpus] for corpus in corpora}
    engine = present_engine(shared, environment) if criteria.stale else None
    with contextlib.ExitStack() as stack:
        looked = {corpus: stack.enter_context(_looked(path)) for corpus, path in folders.items()}
        now = time.time()
        return {
            corpus: _pruned(folder, chosen(folder.files, criteria, engine, now), dry_run=dry_run)
            for corpus, folder in looked.items()
        }


def present_engine(shared: SharedSettings, environment: Environment) -> EngineRecord:
    """Describe the engine that a run would use now. Raises SetupError."""
    return EngineRecord.of(common_scoring(shared, environment).engine(FULL).identity)


def chosen(
    files: Sequence[KeptFile], criteria: Criteria, engine: EngineRecord | None, now: float
) -> list[KeptFile]:
    """Return the files that the criteria say; only ours, the oldest first."""
    ours = sorted((file for file in files if file.ours), key=lambda file: file.mtime_ns)
    latest = None if criteria.older_than is None else now - criteria.older_than
    doomed = [
        file for file in ours if _is_old(file, latest) or (engine and _is_stale(file, engine))
    ]
    if criteria.max_size is None:
        return doomed
    names = {file.name for file in doomed}
    excess = sum(file.bytes for file in files if file.name not in names) - criteria.max_size
    spared = [file for file in ours if file.name not in names]
    before = itertools.accumulate((file.bytes for file in spared), initial=0)
    surplus = [file for file, freed in zip(spared, before, strict=False) if freed < excess]
    return [*doomed, *surplus]


def _is_old(file: KeptFile, latest: float | None) -> bool:
    return latest is not None and file.mtime_ns / 1e9 < latest


def _is_stale(file: KeptFile, engine: EngineRecord) -> bool:
    """Say whether no run could reuse an entry; a newer version's is left to that version."""
    if file.kind == "damaged" or file.format is None:
        return True
    if file.engine is None:
        return file.format < ENTRY_FORMAT
    ffmpeg_version = engine.ffmpeg_version if file.encoded else file.engine.ffmpeg_version
    return file.engine != engine.model_copy(update={"ffmpeg_version": ffmpeg_version})


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that is open, and what was in it."""

    path: Path
    descriptor: int = -1
    files: tuple[KeptFile, ...] = ()


@contextlib.contextmanager
def _looked(path: Path) -> Iterator[_Folder]:
    """Open a folder and look at its files; one that is not there is empty. Raises SetupError."""
    if path.is_symlink():
        raise SetupError(
            f"{path} is a symbolic link, and nothing is removed through one; set --cache-dir or "
            "the variable of the cache to where it leads, or name another corpus"
        )
    with contextlib.ExitStack() as stack:
        try:
            descriptor = stack.enter_context(opened_folder(path, follow=False))
            folder = _Folder(path, descriptor, tuple(kept_files(descriptor)))
        except FileNotFoundError:
            folder = _Folder(path)
        except OSError as error:
            raise SetupError(f"{path} cannot be read: {error.strerror}") from error
        yield folder


def _pruned(folder: _Folder, doomed: Sequence[KeptFile], *, dry_run: bool) -> Pruned:
    removed, refused, message = [], 0, ""
    for file in doomed:
        try:
            if dry_run or remove(folder.descriptor, file):
                removed.append(file)
        except OSError as error:
            refused += 1
            message = f"cannot remove entries from {folder.path}: {error.strerror}"
    removed_bytes = sum(file.bytes for file in removed)
    return Pruned(
        folder=str(folder.path),
        dry_run=dry_run,
        removed=len(removed),
        removed_bytes=removed_bytes,
        left=len(folder.files) - len(removed),
        left_bytes=sum(file.bytes for file in folder.files) - removed_bytes,
        left_foreign_bytes=sum(file.bytes for file in folder.files if file.kind == "foreign"),
        refused=refused,
        message=message,
    )
