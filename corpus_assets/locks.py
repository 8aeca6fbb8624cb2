"""Locks between runs of this machine and of others that share a file system (`flock`).

A lock ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import os
import platform
from typing import TYPE_CHECKING

from corpus_assets.errors import BusyError
from corpus_assets.files import TEMPORARY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_SUPPORTED = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EINVAL)
"""What file systems without such locks answer; they are used without."""
LONGEST_NOTE = 200


@contextlib.contextmanager
def held(target: Path) -> Iterator[None]:
    """Hold the right to write a file, by a lock file beside it that is gone at the end.

    Raises BusyError naming the holder when another run has it, OSError when the lock file cannot
    be written.
    """
    lock = target.with_name(f".{target.name}.lock")
    descriptor = _locked(lock, target)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _note().encode(), 0)
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


@contextlib.contextmanager
def shared_folder(folder: Path) -> Iterator[None]:
    """Use a folder in which other runs write whole files too.

    Whoever comes to it alone removes the temporary files of entries that killed runs have left.
    Raises OSError.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with _where_supported():
            if try_lock(descriptor):
                _remove_temporary(folder)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this one, without waiting. Raises OSError."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_temporary(folder: Path) -> None:
    for path in folder.iterdir():
        found = TEMPORARY_NAME.fullmatch(path.name)
        if found and found["target"].endswith(".json") and not _is_manifest(found["target"]):
            path.unlink(missing_ok=True)


def _is_manifest(name: str) -> bool:
    """Say whether it is held by the lock of its output, not by that of the folder."""
    return name.endswith(".manifest.json")


def _locked(lock: Path, target: Path) -> int:
    """Open and lock the lock file; one that its holder has removed meanwhile does not count."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            with _where_supported():
                _lock_or_name_holder(descriptor, target)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), lock.stat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock_or_name_holder(descriptor: int, target: Path) -> None:
    if not try_lock(descriptor):
        raise BusyError(target, os.pread(descriptor, LONGEST_NOTE, 0).decode())


@contextlib.contextmanager
def _where_supported() -> Iterator[None]:
    """Go on without a lock on a file system that has none."""
    try:
        yield
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise


def _note() -> str:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return f"process {os.getpid()} on {platform.node()}, since {now}"
