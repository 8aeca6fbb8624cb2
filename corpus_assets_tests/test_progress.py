"""How far a run is: said while clips run, of each as soon as it has ended, in few lines."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from pathlib import Path

import pytest

from corpus_assets.artifacts.scored_table import FAILURES_LOGGED, TableTask
from corpus_assets.cli import progress
from corpus_assets.corpora.bvi_dvc import look_in_zip
from corpus_assets.corpora.clip import Clip
from corpus_assets.errors import NothingScoredError
from corpus_assets.extraction import extract as extraction
from corpus_assets.extraction.extract import extract
from corpus_assets.extraction.outcome import Failed, Outcome
from corpus_assets.extraction.progress import Counts, Progress, Tracker, observed_by
from corpus_assets.extraction.workers import ThreadWorkers
from corpus_assets.files import hashing_heard_by, sha256_of_file
from corpus_assets.libvmaf.process import Children
from corpus_assets.tables.schema import KONVID_VMAF_PAIRS
from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.test_process import SLEEP, clip, silent


def test_a_slow_clip_hides_neither_time_nor_the_clips_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extraction, "TICK_SECONDS", 0.01)
    others, lines = threading.Event(), list[str]()
    seen: list[Progress] = []

    def work(item: Clip, _: Children) -> Outcome:
        if item.key == "000":
            assert others.wait(60)
        return Failed(item, "run", "")

    def listen(progress: Progress) -> None:
        seen.append(progress)
        if progress.counts.failed == 3 and len(lines) > 3:
            others.set()

    with ThreadWorkers(2) as workers, observed_by(listen):
        tracker = Tracker(4, lines.append, interval=0.02)
        keys = [one.clip.key for one in extract(map(clip, range(4)), work, workers, tracker)]
    assert keys == ["000", "001", "002", "003"], "in order all the same"
    assert tracker.counts.failed == len(keys), "each counted once"
    assert lines[-2].startswith("3/4 clips, 0 cached, 3 failed, "), "said before its turn"
    assert lines[-1].startswith("4/4 clips, 0 cached, 4 failed, ")
    assert [one.counts.done for one in seen] == sorted(one.counts.done for one in seen)


def test_an_error_of_everyone_does_not_wait_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "TICK_SECONDS", 0.01)

    def work(item: Clip, children: Children) -> Outcome:
        if item.key == "001":
            raise OSError(28, "No space left on device")
        children.run([sys.executable, "-c", SLEEP], timeout=60)
        return Failed(item, "run", "")

    started = time.monotonic()
    with ThreadWorkers(2) as workers, pytest.raises(OSError, match="No space left"):
        list(extract(map(clip, range(2)), work, workers, Tracker(2, silent)))
    assert time.monotonic() - started < 30, "the first clip takes a minute"


def test_time_left_is_that_of_clips_to_score() -> None:
    cached = Counts(selected=1200, cached=1190)
    assert Progress(cached, 120.0, running=2).seconds_left is None, (
        "nothing says how long they take"
    )
    one = Counts(selected=1200, cached=1190, extracted=1)
    assert Progress(one, 120.0, running=2).seconds_left == 240.0
    half = Counts(selected=100, cached=25, extracted=25)
    assert Progress(half, 50.0).seconds_left == 50.0
    assert Progress(Counts(selected=10, cached=5), 1.0).seconds_left == 1.0
    line = Progress(one, 120.0, running=2, oldest="KoNViD_1k_videos_7").line()
    assert line.endswith("240 s left; 2 in work, first KoNViD_1k_videos_7")


def test_log_calls_do_not_grow_with_the_clips(tmp_path: Path) -> None:
    """A thousand clips that fail at once: the first are named, and progress is said by time."""
    lines: list[str] = []

    def work(item: Clip, _: Children) -> Outcome:
        return Failed(item, "run", "no")

    clips = tuple(map(clip, range(1000)))
    task = TableTask(KONVID_VMAF_PAIRS, clips, tmp_path / "t.parquet", tmp_path / "u.parquet")
    with ThreadWorkers(2) as workers, pytest.raises(NothingScoredError):
        task.make(work, workers, lines.append)
    failures = [line for line in lines if line.startswith("failed: ")]
    assert failures == [f"failed: {n:03}: run: no" for n in range(FAILURES_LOGGED)]
    assert f"more than {FAILURES_LOGGED} clips failed; the manifest will name all" in lines
    assert len(lines) <= FAILURES_LOGGED + 3


def test_lines_of_a_day_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a run of 24 hours that is asked every second."""
    lines: list[str] = []
    clock = itertools.count()
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    tracker = Tracker(1, lines.append, _started=0.0, _told=0.0)
    while next(clock) < 24 * 3600:
        tracker.tick()
    assert 100 < len(lines) < 1000


def test_bytes_that_are_read_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On what is no terminal, a line now and then; nothing after the context."""
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    (tmp_path / "file").write_bytes(bytes(3 << 20))
    with progress.shown_reading(3 << 20):
        sha256_of_file(tmp_path / "file")
    sha256_of_file(tmp_path / "file")
    assert capsys.readouterr().err == "read 0.0 of 0.0 GB\n" * 3


def test_entries_of_archives_are_heard_of_too(media: Path, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})
    (one,) = look_in_zip(archive).named
    heard: list[int] = []
    with hashing_heard_by(heard.append):
        one.source.sha256()
    assert sum(heard) == (media / "ten.mp4").stat().st_size
