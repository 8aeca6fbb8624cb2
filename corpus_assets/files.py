"""Whole files: digests, and writing that a kill cannot leave half done."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def sha256_of_file(path: Path | str, check: Callable[[], None] = lambda: None) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits. Raises OSError.

    `check` is called before each piece, and may raise to end it.
    """
    with Path(path).open("rb") as file:
        return sha256_of_open(file, check)


def sha256_of_open(file: BinaryIO, check: Callable[[], None] = lambda: None) -> str:
    """Return the SHA-256 of an open file from where it is read to its end. Raises OSError."""
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        check()
        digest.update(chunk)
        heard(len(chunk))
    return digest.hexdigest()


def heard(count: int) -> None:
    """Tell whoever listens that so many bytes of a file have been hashed."""
    _listener.get()(count)


@contextlib.contextmanager
def hashing_heard_by(listener: Callable[[int], None]) -> Iterator[None]:
    """Let a listener hear of the bytes that are hashed from files inside the context."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def _nobody(_: int) -> None:
    """Hear nothing."""


_listener: ContextVar[Callable[[int], None]] = ContextVar("listener", default=_nobody)


def read_regular(path: Path, most: int) -> bytes:
    """Read a regular file of so many bytes at most; a pipe is not waited for. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(min(most, status.st_size) + 1)
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {most} bytes")
    return data


def sha256_of_bytes(data: bytes) -> str:
    """Return the SHA-256 of some bytes as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


CHUNK = 1 << 20
TEMPORARY_NAME = re.compile(r"\.(?P<target>.+)\.[0-9a-f]{12}\.tmp", re.DOTALL)
"""The names that `temporary_beside` gives."""


def temporary_beside(target: Path) -> Path:
    """Return a hidden, unused name in the target's own folder, so that a rename is atomic."""
    return target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")


def temporaries_of(target: Path) -> list[Path]:
    """Return what stands beside a file under temporary names of it. Raises OSError."""
    found = ((path, TEMPORARY_NAME.fullmatch(path.name)) for path in target.parent.iterdir())
    return [path for path, match in found if match and match["target"] == target.name]


@contextlib.contextmanager
def removed_on_error(path: Path) -> Iterator[Path]:
    """Hand out a temporary path and remove what is there when the block raises."""
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def sync_file(path: Path) -> None:
    """Flush a file to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the platform can do it."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(temporary: Path, target: Path) -> None:
    """Flush a finished temporary file to the disk and give it its name.

    Raises OSError; the target is then as it was before.
    """
    sync_file(temporary)
    temporary.replace(target)
    sync_folder(target.parent)


def write_whole(target: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raises OSError."""
    with removed_on_error(temporary_beside(target)) as temporary:
        temporary.write_bytes(data)
        publish(temporary, target)
