"""The extraction op: clips in, outcomes out, in submission order and bounded memory."""

from __future__ import annotations

from collections import deque
from concurrent.futures import wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from concurrent.futures import Future

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.extraction.outcome import Outcome
    from corpus_assets.extraction.progress import Tracker
    from corpus_assets.extraction.workers import Work, Workers

WINDOW_PER_WORKER = 4
"""Outcomes that may wait for a slower clip before them; bounds the memory."""
TICK_SECONDS = 1.0


def extract(
    clips: Iterable[Clip], work: Work, workers: Workers, tracker: Tracker
) -> Generator[Outcome]:
    """Yield the outcome of every clip, in order, while others are being scored.

    The tracker is told of each outcome: of one behind a slower clip within a second or so, before
    its turn. An error that concerns every clip is raised as soon. Whatever ends the iteration
    early, an error or the caller, cancels the workers.
    """
    pending: deque[_Pending] = deque()
    try:
        for clip in clips:
            pending.append(_Pending(clip.key, workers.submit(work, clip)))
            if len(pending) >= WINDOW_PER_WORKER * workers.count:
                yield _oldest(pending, tracker)
        while pending:
            yield _oldest(pending, tracker)
    except BaseException:
        workers.cancel()
        raise


@dataclass(slots=True)
class _Pending:
    """A clip that was submitted, and whether the tracker knows how it ended."""

    key: str
    future: Future[Outcome]
    told: bool = False

    def tell(self, tracker: Tracker) -> None:
        """Tell the tracker once how the clip ended. Raises what its work has raised."""
        if not self.told and self.future.done():
            self.told = True
            tracker.add(self.future.result())


def _oldest(pending: deque[_Pending], tracker: Tracker) -> Outcome:
    """Wait for the first outcome, and tell of the others that are there before it."""
    oldest = pending[0]
    while not wait((oldest.future,), TICK_SECONDS).done:
        for one in pending:
            one.tell(tracker)
        tracker.tick(sum(one.future.running() for one in pending), oldest.key)
    pending.popleft()
    oldest.tell(tracker)
    return oldest.future.result()
