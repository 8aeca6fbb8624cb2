"""Resident memory of this process and its children while something runs, looked at often."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECONDS = 0.005
NOW, PEAK = re.compile(r"VmRSS:\s+(\d+)"), re.compile(r"VmHWM:\s+(\d+)")
PROCESSES = Path("/proc")
MMAP_THRESHOLD, LARGE = -3, 1 << 17
"""A setting of glibc's malloc: what is as large has pages of its own, given back with it."""


@dataclass
class Resident:
    """The most that was seen, in MiB: of the children, each with its peak so far; of this process
    beyond what it had before; and of all together."""

    children: float = 0.0
    own: float = 0.0
    together: float = 0.0

    def look(self, idle: float) -> None:
        """Look once; `idle` is what this process had before."""
        own = _memory(os.getpid(), NOW) - idle
        children = sum(_memory(child, PEAK) for child in _children())
        self.children, self.own = max(self.children, children), max(self.own, own)
        self.together = max(self.together, children + own)


@contextlib.contextmanager
def looking() -> Iterator[Resident]:
    """Look from a thread for as long as the context lasts. Only Linux says all this."""
    # else large arrays would be put where others were before, unseen
    gc.collect()
    malloc = ctypes.CDLL(None)
    malloc.mallopt(MMAP_THRESHOLD, LARGE)
    malloc.malloc_trim(0)
    seen, idle, ended = Resident(), _memory(os.getpid(), NOW), threading.Event()

    def look() -> None:
        while not ended.wait(SECONDS):
            seen.look(idle)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def _children() -> Iterator[int]:
    """Yield those that run a program of their own: before, they share this one's memory."""
    own = (PROCESSES / "self/exe").readlink()
    for task in (PROCESSES / "self/task").iterdir():
        with contextlib.suppress(OSError):  # the thread, or the child, has ended
            for child in map(int, (task / "children").read_text().split()):
                if (PROCESSES / str(child) / "exe").readlink() != own:
                    yield child


def _memory(process: int, what: re.Pattern[str]) -> float:
    """Return the MiB of a process; 0 where it has ended."""
    with contextlib.suppress(OSError):
        if found := what.search((PROCESSES / str(process) / "status").read_text()):
            return int(found[1]) / 1024
    return 0.0
