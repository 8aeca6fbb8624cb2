"""Videos inside a zip archive, which is never unpacked and never trusted.

A stored entry is read in place: its bytes stand in the archive as they are, and ffmpeg's `subfile`
protocol opens that range. A deflated entry goes through a memory file. Either way the content is
read once through `zipfile` first, which compares its CRC.

The format: PKWARE, ".ZIP File Format Specification", APPNOTE.TXT.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from corpus_assets.corpora.clip import OpenedInput, Stamp
from corpus_assets.corpora.zip_directory import DAMAGE, damaged
from corpus_assets.descriptors import memory_file, path_of
from corpus_assets.errors import ClipError
from corpus_assets.files import heard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Signature, and the lengths of the name and the extra field that stand before the data."""
LOCAL_SIGNATURE = b"PK\x03\x04"
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ZipSource:
    """One entry of an archive: `packed` bytes from `offset` on, all before `end`."""

    archive: str
    name: str
    size: int
    crc: int
    offset: int
    packed: int
    end: int
    stored: bool

    @classmethod
    def of(cls, archive: Path, entry: zipfile.ZipInfo, end: int) -> ZipSource:
        """Return the source of a directory entry; `end` is where something else begins."""
        return cls(
            archive=str(archive),
            name=entry.filename,
            size=entry.file_size,
            crc=entry.CRC,
            offset=entry.header_offset,
            packed=entry.compress_size,
            end=end,
            stored=entry.compress_type == zipfile.ZIP_STORED,
        )

    def stamp(self) -> Stamp:
        """Return the entry's size, and time and inode of the archive."""
        status = Path(self.archive).stat()
        if not stat.S_ISREG(status.st_mode):
            raise ClipError("read", f"{self.archive} is not a regular file")
        return Stamp(self.size, status.st_mtime_ns, status.st_ino)

    def sha256(self, check: Callable[[], None] = lambda: None) -> str:
        """Return the SHA-256 of the content, which is checked on the way."""
        digest = hashlib.sha256()

        def update(chunk: bytes) -> None:
            check()
            digest.update(chunk)
            heard(len(chunk))

        self._read(update)
        return digest.hexdigest()

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
        with memory_file("entry") as descriptor:
            with self._damage_named(), os.fdopen(os.dup(descriptor), "wb") as inflated:
                self._read(inflated.write)
            yield OpenedInput(f"file:{path_of(descriptor)}", ("file",), (descriptor,))

    def _read(self, write: Callable[[bytes], object]) -> None:
        """Hand over the content piece by piece. Raises ClipError unless CRC and size are right."""
        length = 0
        with self._damage_named(), self._reading() as file:
            while chunk := file.read(CHUNK):
                length += len(chunk)
                write(chunk)
        if length != self.size:
            held = "more" if length > self.size else str(length)
            raise damaged(self.name, f"said to be {self.size} bytes, it holds {held}")

    def _reading(self) -> zipfile.ZipExtFile:
        """Open the entry through `zipfile`, which checks its local header and its CRC.

        One byte more than the directory says may come out, so that longer content shows.
        """
        self._start_of_data()
        with zipfile.ZipFile(self.archive) as archive:
            entry = next(filter(self._is, archive.infolist()), None)
            if entry is None:
                raise damaged(self.name, "the archive is not the one that was listed")
            entry.file_size += not self.stored
            return cast("zipfile.ZipExtFile", archive.open(entry))

    def _is(self, entry: zipfile.ZipInfo) -> bool:
        """Say whether this is the source of an entry; several may have its name."""
        found = (entry.filename, entry.header_offset, entry.file_size, entry.compress_size)
        return (*found, entry.CRC) == (self.name, self.offset, self.size, self.packed, self.crc)

    def _start_of_data(self) -> int:
        """Return where the content starts, from the local header: the directory does not say."""
        with self._damage_named(), Path(self.archive).open("rb") as file:
            file.seek(self.offset)
            signature, name, extra = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
        if signature != LOCAL_SIGNATURE:
            raise damaged(self.name, "its local header is missing")
        start = int(self.offset + LOCAL_HEADER.size + name + extra)
        if start + self.packed > self.end:
            raise damaged(self.name, "it overlaps another entry or the directory")
        return start

    @contextlib.contextmanager
    def _damage_named(self) -> Iterator[None]:
        try:
            yield
        except DAMAGE as error:
            raise damaged(self.name, error) from error
        except OSError as error:
            raise ClipError("read", f"{error.strerror or error}: {self.name}") from error


@dataclass(frozen=True, slots=True)
class UnreadableSource:
    """Something that should be a video and must not be read; whoever tries is told why."""

    name: str
    reason: str

    def stamp(self) -> Stamp:
        """Raise."""
        raise ClipError("read", self.reason)

    def sha256(self, check: Callable[[], None] = lambda: None) -> str:  # noqa: ARG002
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
