"""Running statistics of the teacher score, in constant memory.

Quantiles of many clips are read from a histogram of half a point a bin, so that they are right to a
quarter of a point; those of one clip, whose scores are all there at once, are exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

BINS = 200
HIGHEST_SCORE = 100.0
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, order=True)
class Spread:
    """How some scores are spread: mean, ends and quartiles, in VMAF points, by increasing mean."""

    mean: float
    name: str
    low: float
    quartiles: tuple[float, float, float]
    high: float

    @classmethod
    def of(cls, name: str, scores: npt.NDArray[np.float64]) -> Spread:
        """Return the exact spread of scores, of which there is at least one."""
        low, lower, median, upper, high = map(float, np.quantile(scores, (0.0, *QUARTILES, 1.0)))
        return cls(float(scores.mean()), name, low, (lower, median, upper), high)


@dataclass
class ScoreStatistics:
    """Count, mean, ends and histogram (200 bins from 0 to 100) of the teacher score.

    Scores beyond 0 to 100 count in the first and the last bin.
    """

    histogram: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    count: int = 0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    def add(self, scores: npt.NDArray[np.float64]) -> None:
        """Count some scores, at least one."""
        bins = np.clip(scores * (BINS / HIGHEST_SCORE), 0, BINS - 1).astype(np.int64)
        self.histogram += np.bincount(bins, minlength=BINS)
        self.count += len(scores)
        self.total += float(scores.sum())
        self.low = min(self.low, float(scores.min()))
        self.high = max(self.high, float(scores.max()))

    def add_one(self, score: float) -> None:
        """Count one score, without what an array of one costs."""
        self.histogram[min(max(int(score * (BINS / HIGHEST_SCORE)), 0), BINS - 1)] += 1
        self.count += 1
        self.total += score
        self.low, self.high = min(self.low, score), max(self.high, score)

    @property
    def mean(self) -> float:
        """Mean over all; not a number without any."""
        return self.total / self.count if self.count else math.nan

    def counts(self, bins: int) -> list[int]:
        """Return the histogram in fewer bins of equal width, a divisor of their number."""
        coarse: list[int] = self.histogram.reshape(bins, -1).sum(axis=1).tolist()
        return coarse

    def quantile(self, share: float) -> float:
        """Return the score that a share of the scores does not exceed, to a quarter of a point."""
        reached = int(np.searchsorted(np.cumsum(self.histogram), share * self.count))
        middle = (reached + 0.5) * HIGHEST_SCORE / BINS
        return min(max(middle, self.low), self.high)

    def spread(self, name: str) -> Spread:
        """Return the spread of all scores, of which there is at least one."""
        lower, median, upper = map(self.quantile, QUARTILES)
        return Spread(self.mean, name, self.low, (lower, median, upper), self.high)
