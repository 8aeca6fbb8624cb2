"""What was finished is never computed again, and a table is rebuilt from all that there is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus_assets_tests.making import build_pairs, manifest_of

CLIPS, WORKERS = 50, 2


@pytest.fixture
def fifty(media: Path, tmp_path: Path) -> Path:
    """A corpus of fifty clips."""
    videos = tmp_path / "fifty" / "KoNViD_1k_videos"
    videos.mkdir(parents=True)
    for number in range(CLIPS):
        os.link(media / f"{('bikes', 'bunny')[number % 2]}.mp4", videos / f"{number:02}.mp4")
    return videos.parent


@pytest.fixture
def counting_ffmpeg(ffmpeg: str, tmp_path: Path) -> tuple[Path, Path]:
    """An ffmpeg that writes down every clip it starts, and where."""
    program, started = tmp_path / "ffmpeg", tmp_path / "started"
    script = f'#!/bin/sh\ncase "$*" in *.mp4*) echo >> {started};; esac\nexec {ffmpeg} "$@"\n'
    program.write_text(script)
    program.chmod(0o755)
    return program, started


def lines_in(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_killed_amid_fifty_clips(
    fifty: Path, counting_ffmpeg: tuple[Path, Path], tmp_path: Path
) -> None:
    program, started = counting_ffmpeg
    cache = tmp_path / "cache" / "konvid_1k"
    code = """if True:
        import sys
        from pathlib import Path
        from corpus_assets_tests.making import build_pairs
        build_pairs(Path(sys.argv[1]), ffmpeg=sys.argv[2], workers=int(sys.argv[3]))
        """
    arguments = [sys.executable, "-c", code, str(fifty), str(program), str(WORKERS)]
    run = subprocess.Popen(arguments, start_new_session=True)
    deadline = time.monotonic() + 120
    while lines_in(started) < CLIPS // 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    finished, first = len(list(cache.glob("*.json"))), lines_in(started)
    assert 0 < finished < CLIPS
    assert first - finished <= WORKERS
    assert len(list(cache.glob(".*.tmp"))) <= WORKERS
    counts = manifest_of(build_pairs(fifty, ffmpeg=str(program)))["counts"]
    assert (counts["cached"], counts["extracted"]) == (finished, CLIPS - finished)
    assert lines_in(started) <= CLIPS + WORKERS
    assert {path.suffix for path in cache.iterdir()} == {".json"}
    assert {path.suffix for path in (tmp_path / "runs").iterdir()} == {".json", ".parquet"}


def test_a_retry_never_shrinks_a_table(konvid_root: Path, media: Path) -> None:
    videos = konvid_root / "KoNViD_1k_videos"
    (videos / "40.mp4").write_bytes(b"no video")

    def counts() -> tuple[int, int]:
        manifest = manifest_of(build_pairs(konvid_root))
        return manifest["stats"]["clips_processed"], manifest["counts"]["extracted"]

    assert counts() == (3, 3)
    (videos / "40.mp4").write_bytes((media / "bunny.mp4").read_bytes())
    assert counts() == (4, 1)
    (videos / "50.mp4").write_bytes((media / "ten.mp4").read_bytes())
    assert counts() == (5, 1)
