"""Running statistics of the teacher score: mean and histogram, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.libvmaf.features import TEACHER

if TYPE_CHECKING:
    import numpy.typing as npt

    from corpus_assets.extraction.outcome import Extracted

BINS = 20


@dataclass
class ScoreStatistics:
    """Mean and histogram (20 bins of 5 points from 0 to 100) of the per-frame score."""

    histogram: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    frames: int = 0
    total: float = 0.0

    def add(self, outcome: Extracted) -> None:
        """Count the frames of one clip."""
        scores = outcome.columns[TEACHER]
        self.histogram += np.histogram(scores, bins=BINS, range=(0.0, 100.0))[0]
        self.frames += outcome.frames
        self.total += float(scores.sum())

    @property
    def mean(self) -> float:
        """Mean over all frames; not a number without frames."""
        return self.total / self.frames if self.frames else float("nan")
