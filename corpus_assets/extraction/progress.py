"""Counting outcomes, and telling whoever listens how far a run is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from corpus_assets.extraction.outcome import Extracted, Outcome


@dataclass(frozen=True, slots=True)
class Counts:
    """Selected clips by how they ended; `scored_frames` leaves the cached ones out."""

    selected: int
    extracted: int = 0
    cached: int = 0
    failed: int = 0
    frames: int = 0
    scored_frames: int = 0

    @property
    def done(self) -> int:
        """Clips that have ended."""
        return self.extracted + self.cached + self.failed

    def after(self, outcome: Outcome) -> Counts:
        """Return the counts with one more outcome."""
        if not isinstance(outcome, Extracted):
            return replace(self, failed=self.failed + 1)
        frames = self.frames + outcome.frames
        if outcome.cached:
            return replace(self, cached=self.cached + 1, frames=frames)
        scored = self.scored_frames + outcome.frames
        return replace(self, extracted=self.extracted + 1, frames=frames, scored_frames=scored)


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a run."""

    counts: Counts
    elapsed_seconds: float

    @property
    def frames_per_second(self) -> float:
        """Frames scored a second so far, cached ones left out."""
        return self.counts.scored_frames / max(self.elapsed_seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Time left if the rest goes on as it went so far; None before the first clip."""
        if not self.counts.done:
            return None
        rest = self.counts.selected - self.counts.done
        return self.elapsed_seconds / self.counts.done * rest

    def line(self) -> str:
        """Return one line for a log."""
        counts = self.counts
        left = "" if self.seconds_left is None else f", {self.seconds_left:.0f} s left"
        return (
            f"{counts.done}/{counts.selected} clips, {counts.cached} cached, "
            f"{counts.failed} failed, {self.frames_per_second:.1f} frames/s{left}"
        )


Listener = Callable[[Progress], None]
_observers: ContextVar[tuple[Listener, ...]] = ContextVar("observers", default=())


@contextlib.contextmanager
def observed_by(listener: Listener) -> Iterator[None]:
    """Let a listener see the progress of every extraction that runs inside the context."""
    token = _observers.set((*_observers.get(), listener))
    try:
        yield
    finally:
        _observers.reset(token)


@dataclass
class Tracker:
    """Counts outcomes; `log` hears a line every `interval` seconds, observers every outcome."""

    selected: int
    log: Callable[[str], None]
    interval: float = 5.0
    counts: Counts = field(init=False)
    _started: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.counts = Counts(self.selected)
        self._tell_observers()

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self.counts = self.counts.after(outcome)
        self.tick()

    def tick(self) -> None:
        """Tell how far the run is; the time between log lines grows with it, so they stay few."""
        self._tell_observers()
        now = time.monotonic()
        finished = self.counts.done == self.selected
        if finished or now - self._told >= max(self.interval, (now - self._started) / 100):
            self._told = now
            self.log(self.now().line())

    def now(self) -> Progress:
        """Return how far the run is."""
        return Progress(self.counts, time.monotonic() - self._started)

    def _tell_observers(self) -> None:
        for listener in _observers.get():
            listener(self.now())
