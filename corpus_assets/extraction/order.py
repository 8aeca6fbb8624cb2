"""In which order clips are started, so that no long one runs alone at the end.

Outcomes are wanted in key order, and what ends before its turn is held in memory. So a clip starts
at its turn, or as much earlier as it needs to end with the others, and no more than that.
"""

from __future__ import annotations

from heapq import heapreplace
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def starting_order(costs: Sequence[int], workers: int) -> list[int]:
    """Return the positions of clips in the order in which to start them.

    `costs` are in any unit of work. A clip goes by the time at which key order would start it, or
    by the latest at which it can start where that is earlier: the schedule that a list of the clips
    from last to first makes backwards from the shortest time that all can take. All times are
    multiplied by `workers`, so that they are integers.
    """
    shortest = max(sum(costs), workers * max(costs, default=0))
    due, after = list(accumulate(costs, initial=0))[:-1], [0] * workers
    for index in reversed(range(len(costs))):
        taken = after[0] + costs[index]
        heapreplace(after, taken)
        due[index] = min(due[index], shortest - workers * taken)
    return sorted(range(len(costs)), key=due.__getitem__)


class Starts:
    """Hands out clips to start: none beyond a window, and few before their turn."""

    def __init__(self, costs: Sequence[int], workers: int) -> None:
        """Plan for so many workers, whatever their number becomes."""
        self._order = starting_order(costs, workers)
        self._started = bytearray(len(costs))
        self._position = 0
        self._first = 0
        """The first in key order that has not started."""
        self._ahead = 0
        """How many behind it have."""

    def now(self, turn: int, window: int) -> Iterator[int]:
        """Yield the clips to start before the outcome of clip `turn` is waited for.

        `turn` is one of them, if it has not started. At most `window` clips are started in a row
        from `turn` on, and at most `window` more ahead of others.
        """
        while self._first < min(turn + window, len(self._order)):
            while self._started[self._order[self._position]]:
                self._position += 1
            planned = self._order[self._position]
            yield self._start(planned if self._ahead < window else self._first)

    def _start(self, index: int) -> int:
        self._started[index] = True
        self._ahead += 1
        while self._first < len(self._started) and self._started[self._first]:
            self._first += 1
            self._ahead -= 1
        return index
