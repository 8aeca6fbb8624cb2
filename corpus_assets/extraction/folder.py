"""What lies in a cache folder: every `<key>.json`, told apart by its first line, and removing it.

A folder is a descriptor here, and names are looked up in it, so that nothing that is renamed or
linked meanwhile leads to files elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from corpus_assets.errors import (
    BlankEntryError,
    DamagedEntryError,
    ForeignEntryError,
    OtherFormatError,
)
from corpus_assets.extraction.entry import ENTRY_FORMAT, read_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from corpus_assets.extraction.entry import EngineRecord, EntryHeader

Kind = Literal["entry", "damaged", "foreign", "unknown"]
"""`entry` and `damaged` say that they are ours, `foreign` are other tools' reports, and `unknown`
holds nothing or cannot be read."""
SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file, as it was when it was looked at; an entry of another format has no engine."""

    name: str
    kind: Kind
    bytes: int
    mtime_ns: int
    inode: int
    format: int | None = None
    engine: EngineRecord | None = None
    encoded: bool = False

    @property
    def ours(self) -> bool:
        """Whether the file itself says so; nothing else is ever removed."""
        return self.kind in ("entry", "damaged")


@contextlib.contextmanager
def opened_folder(path: Path, *, follow: bool) -> Iterator[int]:
    """Open a folder; a symbolic link only with `follow`. Raises OSError."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def kept_files(folder: int) -> Iterator[KeptFile]:
    """Look at every `<key>.json` of a folder; links and folders are passed over. Raises OSError."""
    engines: dict[EngineRecord, EngineRecord] = {}  # a few of them stand in all entries
    with os.scandir(folder) as listing:
        for item in listing:
            if item.name.endswith(SUFFIX) and item.is_file(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):
                    yield _look(folder, item.name, engines)


def remove(folder: int, file: KeptFile) -> bool:
    """Remove a file of ours, unless it has been used, replaced or removed since. Raises OSError."""
    if not file.ours:
        raise ValueError(f"{file.name} is not ours")
    try:
        now = os.stat(file.name, dir_fd=folder, follow_symlinks=False)
        if (now.st_size, now.st_mtime_ns, now.st_ino) != (file.bytes, file.mtime_ns, file.inode):
            return False
        os.unlink(file.name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _look(folder: int, name: str, engines: dict[EngineRecord, EngineRecord]) -> KeptFile:
    """Read a file's first line, however the file looks by now. Raises FileNotFoundError."""
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    facts = (status.st_size, status.st_mtime_ns, status.st_ino)
    try:
        header = _header(folder, name)
    except OtherFormatError as error:
        return KeptFile(name, "entry", *facts, format=error.number)
    except BlankEntryError:
        return KeptFile(name, "unknown", *facts)
    except DamagedEntryError:
        return KeptFile(name, "damaged", *facts)
    except ForeignEntryError:
        return KeptFile(name, "foreign", *facts)
    except FileNotFoundError:
        raise
    except OSError:
        return KeptFile(name, "unknown", *facts)
    engine = engines.setdefault(header.engine, header.engine)
    return KeptFile(name, "entry", *facts, ENTRY_FORMAT, engine, header.encode is not None)


def _header(folder: int, name: str) -> EntryHeader:
    """Read a header; what has become a link, a pipe or a folder meanwhile is no report."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise BlankEntryError("it is not a regular file")
        return read_header(file)
