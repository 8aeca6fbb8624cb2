"""Child processes: bounded output, time-outs, and nothing left behind."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from corpus_assets.corpora.clip import Clip, ContainerVideo, Encode
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import CancelledError
from corpus_assets.extraction.extract import extract, window
from corpus_assets.extraction.outcome import Failed, Outcome
from corpus_assets.extraction.progress import Tracker
from corpus_assets.extraction.workers import ThreadWorkers
from corpus_assets.libvmaf.process import LINE_CHARACTERS, TAIL_LINES, Children

SLEEP = (
    "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
)


def alive(marker: str) -> int:
    """Count processes that run with a marker among their arguments, zombies left out."""
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found = marker in (entry / "cmdline").read_text(errors="replace")
                count += found and " Z " not in (entry / "stat").read_text(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
    return count


def test_facts_of_a_run_and_a_bounded_tail() -> None:
    code = (
        "import sys\nfor i in range(5000): print('x' * 9999, i % 3, file=sys.stderr)\nsys.exit(7)"
    )
    run = Children().run([sys.executable, "-c", code], timeout=60)
    assert (run.exit_code, run.signal, run.timed_out) == (7, None, False)
    assert run.argv[0] == sys.executable
    assert run.wall_seconds > 0
    assert 0 < len(run.stderr_tail) <= TAIL_LINES
    assert all(len(line) <= LINE_CHARACTERS for line in run.stderr_tail)


def test_time_out_ends_the_whole_group() -> None:
    marker = "import time; time.sleep(60)"
    started = time.monotonic()
    run = Children().run([sys.executable, "-c", SLEEP], timeout=1)
    assert run.timed_out
    assert run.signal == "SIGKILL"
    assert run.describe().startswith("timed out after")
    assert time.monotonic() - started < 10
    assert alive(marker) == 0


def test_stop_ends_what_runs_and_refuses_the_rest() -> None:
    children = Children()
    threading.Timer(0.5, children.stop).start()
    with pytest.raises(CancelledError):
        children.run([sys.executable, "-c", SLEEP], timeout=60)
    with pytest.raises(CancelledError):
        children.run([sys.executable, "-c", "pass"], timeout=60)
    assert alive("import time; time.sleep(60)") == 0


def silent(_: str) -> None:
    """Hear no log line."""


def clip(number: int) -> Clip:
    encode = Encode("libx264", "veryfast", 35, "yuv420p")
    return Clip(f"{number:03}", ContainerVideo(FileSource("/", "x"), "mov"), encode, "yuv420p")


def test_outcomes_come_in_order_with_a_bounded_window() -> None:
    running, handed_out, lead = 0, 0, 0
    lock = threading.Lock()

    def work(item: Clip, _: Children) -> Outcome:
        nonlocal running
        with lock:
            running += 1
        time.sleep(0.02 if int(item.key) % 5 == 0 else 0)
        return Failed(item, "run", "")

    keys = []
    with ThreadWorkers(3) as workers:
        for outcome in extract(map(clip, range(200)), work, workers, Tracker(200, silent)):
            handed_out += 1
            lead = max(lead, running - handed_out)
            keys.append(outcome.clip.key)
    assert keys == sorted(keys)
    assert len(keys) == 200
    assert lead <= window(3)


def test_an_error_of_everyone_ends_the_run_and_its_children() -> None:
    def work(item: Clip, children: Children) -> Outcome:
        if item.key == "001":
            time.sleep(0.5)
            raise OSError(28, "No space left on device")
        children.run([sys.executable, "-c", SLEEP], timeout=60)
        return Failed(item, "run", "")

    started = time.monotonic()
    with ThreadWorkers(2) as workers, pytest.raises((OSError, CancelledError)):
        for _ in extract(map(clip, (1, 2, 3)), work, workers, Tracker(3, silent)):
            pass
    assert time.monotonic() - started < 10
    assert alive("import time; time.sleep(60)") == 0
