"""What earlier looks at a corpus have learnt of its files: one JSON file for each corpus root.

It only saves a corpus from counting as changed. Where it is missing or damaged, files are told by
size and time again.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal, NamedTuple

import pydantic

from corpus_assets.corpora.clip import Stamp
from corpus_assets.errors import BusyError
from corpus_assets.files import read_regular, temporaries_of, write_whole
from corpus_assets.locks import held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 1 << 30
"""Bytes; a million files take some 150 MB."""


class KnownFile(NamedTuple):
    """A file as it was last seen: its stamp, what stands for it in the version, and its content.

    `sha256` is there where somebody has read the file as it is at this stamp.
    """

    size: int
    mtime_ns: int
    inode: int
    token: str
    sha256: str | None = None

    @property
    def stamp(self) -> Stamp:
        """What the file system said."""
        return Stamp(self.size, self.mtime_ns, self.inode)


class _Document(pydantic.BaseModel, frozen=True):
    format: Literal[1] = 1
    files: dict[str, KnownFile]


class FileMemory:
    """The known files of one root, by name; `update` hands them out and keeps what they become."""

    def __init__(self, path: Path) -> None:
        """Name the file that holds them; it need not be there."""
        self.path = path

    def read(self) -> dict[str, KnownFile]:
        """Return what is known; nothing where the file is missing or damaged."""
        try:
            return _Document.model_validate_json(read_regular(self.path, LARGEST)).files
        except (OSError, pydantic.ValidationError):
            return {}

    def write(self, files: dict[str, KnownFile]) -> bool:
        """Replace what is known, and say whether it could be written."""
        try:
            write_whole(self.path, _Document(files=files).model_dump_json().encode())
        except OSError:
            return False
        return True

    @contextlib.contextmanager
    def locked(self) -> Iterator[bool]:
        """Keep other looks from writing meanwhile; say whether this one may.

        One that may not can go on all the same: whatever it would have written, the next look
        finds out again.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(held(self.path))
                for left in temporaries_of(self.path):
                    left.unlink()
            except (OSError, BusyError):
                yield False
                return
            yield True
