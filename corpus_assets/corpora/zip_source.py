"""Videos inside a zip archive, which is never unpacked and never trusted.

A stored entry is read in place: its bytes stand in the archive as they are, and ffmpeg's `subfile`
protocol opens that range. A deflated entry goes through a memory file. Either way the content is
read once through `zipfile` first, which compares its CRC.

The format: PKWARE, ".ZIP File Format Specification", APPNOTE.TXT.
"""

from __future__ import annotations

import contextlib
import hashlib
import lzma
import os
import shutil
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from corpus_assets.corpora.clip import OpenedInput, Stamp
from corpus_assets.descriptors import memory_file, path_of
from corpus_assets.errors import ClipError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Signature, and the lengths of the name and the extra field that stand before the data."""
LOCAL_SIGNATURE = b"PK\x03\x04"
ENCRYPTED = 0x1
LARGEST_IN_MEMORY = 4 << 30
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(NotImplementedError, RuntimeError),
)
"""What `zipfile` raises for entries that it cannot read."""


@dataclass(frozen=True, slots=True)
class ZipSource:
    """One entry of an archive, by the archive's path and the entry's name."""

    archive: str
    name: str
    size: int
    crc: int
    offset: int
    stored: bool

    @classmethod
    def of(cls, archive: Path, entry: zipfile.ZipInfo) -> ZipSource:
        """Return the source of a directory entry."""
        stored = entry.compress_type == zipfile.ZIP_STORED
        name, size, crc = entry.filename, entry.file_size, entry.CRC
        return cls(str(archive), name, size, crc, entry.header_offset, stored)

    def stamp(self) -> Stamp:
        """Return the entry's size, and time and inode of the archive."""
        status = Path(self.archive).stat()
        if not stat.S_ISREG(status.st_mode):
            raise ClipError("read", f"{self.archive} is not a regular file")
        return Stamp(self.size, status.st_mtime_ns, status.st_ino)

    def sha256(self) -> str:
        """Return the SHA-256 of the content, whose CRC is compared on the way."""
        with self._damage_named(), self._reading() as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def open(self) -> BinaryIO:
        """Open the content for reading."""
        with self._damage_named():
            return cast("BinaryIO", self._reading())

    @contextlib.contextmanager
    def opened(self) -> Iterator[OpenedInput]:
        """Give a range of the archive, or a memory file with the inflated content."""
        if self.stored:
            start = self._start_of_data()
            archive = os.path.abspath(self.archive)  # noqa: PTH100 (symlinks stay)
            url = f"subfile,,start,{start},end,{start + self.size},,:file:{archive}"
            yield OpenedInput(url, ("subfile", "file"))
            return
        if self.size > LARGEST_IN_MEMORY:
            remedy = "store it, or use an unpacked folder"
            raise ClipError("read", f"{self.name} inflates to {self.size} bytes; {remedy}")
        with memory_file("entry") as descriptor:
            with self._damage_named(), self._reading() as file, _writing(descriptor) as inflated:
                shutil.copyfileobj(file, inflated, 1 << 20)
            yield OpenedInput(f"file:{path_of(descriptor)}", ("file",), (descriptor,))

    def _reading(self) -> zipfile.ZipExtFile:
        """Open the entry through `zipfile`, which checks its local header and its CRC."""
        with zipfile.ZipFile(self.archive) as archive:
            return cast("zipfile.ZipExtFile", archive.open(self.name))

    def _start_of_data(self) -> int:
        """Return where the content starts, from the local header: the directory does not say."""
        with self._damage_named(), Path(self.archive).open("rb") as file:
            file.seek(self.offset)
            signature, name, extra = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
        if signature != LOCAL_SIGNATURE:
            raise ClipError("read", f"{self.name} is damaged: its local header is missing")
        return int(self.offset + LOCAL_HEADER.size + name + extra)

    @contextlib.contextmanager
    def _damage_named(self) -> Iterator[None]:
        try:
            yield
        except DAMAGE as error:
            raise ClipError("read", f"{self.name} is damaged: {error}") from error


@dataclass(frozen=True, slots=True)
class UnreadableSource:
    """Something that should be a video and must not be read; whoever tries is told why."""

    name: str
    reason: str

    def stamp(self) -> Stamp:
        """Raise."""
        raise ClipError("read", self.reason)

    def sha256(self) -> str:
        """Raise."""
        raise ClipError("read", self.reason)

    def open(self) -> BinaryIO:
        """Raise."""
        raise ClipError("read", self.reason)

    @contextlib.contextmanager
    def opened(self) -> Iterator[OpenedInput]:
        """Raise."""
        raise ClipError("read", self.reason)
        yield


def unreadable(entry: zipfile.ZipInfo) -> str:
    """Say why a directory entry must not be read; empty when it may.

    The CRC of a stored entry covers as many bytes as it takes in the archive; a directory that
    declares another length of the content would have other bytes read than were checked.
    """
    if entry.flag_bits & ENCRYPTED:
        return "is encrypted; use an archive without a password"
    if entry.compress_type == zipfile.ZIP_STORED and entry.compress_size != entry.file_size:
        return f"is damaged: stored in {entry.compress_size} bytes, said to be {entry.file_size}"
    return ""


def _writing(descriptor: int) -> BinaryIO:
    return os.fdopen(os.dup(descriptor), "wb")
