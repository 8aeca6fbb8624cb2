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
    """A moment of a run: `running` clips are being scored, `oldest` is the one waited for."""

    counts: Counts
    elapsed_seconds: float
    running: int = 0
    oldest: str = ""

    @property
    def frames_per_second(self) -> float:
        """Frames scored a second so far, cached ones left out."""
        return self.counts.scored_frames / max(self.elapsed_seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Time left if the rest goes on as it went so far, but for the clips that are running.

        These are not cached, whatever share was so far. None before the first clip, and while only
        cached ones have ended and others run.
        """
        counts, rest = self.counts, self.counts.selected - self.counts.done
        scored = counts.extracted + counts.failed
        if not counts.done or (self.running and not scored):
            return None
        if not scored:
            return self.elapsed_seconds / counts.done * rest
        return self.elapsed_seconds / scored * max(self.running, rest * scored / counts.done)

    def line(self) -> str:
        """Return one line for a log."""
        counts = self.counts
        left = "" if self.seconds_left is None else f", {self.seconds_left:.0f} s left"
        work = f"; {self.running} in work, first {self.oldest}" if self.running else ""
        return (
            f"{counts.done}/{counts.selected} clips, {counts.cached} cached, "
            f"{counts.failed} failed, {self.frames_per_second:.1f} frames/s{left}{work}"
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
    running: int = 0
    oldest: str = ""
    _started: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.counts = Counts(self.selected)
        self._tell_observers()

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self.counts = self.counts.after(outcome)
        self._tell()

    def tick(self, running: int = 0, oldest: str = "") -> None:
        """Take note of what is being scored, and that time passes."""
        self.running, self.oldest = running, oldest
        self._tell()

    def _tell(self) -> None:
        """Tell how far the run is; the time between log lines grows with it, so they stay few."""
        self._tell_observers()
        now = time.monotonic()
        finished = self.counts.done == self.selected
        if finished or now - self._told >= max(self.interval, (now - self._started) / 100):
            self._told = now
            self.log(self.now().line())

    def now(self) -> Progress:
        """Return how far the run is."""
        running = min(self.running, self.counts.selected - self.counts.done)
        elapsed = time.monotonic() - self._started
        return Progress(self.counts, elapsed, running, self.oldest if running else "")

    def _tell_observers(self) -> None:
        for listener in _observers.get():
            listener(self.now())
