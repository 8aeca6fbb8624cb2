"""The extraction op: clips in, outcomes out, in the order of the clips and bounded memory."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus_assets.extraction.order import Starts

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from concurrent.futures import Future

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.extraction.outcome import Outcome
    from corpus_assets.extraction.progress import Tracker
    from corpus_assets.extraction.workers import Work, Workers

WINDOW_PER_WORKER = 4
LEAST_WINDOW = 64
"""Outcomes of some 50 KB that may wait for a slower clip before them, however few the workers."""
TICK_SECONDS = 1.0


def window(workers: int) -> int:
    """Return how many clips may be under way behind the one whose turn it is.

    As many again may have been started before their turn, being long. Both bound the memory.
    """
    return max(LEAST_WINDOW, WINDOW_PER_WORKER * workers)


def extract(
    clips: Iterable[Clip],
    work: Work,
    workers: Workers,
    tracker: Tracker,
    costs: Sequence[int] | None = None,
) -> Generator[Outcome]:
    """Yield the outcome of every clip, in order, while others are being scored.

    `costs` say how much work each clip is; long ones then start early where the run would wait
    for them at its end. The tracker is told of each outcome: of one behind a slower clip within a
    second or so, before its turn. An error that concerns every clip is raised as soon. Whatever
    ends the iteration early, an error or the caller, cancels the workers.
    """
    clips = tuple(clips)
    starts = Starts([1] * len(clips) if costs is None else costs, workers.count)
    pending: dict[int, _Pending] = {}

    def start(turn: int) -> None:
        for index in starts.now(turn, window(workers.count)):
            clip = clips[index]
            pending[index] = _Pending(clip.key, workers.submit(work, clip))

    try:
        for turn in range(len(clips)):
            start(turn)
            while not wait((pending[turn].future,), TICK_SECONDS).done:
                start(turn)  # workers may have joined
                _tell(pending, workers, tracker, pending[turn].key)
            oldest = pending.pop(turn)
            oldest.tell(tracker)
            yield oldest.future.result()
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


def _tell(pending: dict[int, _Pending], workers: Workers, tracker: Tracker, oldest: str) -> None:
    """Tell of the clips that are there before the oldest, and of how many are not."""
    for one in pending.values():
        one.tell(tracker)
    unfinished = sum(not one.told for one in pending.values())
    tracker.tick(min(unfinished, workers.count), oldest)
