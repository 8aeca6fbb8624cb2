"""Files that a child inherits as descriptors, so that no path reaches a filter string."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_BYTES = 1 << 24


def path_of(descriptor: int) -> str:
    """Return the name under which a child opens an inherited descriptor."""
    return f"/proc/self/fd/{descriptor}" if sys.platform == "linux" else f"/dev/fd/{descriptor}"


@contextlib.contextmanager
def memory_file(name: str) -> Iterator[int]:
    """Open an anonymous file, in memory where Linux offers it; it is gone with the context."""
    if sys.platform != "linux":
        with tempfile.TemporaryFile() as file:
            yield file.fileno()
        return
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def opened_file(path: str) -> Iterator[int]:
    """Open a file for reading."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write bytes to where a file is. Raises OSError."""
    with open(descriptor, "wb", closefd=False) as file:
        file.write(data)


def read_all(descriptor: int) -> bytes:
    """Return a whole file's bytes, whoever wrote them."""
    data = bytearray()
    while chunk := os.pread(descriptor, READ_BYTES, len(data)):
        data += chunk
    return bytes(data)
