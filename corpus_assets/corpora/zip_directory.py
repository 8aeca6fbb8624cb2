"""What an archive's directory says of its entries, and why one of them must not be read.

The directory is as little trusted as the rest: two entries may claim the same bytes, or an entry
bytes that belong to another, which is how a small archive unpacks to an endless one.

The format: PKWARE, ".ZIP File Format Specification", APPNOTE.TXT.
"""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from corpus_assets.errors import ClipError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENCRYPTED = 0x1
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""The others of `zipfile` inflate a chunk whole, however large it becomes."""
LARGEST_IN_MEMORY = 4 << 30
"""Bytes of one inflated entry."""
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError),
)
"""What `zipfile` raises for archives and entries that it cannot read."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The entries, and by where one starts: where the next or the directory does."""

    entries: tuple[zipfile.ZipInfo, ...]
    ends: Mapping[int, int]
    shared: frozenset[int]
    """Where more than one entry starts."""

    @classmethod
    def read(cls, archive: Path) -> Self:
        """Read an archive's directory, and nothing else of it. Raises OSError or one of DAMAGE."""
        if not stat.S_ISREG(archive.stat().st_mode):
            raise zipfile.BadZipFile("not a regular file")
        with zipfile.ZipFile(archive) as file:
            entries, directory = tuple(file.infolist()), file.start_dir
        starts = Counter(entry.header_offset for entry in entries)
        shared = frozenset(start for start, count in starts.items() if count > 1)
        return cls(entries, dict(pairwise(sorted({*starts, directory}))), shared)

    def end_of(self, entry: zipfile.ZipInfo) -> int:
        """Return where the bytes of an entry must have ended."""
        return self.ends.get(entry.header_offset, entry.header_offset)

    def unreadable(self, entry: zipfile.ZipInfo) -> str:
        """Say why an entry must not be read; empty when it may.

        The CRC of a stored entry covers as many bytes as it takes in the archive; a directory that
        declares another length of the content would have other bytes read than were checked.
        """
        packed, size = entry.compress_size, entry.file_size
        if entry.flag_bits & ENCRYPTED:
            return "is encrypted; use an archive without a password"
        if entry.compress_type not in METHODS:
            return f"is compressed by method {entry.compress_type}; store or deflate it"
        if entry.compress_type == zipfile.ZIP_STORED and packed != size:
            return f"is damaged: stored in {packed} bytes, said to be {size}"
        if entry.compress_type == zipfile.ZIP_DEFLATED and size > LARGEST_IN_MEMORY:
            return f"inflates to {size} bytes; store it, or use an unpacked folder"
        return self._misplaced(entry)

    def _misplaced(self, entry: zipfile.ZipInfo) -> str:
        if not 0 <= entry.header_offset < self.end_of(entry):
            return "is damaged: it does not start before the directory"
        if entry.header_offset in self.shared:
            return "is damaged: it overlaps another entry"
        return ""


def reason_by_kind(entry: zipfile.ZipInfo) -> str:
    """Say why an entry is no file with a plain name; empty when it is one."""
    if entry.orig_filename != entry.filename:
        return "a name that can be read in two ways"
    if not entry.filename.isprintable():
        return "a name with unprintable characters"
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG}:
        return "not a regular file"
    return ""


def damaged(name: str, what: object) -> ClipError:
    """Return the error of an entry that is not what the directory says."""
    return ClipError("read", f"{name} is damaged: {what}")
