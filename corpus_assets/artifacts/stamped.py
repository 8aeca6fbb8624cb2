"""Files that must stay what they are from the moment when they are hashed until they were read."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.corpora.clip import Stamp
from corpus_assets.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def stamp_of(file: BinaryIO) -> Stamp:
    """Return size, time and inode of an open file, whatever has its name meanwhile."""
    status = os.fstat(file.fileno())
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino)


@contextlib.contextmanager
def unchanged(file: BinaryIO, path: Path, before: Stamp) -> Iterator[None]:
    """Demand that an open file has a stamp, now and at the end. Raises DataError.

    What goes wrong meanwhile with a file that has changed is due to that.
    """
    _demand(file, path, before)
    try:
        yield
    except DataError:
        _demand(file, path, before)
        raise
    _demand(file, path, before)


def _demand(file: BinaryIO, path: Path, before: Stamp) -> None:
    if stamp_of(file) != before:
        raise DataError(f"{path} was replaced or written to after it had been hashed; run again")
