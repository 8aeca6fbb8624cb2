"""A video that is a regular file below the corpus' root."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.corpora.clip import OpenedInput, Stamp
from corpus_assets.errors import ClipError
from corpus_assets.files import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST_FILE = 1 << 40
"""Bytes; a file with a hole may claim as many as it likes, and all of them are hashed."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file, by its root and its name below the root."""

    root: str
    name: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.root, self.name)

    def stamp(self) -> Stamp:
        """Return size, time and inode; only regular files have a stamp."""
        with self._error_named():
            # what a Path costs is more than what the system does
            status = os.stat(os.path.join(self.root, self.name))  # noqa: PTH116, PTH118
        if not stat.S_ISREG(status.st_mode):
            raise ClipError("read", f"{self.name} is not a regular file")
        if status.st_size > LARGEST_FILE:
            raise ClipError("read", f"{self.name} is larger than {LARGEST_FILE} bytes")
        return Stamp(status.st_size, status.st_mtime_ns, status.st_ino)

    def sha256(self, check: Callable[[], None] = lambda: None) -> str:
        """Return the SHA-256 of the content."""
        with self._error_named():
            return sha256_of_file(self.path, check)

    def open(self) -> BinaryIO:
        """Open the file for reading."""
        with self._error_named():
            return self.path.open("rb")

    @contextlib.contextmanager
    def opened(self) -> Iterator[OpenedInput]:
        """Give the absolute `file:` URL, which is safe whatever the name contains."""
        yield OpenedInput(f"file:{os.path.abspath(self.path)}")  # noqa: PTH100 (symlinks stay)

    @contextlib.contextmanager
    def _error_named(self) -> Iterator[None]:
        """Say which file of a clip it is."""
        try:
            yield
        except OSError as error:
            raise ClipError("read", f"{error.strerror}: {self.name}") from error
