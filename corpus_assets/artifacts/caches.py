"""The cache folders of the corpora, and what lies in each."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from corpus_assets.artifacts import konvid, netflix_full
from corpus_assets.artifacts.environment import Environment
from corpus_assets.corpora import bvi_dvc
from corpus_assets.extraction.entry import ENTRY_FORMAT
from corpus_assets.extraction.folder import KeptFile, kept_files, opened_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from corpus_assets.artifacts.settings import SharedSettings


@dataclass(frozen=True, slots=True)
class CacheState:
    """What a corpus' folder holds; `message` says why it cannot be read.

    `entries` are ours that are whole as far as their headers show, `other_format` those of them
    that another version of this package wrote; `foreign` are other tools' reports. `unknown` files
    hold nothing or cannot be read. `bytes` counts all of them, and the times are those of ours.
    """

    folder: str
    entries: int = 0
    other_format: int = 0
    damaged: int = 0
    foreign: int = 0
    unknown: int = 0
    bytes: int = 0
    foreign_bytes: int = 0
    oldest_use: str | None = None
    newest_use: str | None = None
    message: str = ""

    @classmethod
    def of(cls, folder: Path, files: Iterable[KeptFile]) -> Self:
        """Count files."""
        counts = dict.fromkeys(("entry", "damaged", "foreign", "unknown"), 0)
        sizes, other_format, times = dict(counts), 0, []
        for file in files:
            counts[file.kind] += 1
            sizes[file.kind] += file.bytes
            other_format += file.kind == "entry" and file.format != ENTRY_FORMAT
            if file.ours:
                times.append(file.mtime_ns)
        return cls(
            folder=str(folder),
            entries=counts["entry"],
            other_format=other_format,
            damaged=counts["damaged"],
            foreign=counts["foreign"],
            unknown=counts["unknown"],
            bytes=sum(sizes.values()),
            foreign_bytes=sizes["foreign"],
            oldest_use=_time(min(times, default=None)),
            newest_use=_time(max(times, default=None)),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def cache_folders(shared: SharedSettings, environment: Environment) -> dict[str, Path]:
    """Return every corpus' folder of reports, as its assets find it without a setting of theirs."""
    return {
        **{
            corpus: environment.corpus_cache_dir(None, shared, corpus)
            for corpus in (netflix_full.CORPUS, konvid.CORPUS)
        },
        bvi_dvc.CORPUS: environment.bvi_cache_dir(None, shared),
    }


def look(shared: SharedSettings, variables: Mapping[str, str]) -> dict[str, CacheState]:
    """Look into every corpus' folder; one that is not there is empty."""
    folders = cache_folders(shared, Environment(variables))
    return {corpus: _state(folder) for corpus, folder in folders.items()}


def _state(folder: Path) -> CacheState:
    try:
        with contextlib.suppress(FileNotFoundError), opened_folder(folder, follow=True) as opened:
            return CacheState.of(folder, kept_files(opened))
    except OSError as error:
        return CacheState(str(folder), message=f"{folder} cannot be read: {error.strerror}")
    return CacheState(str(folder))


def _time(mtime_ns: int | None) -> str | None:
    if mtime_ns is None:
        return None
    return dt.datetime.fromtimestamp(mtime_ns // 10**9, dt.UTC).isoformat()
