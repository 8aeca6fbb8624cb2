"""The acceptance rule: a report that breaks one clause is refused, not cached, not in the table."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from corpus_assets.errors import ReportRefusedError
from corpus_assets.libvmaf.report import accept, parse_report
from corpus_assets_tests.faulty_ffmpeg import make_faulty_ffmpeg
from corpus_assets_tests.making import build_pairs, manifest_of
from corpus_assets_tests.media import FRAMES

FAULTS = {
    "missing frame": ("accept", "frame 5 of the report is numbered 6"),
    "duplicate number": ("accept", "frame 4 of the report is numbered 3"),
    "wrong count": ("accept", f"the report has {FRAMES - 1} frames, expected {FRAMES}"),
    "missing key": ("accept", "frame 3 of the report lacks integer_adm2"),
    "missing key everywhere": ("accept", "frame 0 of the report lacks integer_motion3"),
    "extra key": ("accept", "frame 3 of the report has unexpected surprise"),
    "null": ("accept", "frame 3 of the report has vmaf = None"),
    "text": ("accept", "frame 3 of the report has vmaf = '90.0'"),
    "partial": ("accept", "the report is not valid JSON"),
    "no report": ("accept", "libvmaf wrote no report"),
    "exit code": ("run", "ffmpeg: exit code 3"),
    "signal": ("run", "ffmpeg: killed by SIGKILL"),
}


@pytest.fixture
def with_spoilt(konvid_root: Path) -> Path:
    videos = konvid_root / "KoNViD_1k_videos"
    shutil.copy(videos / "10.mp4", videos / "spoilt.mp4")
    return konvid_root


@pytest.mark.parametrize("fault", FAULTS)
def test_each_clause(with_spoilt: Path, tmp_path: Path, ffmpeg: str, fault: str) -> None:
    faulty = make_faulty_ffmpeg(tmp_path / "ffmpeg", ffmpeg, fault)
    manifest = manifest_of(build_pairs(with_spoilt, ffmpeg=faulty))
    (failure,) = manifest["failures"]
    stage, reason = FAULTS[fault]
    assert (failure["key"], failure["stage"]) == ("KoNViD_1k_videos_spoilt", stage)
    assert reason in failure["reason"]
    assert failure["frames"]["container"] == FRAMES
    assert failure["exit_code"] == {"exit code": 3, "signal": None}.get(fault, 0)
    assert failure["signal"] == ("SIGKILL" if fault == "signal" else None)
    keys = set(pd.read_parquet(manifest["artifact"]["path"])["key"])
    assert keys == {f"KoNViD_1k_videos_{n}" for n in (10, 20, 30)}
    entries = {path.stem for path in (tmp_path / "cache" / "konvid_1k").iterdir()}
    assert entries == keys


def test_the_stand_in_itself_is_harmless(with_spoilt: Path, tmp_path: Path, ffmpeg: str) -> None:
    faulty = make_faulty_ffmpeg(tmp_path / "ffmpeg", ffmpeg, "none")
    assert manifest_of(build_pairs(with_spoilt, ffmpeg=faulty))["failures"] == []


def test_nulls_are_accepted_only_where_planes_may_be_equal() -> None:
    data = b'{"frames": [{"frameNum": 0, "metrics": {"ciede2000": null, "psnr_hvs_y": null}}]}'
    report = parse_report(data)
    accept(report, frames=1, expected=report.keys)
    spoilt = parse_report(data.replace(b"ciede2000", b"cambi"))
    with pytest.raises(ReportRefusedError, match="cambi = None"):
        accept(spoilt, frames=1, expected=spoilt.keys)


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"{}",
        b'{"frames": []}',
        b'{"frames": {}}',
        b'{"frames": [1]}',
        b'{"frames": [{"frameNum": 0}]}',
        b'{"frames": [{"frameNum": false, "metrics": {}}]}',
        b'{"frames": [{"frameNum": 0, "metrics": {"vmaf": NaN}}]}',
        b"\xff",
    ],
)
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(ReportRefusedError):
        parse_report(data)
