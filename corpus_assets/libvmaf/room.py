"""Room on this machine: how many clips run at once, in how much memory, whatever run they are of.

Every clip that runs holds a slot, a file that is locked and says how much memory the clip may
need. A clip is let in while a slot is free and the sum stays within the machine's memory; one that
needs more than there is runs alone. A slot is free again when its holder ends, however it ends.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.errors import StorageError
from corpus_assets.libvmaf.cgroup import memory_limit
from corpus_assets.locks import try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


POLL_SECONDS = 0.05
"""How often this process looks for room, however many of its clips wait."""
KNOCKS = 20
KNOCK_SECONDS = 0.001
"""The door is shut for as long as another looks, which is about that."""
SCRATCH_REMEDY = "remove that folder, or set TMPDIR to another"
SHARE_OF_MEMORY = 0.8
DIGITS = 32
AHEAD = 4
"""Part of a slot's memory that holds what was read ahead for the next clip."""


@dataclass(frozen=True, slots=True)
class Room:
    """Slots in a folder of this machine, and bytes of memory; no limit without a folder."""

    folder: Path | None = None
    slots: int = 1
    memory: int = 0

    @property
    def ahead(self) -> int:
        """How many bytes a clip may have to be read before its turn.

        What is read is then still in the page cache when it is scored, once for all slots.
        """
        return self.memory // (AHEAD * self.slots)

    @contextlib.contextmanager
    def taken(
        self,
        need: int,
        check: Callable[[], None],
        aside: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> Iterator[None]:
        """Wait for room for a clip that needs so many bytes, and hold it.

        `check` is called while waiting, and may raise; `aside` is entered for as long as there is
        no room. Raises StorageError.
        """
        folder = _usable(self.folder)
        with contextlib.ExitStack() as held:
            check()
            if folder is not None and not self._enter(folder, need, held):
                with aside():
                    self._wait(folder, need, held, check)
            yield

    def _wait(
        self, folder: Path, need: int, held: contextlib.ExitStack, check: Callable[[], None]
    ) -> None:
        """Look for room in turns with the other clips of this process that wait."""
        with _waiting:
            for turn in itertools.count(1):
                time.sleep(POLL_SECONDS)
                check()
                if turn % _waiting.count == 0 and self._enter(folder, need, held):
                    return

    def _enter(self, folder: Path, need: int, held: contextlib.ExitStack) -> bool:
        """Say whether there was room; it is then ours as long as the stack lasts."""
        try:
            slot = self._try(folder, need)
        except OSError as error:
            raise StorageError.of("scratch", folder, error, SCRATCH_REMEDY) from error
        if slot is not None:
            held.callback(os.close, slot)
        return slot is not None

    def _try(self, folder: Path, need: int) -> int | None:
        """Return the descriptor of a slot that is now ours, or None where there is no room."""
        with contextlib.ExitStack() as stack:
            door = _opened(folder / "door")
            stack.callback(os.close, door)
            if not _opens(door):
                return None
            own = {folder / f"slot-{number}" for number in range(self.slots)}
            free, used = [], 0
            for path in own.union(folder.glob("slot-*")):
                slot = _opened(path)
                stack.callback(os.close, slot)
                if not try_lock(slot):
                    used += _noted(slot)
                elif path in own:
                    free.append(slot)
            if not free or (used and used + need > self.memory):
                return None
            os.ftruncate(free[0], 0)
            os.pwrite(free[0], str(need).encode(), 0)
            return os.dup(free[0])


class _Waiting:
    """Counts the clips of this process that wait."""

    def __init__(self) -> None:
        self.count, self._lock = 0, threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.count -= 1


_waiting = _Waiting()


def room_of_this_machine(slots: int, memory: int | None = None) -> Room:
    """Return the room that all runs of this user on this machine share.

    `memory` is in bytes, by default 80 % of what the machine, the container or the job has.
    """
    folder = Path(tempfile.gettempdir(), f"corpus_assets-{os.getuid()}")
    return Room(folder, slots, memory or int(SHARE_OF_MEMORY * _memory()))


def _usable(folder: Path | None) -> Path | None:
    """Make the folder; without it, or where its name is somebody else's, there is no limit."""
    if folder is None:
        return None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    return folder if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() else None


def _memory() -> int:
    """Return the memory of the machine, or of the container or job where that is less, in bytes."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(whole, memory_limit() or whole)


def _opens(door: int) -> bool:
    """Say whether the door could be locked, in about the time that others need it for."""
    for _ in range(KNOCKS):
        if try_lock(door):
            return True
        time.sleep(KNOCK_SECONDS)
    return False


def _noted(slot: int) -> int:
    """Return what the holder of a slot needs; nothing where it has not said so yet."""
    text = os.pread(slot, DIGITS, 0)
    return int(text) if text.isdigit() else 0


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
