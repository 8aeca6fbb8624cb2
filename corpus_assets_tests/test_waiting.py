"""Clips that wait keep no worker idle, and never make more work at once than there are workers."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from corpus_assets.corpora.clip import Clip, OpenedInput, Stamp
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import CancelledError
from corpus_assets.extraction.content import ContentDigests
from corpus_assets.extraction.extract import extract
from corpus_assets.extraction.outcome import Failed, Outcome
from corpus_assets.extraction.progress import Tracker
from corpus_assets.extraction.workers import ThreadWorkers
from corpus_assets.libvmaf.engine import Engine, Scored
from corpus_assets.libvmaf.permits import Permits
from corpus_assets.libvmaf.process import Children
from corpus_assets.libvmaf.room import Room
from corpus_assets_tests.dagster_api import until
from corpus_assets_tests.making import build_pairs
from corpus_assets_tests.test_process import clip, silent


def test_small_clips_run_while_a_large_one_waits_for_memory(tmp_path: Path) -> None:
    room, ended, most, now = Room(tmp_path, 2, 10), list[str](), 0, 0
    lock, small_ended = threading.Lock(), threading.Event()

    def work(item: Clip, children: Children) -> Outcome:
        nonlocal most, now
        large = item.key in ("000", "001")
        children.take_turn()
        with room.taken(9 if large else 1, children.refuse_if_stopped, children.aside):
            with lock:
                now += 1
                most = max(most, now)
            if item.key in ("000", "001") and not ended:
                assert small_ended.wait(20), "the other large clip keeps a worker idle"
            time.sleep(0.01)
            with lock:
                now -= 1
                ended.append(item.key)
        if not large:
            small_ended.set()
        return Failed(item, "run", "")

    with ThreadWorkers(2) as workers:
        tracker = Tracker(12, silent)
        keys = [one.clip.key for one in extract(map(clip, range(12)), work, workers, tracker)]
    assert keys == sorted(keys)
    assert most == 2
    assert {"000", "001"} <= set(ended), "a large clip does not starve"


def test_no_more_clips_are_scored_at_once_than_there_are_workers() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def work(item: Clip, children: Children) -> Outcome:
        nonlocal now, most
        children.take_turn()
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        children.end_turn()
        return Failed(item, "run", "")

    with ThreadWorkers(2) as workers:
        assert len(list(extract(map(clip, range(12)), work, workers, Tracker(12, silent)))) == 12
    assert most == 2


@pytest.mark.parametrize("waiting", [True, False])
def test_a_cancel_ends_threads_that_wait(tmp_path: Path, *, waiting: bool) -> None:
    room, begun = Room(tmp_path, 8, 10), threading.Event()

    def work(item: Clip, children: Children) -> Outcome:
        begun.set()
        children.take_turn()
        with room.taken(9, children.refuse_if_stopped, children.aside):
            return Failed(item, "run", "")

    holding = room.taken(9, lambda: None) if waiting else contextlib.nullcontext()
    started = time.monotonic()
    with holding, ThreadWorkers(2) as workers:
        futures = [workers.submit(work, clip(number)) for number in range(8)]
        assert begun.wait(5)
        workers.cancel()
    assert time.monotonic() - started < 5
    assert all(one.done() for one in futures)
    errors = [one.exception() for one in futures if not one.cancelled()]
    assert all(error is None or isinstance(error, CancelledError) for error in errors)


@dataclass(frozen=True)
class SharedSource:
    """A reference of several clips, whose hash takes until others have worked."""

    name: str
    others: threading.Event

    def stamp(self) -> Stamp:
        return Stamp(1, 1, 1)

    def sha256(self, check: Callable[[], None] = lambda: None) -> str:
        check()
        assert self.others.wait(20), "who waits for this hash keeps a worker idle"
        return "0" * 64

    def open(self) -> BinaryIO:
        raise NotImplementedError

    def opened(self) -> AbstractContextManager[OpenedInput]:
        raise NotImplementedError


@dataclass(frozen=True)
class FlakySource(SharedSource):
    """A source that can be read the second time."""

    others: threading.Event = field(default_factory=threading.Event)

    def sha256(self, check: Callable[[], None] = lambda: None) -> str:
        check()
        if not self.others.is_set():
            self.others.set()
            raise OSError("once")
        return "0" * 64


def test_clips_run_while_one_waits_for_the_hash_of_another() -> None:
    """Two clips share a reference; a third does not need it."""
    digests, others = ContentDigests(), threading.Event()
    source = SharedSource("x", others)

    def work(item: Clip, children: Children) -> Outcome:
        if item.key in ("000", "001"):
            children.take_turn()  # as a large clip does
            digests.sha256(source, source.stamp(), children.refuse_if_stopped, children.aside)
        else:
            others.set()
        return Failed(item, "run", "")

    with ThreadWorkers(2) as workers:
        assert len(list(extract(map(clip, range(3)), work, workers, Tracker(3, silent)))) == 3


def is_waiting(permits: Permits, count: int) -> bool:
    return len(permits._lenders) + len(permits._others) == count


def test_permits_come_back_in_order_first_to_those_that_lent_theirs() -> None:
    permits, order = Permits(1), list[str]()
    permits.take(lambda: None)

    def lend(name: str, lent: threading.Event, go_on: threading.Event) -> None:
        permits.take(lambda: None)
        with permits.lent(lambda: None):
            lent.set()
            go_on.wait(20)
        order.append(name)
        permits.give_back()

    def take() -> None:
        permits.take(lambda: None)
        order.append("taker")
        permits.give_back()

    threads, going = list[threading.Thread](), list[threading.Event]()
    permits.give_back()
    for name in ("first", "second"):
        lent, go_on = threading.Event(), threading.Event()
        threads.append(threading.Thread(target=lend, args=(name, lent, go_on)))
        threads[-1].start()
        going.append(go_on)
        assert lent.wait(20)
    permits.take(lambda: None)
    threads.append(threading.Thread(target=take))
    threads[-1].start()
    until(partial(is_waiting, permits, 1), 20)
    for number, go_on in enumerate(going):
        go_on.set()
        until(partial(is_waiting, permits, number + 2), 20)
    permits.give_back()
    for thread in threads:
        thread.join(20)
    assert order == ["first", "second", "taker"]


def test_a_digest_that_failed_is_tried_again() -> None:
    digests, source = ContentDigests(), FlakySource("x")
    with pytest.raises(OSError, match="once"):
        digests.sha256(source, source.stamp(), lambda: None)
    assert digests.sha256(source, source.stamp(), lambda: None) == "0" * 64


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, str]]:
    """What happens in a run, in order: which sources are hashed and scored.

    The first clip is not scored before another one is hashed, where that may be hashed ahead. The
    run has a machine's room for itself: a clip that waits for other tests' lets another one go.
    """
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    found, hashed, scored = list[tuple[str, str]](), FileSource.sha256, Engine.score

    def note_hash(source: FileSource, check: Callable[[], None] = lambda: None) -> str:
        digest = hashed(source, check)
        found.append(("hash", source.name))
        return digest

    def note_score(engine: Engine, item: Clip, children: Children) -> Scored:
        name = item.reference.source.name
        found.append(("score", name))
        if engine.room.ahead:
            until(lambda: kinds(found).count("hash") >= 2, 20)
        result = scored(engine, item, children)
        found.append(("end", name))
        return result

    monkeypatch.setattr(FileSource, "sha256", note_hash)
    monkeypatch.setattr(Engine, "score", note_score)
    return found


def kinds(events: list[tuple[str, str]]) -> list[str]:
    return [kind for kind, _ in events]


def test_the_next_clip_is_hashed_while_one_is_scored(
    konvid_root: Path, events: list[tuple[str, str]]
) -> None:
    """As many ahead as there are workers, so that processors have no gap between clips."""
    build_pairs(konvid_root, workers=1)
    assert kinds(events).count("end") == 3
    until_first_end = kinds(events)[: kinds(events).index("end")]
    assert sorted(until_first_end) == ["hash", "hash", "score"]


def test_a_large_clip_is_scored_as_soon_as_it_is_hashed(
    konvid_root: Path, events: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What hashing has read is still in the page cache when it is scored."""
    monkeypatch.setattr("corpus_assets.libvmaf.room.AHEAD", 1 << 60)
    build_pairs(konvid_root, workers=1)
    assert kinds(events) == ["hash", "score", "end"] * 3
    names = [name for _, name in events]
    assert names[::3] == names[1::3] == names[2::3]
