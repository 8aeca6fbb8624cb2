"""Where clips are scored: a submit/cancel protocol, and threads of this machine behind it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, Self

from corpus_assets.libvmaf.permits import Permits
from corpus_assets.libvmaf.process import Children

if TYPE_CHECKING:
    from concurrent.futures import Future

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.extraction.outcome import Outcome

Work = Callable[["Clip", Children], "Outcome"]


class Workers(Protocol):
    """Runs work on clips, several at once."""

    @property
    def count(self) -> int:
        """How many clips run at once."""

    def submit(self, work: Work, clip: Clip) -> Future[Outcome]:
        """Queue one clip."""

    def cancel(self) -> None:
        """Drop what is queued, end what runs, and return when nothing is left."""


class ThreadWorkers:
    """Threads of this process; the work itself is in child processes.

    There are twice as many as clips that are scored at once: while those are, as many others are
    looked up and hashed, and a clip which waits for memory keeps nobody idle.
    """

    def __init__(self, count: int | None = None) -> None:
        """Score `count` clips at once, by default one a processor that may be used."""
        self.count = count or available_processors()
        self._permits = Permits(self.count)
        self._children = Children(self._permits)
        self._pool = ThreadPoolExecutor(2 * self.count, thread_name_prefix="clip")

    def submit(self, work: Work, clip: Clip) -> Future[Outcome]:
        """Queue one clip."""
        return self._pool.submit(self._work, work, clip)

    def _work(self, work: Work, clip: Clip) -> Outcome:
        try:
            return work(clip, self._children)
        finally:
            self._children.end_turn()

    def cancel(self) -> None:
        """Kill the children of running clips, drop the others, and wait for the threads."""
        self._children.stop()
        self._permits.open(2 * self.count)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()


def available_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
