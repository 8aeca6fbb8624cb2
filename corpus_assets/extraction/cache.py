"""The cache of reports: one entry a clip, `<folder>/<key>.json`, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.errors import DamagedEntryError, StorageError
from corpus_assets.extraction.entry import (
    LONGEST_HEADER,
    EntryHeader,
    join_entry,
    rejoin_report,
    split_header,
)
from corpus_assets.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.corpora.clip import Stamp

CACHE_REMEDY = "set cache_dir or CORPUS_ASSETS_CACHE_DIR, or use cache_policy: off"


@dataclass(frozen=True, slots=True)
class ReportCache:
    """Reports by clip key in one folder."""

    folder: str

    def path(self, key: str) -> Path:
        """Return where a clip's entry is; keys are safe as file names."""
        return Path(self.folder, f"{key}.json")

    def header(self, key: str) -> EntryHeader | None:
        """Read what an entry was made from; None without entry.

        Raises DamagedEntryError, or ForeignEntryError for another tool's report.
        """
        try:
            with self.path(key).open("rb") as file:
                return split_header(file.readline(LONGEST_HEADER))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DamagedEntryError(str(error.strerror)) from error

    def report(self, key: str, header: EntryHeader) -> bytes:
        """Read an entry's report. Raises DamagedEntryError."""
        try:
            with self.path(key).open("rb") as file:
                file.readline(LONGEST_HEADER)
                return rejoin_report(header, file.read())
        except OSError as error:
            raise DamagedEntryError(str(error.strerror)) from error

    def foreign_report(self, key: str) -> bytes:
        """Read another tool's report. Raises OSError."""
        return self.path(key).read_bytes()

    def write(self, key: str, header: EntryHeader, report: bytes) -> None:
        """Write an entry, in place of the one that is there. Raises StorageError."""
        target, entry = self.path(key), join_entry(header, report)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, entry)
        except OSError as error:
            raise StorageError.of(
                "cache", target.parent, error, CACHE_REMEDY, needed=len(entry)
            ) from error


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
