"""The extraction op: clips in, outcomes out, in submission order and bounded memory."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from concurrent.futures import Future

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.extraction.outcome import Outcome
    from corpus_assets.extraction.workers import Work, Workers

WINDOW_PER_WORKER = 4
"""Outcomes that may wait for a slower clip before them; bounds the memory."""


def extract(clips: Iterable[Clip], work: Work, workers: Workers) -> Generator[Outcome]:
    """Yield the outcome of every clip, in order, while others are being scored.

    Whatever ends the iteration early, an error or the caller, cancels the workers.
    """
    pending: deque[Future[Outcome]] = deque()
    try:
        for clip in clips:
            pending.append(workers.submit(work, clip))
            if len(pending) >= WINDOW_PER_WORKER * workers.count:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BaseException:
        workers.cancel()
        raise
