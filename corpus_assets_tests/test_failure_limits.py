"""How many clips may fail, and how long one may take."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from corpus_assets.artifacts.settings import VmafPairsSettings, validated
from corpus_assets.errors import NothingScoredError, SettingError, TooManyFailedError
from corpus_assets.libvmaf.engine import LONGEST_TIMEOUT, SECONDS_PER_MEGAPIXEL, STARTUP_SECONDS
from corpus_assets.libvmaf.program import Job
from corpus_assets_tests.faulty_ffmpeg import make_faulty_ffmpeg
from corpus_assets_tests.making import build_pairs, manifest_of
from corpus_assets_tests.media import FRAMES
from corpus_assets_tests.test_cli import ASSET, corpus_assets
from corpus_assets_tests.test_process import alive
from corpus_assets_tests.vmaf_stand_in import make_vmaf


@pytest.fixture
def videos(konvid_root: Path) -> Path:
    """Three good clips and one that is empty."""
    folder = konvid_root / "KoNViD_1k_videos"
    (folder / "15.mp4").touch()
    return folder


def test_too_many_failed_clips_publish_nothing(konvid_root: Path, videos: Path) -> None:
    old = build_pairs(konvid_root, crf=40, max_failed_share=0.25)
    assert old.manifest.counts.failed == 1, "a share that equals the limit is allowed"
    table = Path(old.manifest.artifact.path)
    before = table.read_bytes(), old.manifest_path.read_bytes()
    (videos / "05.mp4").touch()
    with pytest.raises(TooManyFailedError) as caught:
        build_pairs(konvid_root, max_failed_share=0.25)
    assert str(caught.value).splitlines() == [
        "2 of 5 clips failed, a share of 0.4; max_failed_share is 0.25; no table was written:",
        "  KoNViD_1k_videos_05: probe: KoNViD_1k_videos/05.mp4 is empty (0 bytes)",
        "  KoNViD_1k_videos_15: probe: KoNViD_1k_videos/15.mp4 is empty (0 bytes)",
    ]
    assert before == (table.read_bytes(), old.manifest_path.read_bytes())
    assert sorted(path.name for path in table.parent.iterdir()) == [
        old.manifest_path.name,
        table.name,
    ]
    manifest = manifest_of(build_pairs(konvid_root))
    assert (manifest["counts"]["cached"], manifest["counts"]["failed"]) == (3, 2)
    assert manifest["run_provenance"]["args"]["max_failed_share"] == 1.0


def test_only_the_first_failures_are_named(konvid_root: Path, videos: Path) -> None:
    for number in range(40, 44):
        (videos / f"{number}.mp4").touch()
    with pytest.raises(TooManyFailedError, match=r"(?s)^5 of 8 .*_15: .*_41: .*\n  and 2 more$"):
        build_pairs(konvid_root, max_failed_share=0)


def test_all_failed_is_an_error_of_its_own(konvid_root: Path, videos: Path) -> None:
    for limit in (0, 1):
        with pytest.raises(NothingScoredError, match="none of the 1 clips could be scored"):
            build_pairs(konvid_root, include=["*_15"], max_failed_share=limit)
    assert videos.is_dir()


def test_too_many_failed_clips_on_the_command_line(
    konvid_root: Path, videos: Path, tmp_path: Path
) -> None:
    run = ("run", ASSET, "--konvid-root", konvid_root)
    failed = corpus_assets(*run, "--max-failed-share", "0.2", folder=tmp_path)
    assert failed.returncode == 1
    assert "error: 1 of 4 clips failed, a share of 0.25; max_failed_share is 0.2" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert list((tmp_path / "runs").iterdir()) == []
    assert (videos / "15.mp4").exists()


@pytest.mark.parametrize(
    ("setting", "value", "allowed"),
    [
        ("max_failed_share", -0.1, "greater than or equal to 0"),
        ("max_failed_share", 1.1, "less than or equal to 1"),
        ("max_failed_share", float("nan"), "a finite number"),
        ("max_failed_share", "many", "a valid number"),
        ("clip_timeout", 0, "greater than 0"),
        ("clip_timeout", -1.0, "greater than 0"),
        ("clip_timeout", float("inf"), "a finite number"),
        ("clip_timeout", 2 * LONGEST_TIMEOUT, "less than or equal to 31536000"),
    ],
)
def test_values_out_of_range(setting: str, value: object, allowed: str) -> None:
    with pytest.raises(SettingError, match=f"^{setting}: {value!r} is not allowed; .*{allowed}"):
        validated(VmafPairsSettings, {setting: value})


def test_a_clip_that_takes_too_long_fails_alone(
    konvid_root: Path, tmp_path: Path, ffmpeg: str
) -> None:
    faulty = make_faulty_ffmpeg(tmp_path / "ffmpeg", ffmpeg, "hang")
    complete = build_pairs(konvid_root, ffmpeg=faulty)
    videos = konvid_root / "KoNViD_1k_videos"
    shutil.copy(videos / "20.mp4", videos / "15spoilt.mp4")
    built = build_pairs(konvid_root, ffmpeg=faulty, clip_timeout=2.5)
    manifest = manifest_of(built)
    (failure,) = manifest["failures"]
    assert failure["key"] == "KoNViD_1k_videos_15spoilt"
    assert failure["stage"] == "run"
    assert failure["reason"] == "ffmpeg: timed out after 2.5 s; set clip_timeout"
    assert failure["signal"] == "SIGKILL"
    assert failure["frames"]["container"] == FRAMES
    assert manifest["counts"]["cached"] == 3, "the time-out is no part of the fingerprint"
    assert built.content_sha256 == complete.content_sha256
    assert manifest["run_provenance"]["args"]["clip_timeout"] == 2.5
    assert alive(faulty) == 0, "neither the process nor its child"


def test_time_out_through_the_vmaf_tool(konvid_root: Path, tmp_path: Path, ffmpeg: str) -> None:
    """Whoever of the three processes is killed first, the reason is the same."""
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg, "hang")
    with pytest.raises(NothingScoredError, match=r"timed out after 2 s; set clip_timeout"):
        build_pairs(konvid_root, vmaf_bin=vmaf, clip_timeout=2, include=["*_10"])
    assert alive(vmaf) == 0


def test_time_out_by_default_goes_by_size(
    konvid_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts: list[float] = []
    real = Job.__init__

    def noted(self: Job, *arguments: object) -> None:
        real(self, *arguments)  # type: ignore[arg-type]
        timeouts.append((self.timeout - STARTUP_SECONDS) / SECONDS_PER_MEGAPIXEL)
        assert 0 < self.seconds_left <= self.timeout

    monkeypatch.setattr(Job, "__init__", noted)
    built = build_pairs(konvid_root, include=["*_10"])
    args = built.manifest.run_provenance.args
    assert args["clip_timeout"] is None
    assert timeouts == [pytest.approx(640 * 272 * FRAMES / 1e6)]


def test_processes_of_one_clip_share_its_time() -> None:
    none: Any = None

    def left(seconds_ago: float) -> float:
        return Job(none, (), none, none, 60.0, time.monotonic() - seconds_ago).seconds_left

    assert 9 < left(50) <= 10
    assert left(70) == 0
