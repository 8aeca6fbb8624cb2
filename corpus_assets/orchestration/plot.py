"""The axis that all charts of VMAF share: from 0 to 100, in a picture of one width."""

from collections.abc import Iterator
from dataclasses import dataclass

from corpus_assets.artifacts.statistics import HIGHEST_SCORE
from corpus_assets.orchestration.svg import element, text

WIDTH = 560
"""Pixels; the web UI shows as many without a scroll bar."""
RIGHT = 18
FOOT = 42
"""Below the plot: numbers and name of the axis."""
AXIS = "VMAF score, 0 to 100 (no unit, higher is better)"
GRID, BLUE, PALE, RED, GREY = "#e2e4ea", "#3a6fb7", "#bcd2ee", "#c2410c", "#5b6170"


@dataclass(frozen=True, slots=True)
class Plot:
    """Where scores are drawn: from `left` to the right end, between two heights."""

    left: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    def x(self, score: float) -> float:
        """Return where a score is; one beyond the axis is at its end."""
        share = min(max(score, 0.0), HIGHEST_SCORE) / HIGHEST_SCORE
        return self.left + share * (WIDTH - RIGHT - self.left)

    def axes(self) -> Iterator[str]:
        """Yield grid, numbers and name of the axis of scores."""
        for score in range(0, 101, 20):
            yield self.upright(score, GRID)
            yield text(str(score), self.x(score), self.bottom + 16, text_anchor="middle")
        yield text(AXIS, WIDTH - RIGHT, self.bottom + 34, text_anchor="end", fill=GREY)

    def upright(self, score: float, colour: str, **more: str) -> str:
        """Return a line at a score, over the whole height."""
        x = self.x(score)
        return element("line", x1=x, x2=x, y1=self.top, y2=self.bottom, stroke=colour, **more)
