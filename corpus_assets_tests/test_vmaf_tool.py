"""The user's own `vmaf`: the same tables through it, learnt options, and what goes wrong."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from corpus_assets.errors import EngineError, NothingScoredError
from corpus_assets_tests.making import build_netflix, build_pairs, manifest_of
from corpus_assets_tests.media import NETFLIX_SIZE, PAIR_FRAMES, write_pair
from corpus_assets_tests.vmaf_stand_in import make_vmaf

SIZE: dict[str, Any] = {"width": NETFLIX_SIZE[0], "height": NETFLIX_SIZE[1]}


@pytest.mark.parametrize("build", ["stock", "old"])
def test_raw_pairs_give_the_same_table(
    netflix_root: Path, tmp_path: Path, ffmpeg: str, build: str
) -> None:
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg, build)
    expected = build_netflix(netflix_root, accelerate="off", **SIZE).manifest
    through = build_netflix(netflix_root, vmaf_bin=vmaf, **SIZE).manifest
    assert through.counts.extracted == 3
    assert through.artifact.content_sha256 == expected.artifact.content_sha256
    assert (through.engine.kind, through.engine.binary) == ("vmaf", vmaf)
    assert through.engine.version == "3.2.0-stand-in"
    assert through.engine.libvmaf_version == expected.engine.libvmaf_version
    inputs = through.run_provenance.inputs
    assert inputs["vmaf_bin"].path == vmaf  # type: ignore[union-attr]
    assert inputs["ffmpeg"].path == ffmpeg  # type: ignore[union-attr]
    assert through.run_provenance.args["vmaf_bin"] == vmaf


@pytest.mark.parametrize("build", ["stock", "no pipes"])
def test_encoded_clips_give_the_same_table(
    konvid_root: Path,
    tmp_path: Path,
    ffmpeg: str,
    build: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg, build)
    expected = build_pairs(konvid_root).manifest
    through = build_pairs(konvid_root, vmaf_bin=vmaf).manifest
    assert through.counts.extracted == 3
    assert through.cache.stale == 3
    assert through.artifact.content_sha256 == expected.artifact.content_sha256
    assert through.engine.encoder is not None
    assert through.engine.encoder.binary == ffmpeg
    assert [path.name for path in scratch.iterdir()] == [f"corpus_assets-{os.getuid()}"], "slots"
    assert build_pairs(konvid_root, vmaf_bin=vmaf).manifest.counts.cached == 3


def test_ten_bit_pair(tmp_path: Path, ffmpeg: str) -> None:
    ten: dict[str, Any] = {"pixel_format": "yuv420p10le", "crf": 40}
    write_pair(ffmpeg, "bikes", tmp_path / "c", "A_25fps.yuv", "A_1_2_3.yuv", **ten)
    settings = {**SIZE, "pix_fmt": "yuv420p10le", "feature_set": "canonical6"}
    expected = build_netflix(tmp_path / "c", **settings).manifest
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg)
    through = build_netflix(tmp_path / "c", vmaf_bin=vmaf, **settings).manifest
    assert through.artifact.content_sha256 == expected.artifact.content_sha256


def test_a_fork_build_fills_more_columns(netflix_root: Path, tmp_path: Path, ffmpeg: str) -> None:
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg, "fork")
    manifest = build_netflix(netflix_root, vmaf_bin=vmaf, max_pairs=1, **SIZE).manifest
    table = pd.read_parquet(manifest.artifact.path)
    assert manifest.unavailable_features == ()
    assert table["ssimulacra2"].tolist() == table["psnr_y"].tolist()
    assert {"motion_v2", "ssimulacra2"} < set(manifest.engine.extractors)
    assert table["motion3"].notna().all()


def test_exit_code_0_is_not_believed(netflix_root: Path, tmp_path: Path, ffmpeg: str) -> None:
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg, "short")
    with pytest.raises(NothingScoredError, match=f"has 5 frames, expected {PAIR_FRAMES}"):
        build_netflix(netflix_root, vmaf_bin=vmaf, feature_set="canonical6", **SIZE)


def test_a_crash_is_a_failed_clip(
    netflix_root: Path, konvid_root: Path, tmp_path: Path, ffmpeg: str
) -> None:
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg, "crash")
    with pytest.raises(NothingScoredError, match="run: vmaf: killed by SIGSEGV"):
        build_netflix(netflix_root, vmaf_bin=vmaf, feature_set="canonical6", **SIZE)
    with pytest.raises(NothingScoredError, match="run: vmaf: killed by SIGSEGV"):
        build_pairs(konvid_root, vmaf_bin=vmaf)


def test_the_cause_is_named_not_the_consequence(
    konvid_root: Path, tmp_path: Path, ffmpeg: str
) -> None:
    """Where ffmpeg fails, `vmaf` only sees frames end."""
    clip = konvid_root / "KoNViD_1k_videos" / "20.mp4"
    data = bytearray(clip.read_bytes())
    middle = data.index(b"mdat") + 3000
    data[middle : middle + 1500] = bytes(1500)
    clip.write_bytes(data)
    vmaf = make_vmaf(tmp_path / "vmaf", ffmpeg)
    manifest = manifest_of(build_pairs(konvid_root, vmaf_bin=vmaf))
    (failure,) = manifest["failures"]
    assert failure["key"] == "KoNViD_1k_videos_20"
    assert failure["reason"].startswith("ffmpeg: exit code")
    assert failure["stderr_tail"]


def test_another_tool_is_refused(netflix_root: Path, tmp_path: Path, ffmpeg: str) -> None:
    other = make_vmaf(tmp_path / "vmaf", ffmpeg, "other tool")
    with pytest.raises(EngineError, match="has no option --feature, so that it is not libvmaf's"):
        build_netflix(netflix_root, vmaf_bin=other, **SIZE)
    with pytest.raises(EngineError, match=r"vmaf-nowhere is not a program .* set vmaf_bin or VMAF"):
        build_netflix(netflix_root, vmaf_bin="vmaf-nowhere", **SIZE)


def test_from_the_environment(
    netflix_root: Path, tmp_path: Path, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a name that is found on PATH."""
    make_vmaf(tmp_path / "my-vmaf", ffmpeg)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("VMAF_BIN", "my-vmaf")
    manifest = build_netflix(netflix_root, feature_set="canonical6", max_pairs=1, **SIZE).manifest
    assert manifest.engine.binary == str(tmp_path / "my-vmaf")
