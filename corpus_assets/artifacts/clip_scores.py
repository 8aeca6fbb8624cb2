"""How clips differ in their teacher score, in memory that does not grow with their number."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corpus_assets.artifacts.statistics import ScoreStatistics, Spread

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

AT_EACH_END = 12
"""How many clips of the lowest and of the highest mean are kept."""
MOST_GROUPS = 24
"""Of more groups none is kept: a chart of the first would mislead."""


@dataclass
class ClipScores:
    """The clips' means, the clips at both ends by mean, and the scores by group.

    A group is what several clips share: a reference, a size. `groups` is None once there are too
    many of them.
    """

    means: ScoreStatistics = field(default_factory=ScoreStatistics)
    ends: list[Spread] = field(default_factory=list)
    groups: dict[str, ScoreStatistics] | None = field(default_factory=dict)

    def add(self, name: str, scores: npt.NDArray[np.float64], group: str | None = None) -> None:
        """Count the scores of one clip, at least one."""
        mean = float(scores.mean())
        self.means.add_one(mean)
        if self._is_at_an_end(mean):
            self._keep(Spread.of(name, scores))
        if group is not None and (statistics := self._of_group(group)):
            statistics.add(scores)

    def add_one(self, name: str, score: float, group: str) -> None:
        """Count a clip of which only the mean is known."""
        self.means.add_one(score)
        if self._is_at_an_end(score):
            self._keep(Spread(score, name, score, (score, score, score), score))
        if statistics := self._of_group(group):
            statistics.add_one(score)

    def _keep(self, spread: Spread) -> None:
        bisect.insort(self.ends, spread)
        del self.ends[AT_EACH_END : len(self.ends) - AT_EACH_END]

    def _is_at_an_end(self, mean: float) -> bool:
        if len(self.ends) < 2 * AT_EACH_END:
            return True
        return not self.ends[AT_EACH_END - 1].mean < mean < self.ends[AT_EACH_END].mean

    def _of_group(self, group: str) -> ScoreStatistics | None:
        if self.groups is not None and group not in self.groups:
            if len(self.groups) == MOST_GROUPS:
                self.groups = None
                return None
            self.groups[group] = ScoreStatistics()
        return None if self.groups is None else self.groups[group]

    @property
    def complete(self) -> bool:
        """Whether `ends` holds every clip."""
        return len(self.ends) == self.means.count

    def by_group(self) -> list[Spread]:
        """Return the spread of every group, by name; nothing of one group, or of too many."""
        groups = self.groups or {}
        return [groups[name].spread(name) for name in sorted(groups)] if len(groups) > 1 else []
