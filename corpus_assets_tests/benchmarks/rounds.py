"""Timing several ways of doing the same, side by side in one run.

Each round runs all ways one after the other, every second round the other way round, so that a warm
cache or a throttled processor favours none of them. What counts are ratios within a round.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Ways = Mapping[str, Callable[[], object]]
ACCOUNT = Path("/proc/self/io")
"""Where Linux counts what this process and its ended children did to disks."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one way took in one round: seconds, processor seconds, and bytes written to a disk."""

    seconds: float
    processor: float
    written: int

    def __sub__(self, earlier: Spent) -> Spent:
        return Spent(
            self.seconds - earlier.seconds,
            self.processor - earlier.processor,
            self.written - earlier.written,
        )


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some numbers, with the smallest and the largest."""

    middle: float
    smallest: float
    largest: float

    @classmethod
    def of(cls, numbers: list[float]) -> Spread:
        return cls(median(numbers), min(numbers), max(numbers))

    def text(self, digits: int, unit: str = "") -> str:
        low, high = f"{self.smallest:.{digits}f}", f"{self.largest:.{digits}f}"
        return f"{self.middle:.{digits}f}{unit} ({low} to {high})"


@dataclass(frozen=True, slots=True)
class Rounds:
    """What every way took in every round."""

    spent: Mapping[str, list[Spent]]

    def ratio(self, slow: str, fast: str, what: str = "seconds") -> Spread:
        """Return how many times as much one way takes as another, of seconds or `processor`."""
        both = zip(self.spent[slow], self.spent[fast], strict=True)
        return Spread.of([getattr(a, what) / getattr(b, what) for a, b in both])

    def written(self, way: str) -> float:
        """Return the median of the bytes that a way wrote to a disk; 0 where /tmp is memory."""
        return median(each.written for each in self.spent[way])

    def show(self, frames: int) -> None:
        """Print medians; `frames` is how many each way scored."""
        for way, each in self.spent.items():
            seconds = Spread.of([one.seconds for one in each])
            processor = median(one.processor for one in each)
            print(
                f"  {way}: {seconds.text(2, ' s')}, {frames / seconds.middle:.2f} frames/s, "
                f"{processor:.2f} s of processors, {self.written(way) / 1e6:.1f} MB written",
                flush=True,
            )


def run_rounds(count: int, ways: Ways) -> Rounds:
    """Run all ways in each round. What was written before goes to the disk first."""
    os.sync()
    spent: dict[str, list[Spent]] = {name: [] for name in ways}
    for number in range(count):
        names = list(ways)
        for name in reversed(names) if number % 2 else names:
            before = _account()
            ways[name]()
            spent[name].append(_account() - before)
    return Rounds(spent)


def options_of(description: str | None, *, clips: int, rounds: int = 3) -> argparse.ArgumentParser:
    """Return a parser of what all benchmarks of clips take; each adds its own `--frames`."""
    parser = argparse.ArgumentParser(
        description=(description or "").split("\n", 1)[0], allow_abbrev=False
    )
    parser.add_argument("--clips", type=int, default=clips)
    parser.add_argument("--rounds", type=int, default=rounds)
    return parser


def _account() -> Spent:
    users = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usages = [resource.getrusage(user) for user in users]
    processor = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    return Spent(time.perf_counter(), processor, _written())


def _written() -> int:
    if not ACCOUNT.exists():
        return 0
    lines = dict(line.split(": ") for line in ACCOUNT.read_text().splitlines())
    return int(lines["write_bytes"])
