"""Running statistics of the teacher score: mean and histogram, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

BINS = 20


@dataclass
class ScoreStatistics:
    """Mean and histogram (20 bins of 5 points from 0 to 100) of the teacher score."""

    histogram: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    count: int = 0
    total: float = 0.0

    def add(self, scores: npt.NDArray[np.float64]) -> None:
        """Count some scores."""
        self.histogram += np.histogram(scores, bins=BINS, range=(0.0, 100.0))[0]
        self.count += len(scores)
        self.total += float(scores.sum())

    @property
    def mean(self) -> float:
        """Mean over all; not a number without any."""
        return self.total / self.count if self.count else float("nan")
