"""The order of starting clips: what a simulated run gains, and what it must never lose."""

from __future__ import annotations

import heapq
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_assets.extraction.extract import LEAST_WINDOW, extract
from corpus_assets.extraction.order import Starts, starting_order
from corpus_assets.extraction.outcome import Failed, Outcome
from corpus_assets.extraction.progress import Tracker
from corpus_assets.extraction.workers import ThreadWorkers
from corpus_assets_tests.test_process import clip, silent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.extraction.workers import Work
    from corpus_assets.libvmaf.process import Children

COSTS = st.lists(st.integers(0, 1000), max_size=60)
WORKERS = st.integers(1, 8)


def makespan(costs: Sequence[int], order: Sequence[int], workers: int) -> int:
    """Return when the last clip ends: each starts on the worker that is free first."""
    free = [0] * workers
    for index in order:
        heapq.heapreplace(free, free[0] + costs[index])
    return max(free)


@given(COSTS, WORKERS)
def test_every_clip_starts_once_and_the_run_is_about_as_short_as_can_be(
    costs: list[int], workers: int
) -> None:
    order = starting_order(costs, workers)
    assert sorted(order) == list(range(len(costs)))
    ended, longest = makespan(costs, order, workers), max(costs, default=0)
    ideal = max(sum(costs) / workers, longest)
    assert ended <= sum(costs) / workers + longest * (workers - 1) / workers + 1e-6
    assert ended <= 2 * ideal


@given(st.integers(0, 60), st.integers(0, 9), WORKERS)
def test_equal_clips_keep_key_order(count: int, cost: int, workers: int) -> None:
    assert starting_order([cost] * count, workers) == list(range(count))


def test_a_long_last_clip_ends_with_the_others() -> None:
    costs = [1] * 70 + [20]
    assert makespan(costs, range(71), 2) == 55
    assert makespan(costs, starting_order(costs, 2), 2) <= 46
    many = [1] * 70 + [20, 20, 20]
    assert makespan(many, starting_order(many, 2), 2) < makespan(many, range(73), 2)


def test_one_long_clip_among_many_does_not_come_first() -> None:
    """It starts no earlier than it must, so that its outcome is not held for the whole run."""
    costs = [1] * 70 + [20]
    assert starting_order(costs, 2).index(70) > 40


@given(COSTS, WORKERS, st.integers(1, 6))
def test_what_is_under_way_is_bounded(costs: list[int], workers: int, window: int) -> None:
    starts, started = Starts(costs, workers), list[int]()
    for turn in range(len(costs)):
        for index in starts.now(turn, window):
            started.append(index)
            assert len(started) - turn <= 2 * window
        assert turn in started
    assert sorted(started) == list(range(len(costs)))


def test_many_clips_are_started_once_each() -> None:
    costs = [number * 7919 % 1000 for number in range(150_000)]
    starts = Starts(costs, 64)
    assert sum(len(list(starts.now(turn, 256))) for turn in range(len(costs))) == len(costs)


@dataclass
class GrowingWorkers:
    """One worker, and many more once it has its first clip; nothing ends before all have one."""

    wanted: int
    submitted: list[tuple[Clip, Future[Outcome]]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return 100 if self.submitted else 1

    def submit(self, _: Work, item: Clip) -> Future[Outcome]:
        self.submitted.append((item, Future()))
        if len(self.submitted) == self.wanted:
            for each, future in self.submitted:
                future.set_result(Failed(each, "run", ""))
        return self.submitted[-1][1]

    def cancel(self) -> None:
        raise NotImplementedError


def test_workers_that_join_during_a_long_clip_get_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus_assets.extraction.extract.TICK_SECONDS", 0.01)
    count = 2 * LEAST_WINDOW
    workers = GrowingWorkers(count)
    outcomes = extract(map(clip, range(count)), no_work, workers, Tracker(count, silent))
    assert len(list(outcomes)) == count


def no_work(_: Clip, __: Children) -> Outcome:
    raise NotImplementedError


def test_threads_start_a_long_last_clip_early() -> None:
    begun, costs = list[str](), [1] * 7 + [6]

    def work(item: Clip, _: Children) -> Outcome:
        begun.append(item.key)
        time.sleep(0.05 * costs[int(item.key)])
        return Failed(item, "run", "")

    with ThreadWorkers(2) as workers:
        tracker = Tracker(8, silent)
        keys = [one.clip.key for one in extract(map(clip, range(8)), work, workers, tracker, costs)]
    assert keys == sorted(keys)
    assert begun.index("007") <= 4  # key order has it last; threads race for their turn
