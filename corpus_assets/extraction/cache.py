"""The cache of reports: one entry a clip, `<folder>/<key>.json`, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.errors import (
    ClipError,
    DamagedEntryError,
    GoneEntryError,
    StorageError,
)
from corpus_assets.extraction.entry import (
    LONGEST_HEADER,
    EntryHeader,
    join_entry,
    read_header,
    rejoin_report,
)
from corpus_assets.extraction.kept_file import error_named, opened_report, read_bounded
from corpus_assets.files import write_whole
from corpus_assets.libvmaf.report import LARGEST_REPORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from corpus_assets.corpora.clip import Stamp

CACHE_REMEDY = "set cache_dir or CORPUS_ASSETS_CACHE_DIR, or use cache_policy: off"
NOTED_SECONDS = 24 * 3600.0
"""A use is noted once a day: it is a write, which network file systems take their time for."""


@dataclass(frozen=True, slots=True)
class ReportCache:
    """Reports by clip key in one folder."""

    folder: str

    def path(self, key: str) -> Path:
        """Return where a clip's entry is; keys are safe as file names."""
        return Path(self.folder, f"{key}.json")

    def header(self, key: str) -> EntryHeader | None:
        """Read what an entry was made from; None without entry.

        Raises DamagedEntryError for an entry of ours that is not whole, ForeignEntryError for
        another tool's report, ClipError for what cannot be read.
        """
        path = self.path(key)
        try:
            with opened_report(path) as file, error_named(path):
                return read_header(file)
        except FileNotFoundError:
            return None

    def kept(self, keys: Iterable[str]) -> frozenset[str]:
        """Return the clips that have an entry, by one look at the folder. Raises OSError."""
        with os.scandir(self.folder) as entries:
            there = {entry.name for entry in entries}
        return frozenset(key for key in keys if f"{key}.json" in there)

    def report(self, key: str, header: EntryHeader) -> bytes:
        """Read an entry's report, and note the use. Raises DamagedEntryError or ClipError."""
        path = self.path(key)
        try:
            with opened_report(path) as file:
                with error_named(path):
                    file.readline(LONGEST_HEADER)
                report = rejoin_report(header, read_bounded(file, path, LARGEST_REPORT))
                _note_use(file)
                return report
        except FileNotFoundError as error:
            raise GoneEntryError("it was removed") from error

    def foreign_report(self, key: str) -> bytes:
        """Read another tool's report. Raises ClipError."""
        path = self.path(key)
        try:
            with opened_report(path) as file:
                return read_bounded(file, path, LARGEST_REPORT)
        except FileNotFoundError as error:
            raise ClipError("read", f"{path} went away") from error

    def write(self, key: str, header: EntryHeader, report: bytes) -> None:
        """Write an entry, in place of ours that is there.

        Raises StorageError, and ForeignEntryError or ClipError where something else has come to
        be there.
        """
        with contextlib.suppress(DamagedEntryError):
            self.header(key)
        target, entry = self.path(key), join_entry(header, report)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, entry)
        except OSError as error:
            raise StorageError.of(
                "cache", target.parent, error, CACHE_REMEDY, needed=len(entry)
            ) from error


def _note_use(file: BinaryIO) -> None:
    """Make the modification time that of the last use, to the day; a read-only cache has none."""
    if time.time() - os.fstat(file.fileno()).st_mtime > NOTED_SECONDS:
        with contextlib.suppress(OSError):
            os.utime(file.fileno())


def recorded_content(header: EntryHeader | None, stamps: Sequence[Stamp]) -> tuple[str | None, ...]:
    """Return the content hash of each source that an entry recorded, None where it changed since.

    A file counts as unchanged while size, modification time and inode are as recorded.
    """
    if header is None or len(header.sources) != len(stamps):
        return (None,) * len(stamps)
    return tuple(
        source.sha256 if source.stamp == stamp else None
        for source, stamp in zip(header.sources, stamps, strict=True)
    )
