"""Permits to score: threads that wait for something else lend theirs, so that others go on."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Permits:
    """So many threads score at once; whoever holds a permit may lend it while it waits.

    They are handed over in the order in which threads came, first to those that lent theirs: these
    may hold memory.
    """

    def __init__(self, count: int) -> None:
        """Make `count` permits."""
        self._free, self._lock = count, threading.Lock()
        self._lenders: deque[threading.Event] = deque()
        self._others: deque[threading.Event] = deque()
        self._mine = threading.local()

    def take(self, check: Callable[[], None]) -> None:
        """Wait for a permit, if this thread has none; `check` may raise once there is one."""
        if not self._held:
            self._take(check, self._others)

    def give_back(self) -> bool:
        """Let others have this thread's permit, and say whether it had one."""
        held = self._held
        if held:
            self._mine.held = False
            self._hand_over()
        return held

    @contextlib.contextmanager
    def lent(self, check: Callable[[], None]) -> Iterator[None]:
        """Let others have this thread's permit, and wait for one again at the end.

        After an error the thread is left without: it has no more work to do.
        """
        lends = self.give_back()
        yield
        if lends:
            self._take(check, self._lenders)

    def open(self, threads: int) -> None:
        """Let so many waiting threads go, which `check` then ends."""
        for _ in range(threads):
            self._hand_over()

    def _take(self, check: Callable[[], None], queue: deque[threading.Event]) -> None:
        given = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                given.set()
            else:
                queue.append(given)
        given.wait()
        self._mine.held = True
        check()

    @property
    def _held(self) -> bool:
        return getattr(self._mine, "held", False)

    def _hand_over(self) -> None:
        with self._lock:
            if queue := self._lenders or self._others:
                queue.popleft().set()
            else:
                self._free += 1
