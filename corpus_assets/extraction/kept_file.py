"""Opening a file of a cache folder, in which other tools may have left anything."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.errors import ClipError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def opened_report(path: Path) -> Iterator[BinaryIO]:
    """Open a report for reading; a pipe is not waited for.

    Raises FileNotFoundError where there is nothing, and ClipError where there is something that
    cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        if path.is_symlink():
            raise ClipError("read", f"{path} is a symbolic link to nothing") from None
        raise
    except OSError as error:
        raise ClipError("read", f"{path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ClipError("read", f"{path} is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        yield file


def read_bounded(file: BinaryIO, path: Path, most: int) -> bytes:
    """Read a file that may be so many bytes long. Raises ClipError.

    No more is asked for than there is, for room is made for all that is asked for.
    """
    with error_named(path):
        data = file.read(min(most, os.fstat(file.fileno()).st_size) + 1)
    if len(data) > most:
        raise ClipError("read", f"{path} is larger than {most >> 20} MiB, which no report is")
    return data


@contextlib.contextmanager
def error_named(path: Path) -> Iterator[None]:
    """Turn an error of the system into ClipError."""
    try:
        yield
    except OSError as error:
        raise ClipError("read", f"{path} cannot be read: {error.strerror}") from error
