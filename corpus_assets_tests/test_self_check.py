"""What the check of kernels must find, and that a clip whose kernels are refused goes on."""

from __future__ import annotations

import errno
import io
import json
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus_assets.corpora.clip import Clip, ContainerVideo, Encode, RawVideo
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.errors import ClipError
from corpus_assets.extraction.cache import ReportCache
from corpus_assets.extraction.outcome import Extracted
from corpus_assets.extraction.peers import Facts
from corpus_assets.extraction.scorer import ClipScorer
from corpus_assets.kernels.frame_metrics import FrameMetrics
from corpus_assets.kernels.loading import KernelsIdentity, installed_kernels
from corpus_assets.kernels.similarity import Similarity
from corpus_assets.libvmaf import engine as engine_module
from corpus_assets.libvmaf.acceleration import Acceleration, Verdict
from corpus_assets.libvmaf.beside import Beside
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.features import CANONICAL6, FeatureSet, feature_set
from corpus_assets.libvmaf.process import Children
from corpus_assets_tests.making import engine_of
from corpus_assets_tests.media import NETFLIX_SIZE, run_ffmpeg

ENCODE = Encode("libx264", "ultrafast", 35, "yuv420p")
FEW = feature_set(["float_ssim"])
ALL = feature_set(["ciede2000", "float_ssim", "float_ms_ssim"])


@pytest.fixture(scope="session")
def sizes(tmp_path_factory: pytest.TempPathFactory, media: Path, ffmpeg: str) -> Path:
    """bikes in two sizes, of which float_ssim reduces only the second; black: it comes late."""
    folder = tmp_path_factory.mktemp("sizes")
    for name, size in {"small": "384x216", "large": "640x384"}.items():
        scaled = ("-i", media / "bikes.mp4", "-vf", f"scale={size}", "-crf", 12)
        run_ffmpeg(ffmpeg, *scaled, folder / f"{name}.mp4")
    graph = "[0:v]format=yuv420p,setsar=1[b];[1:v]format=yuv420p,setsar=1,fps=25[c];[b][c]concat"
    black = ("-f", "lavfi", "-i", "color=black:size=384x216:rate=25:duration=0.2")
    late = ("-i", folder / "small.mp4", "-filter_complex", graph, "-crf", 18)
    run_ffmpeg(ffmpeg, *black, *late, folder / "black.mp4")
    return folder


def clip_of(folder: Path, name: str) -> Clip:
    video = ContainerVideo(FileSource(str(folder), f"{name}.mp4"), "mov")
    return Clip(name, video, ENCODE, ENCODE.pixel_format)


def with_kernels(ffmpeg: str, folder: Path, features: FeatureSet = FEW) -> Engine:
    identity = installed_kernels()
    assert identity
    return replace(engine_of(ffmpeg, features), acceleration=Acceleration(identity, folder))


def scored(engine: Engine, clip: Clip) -> frozenset[str]:
    return engine.score(clip, Children()).kernels


def test_a_clip_refused_before_its_first_frame_goes_to_libvmaf_at_once(
    ffmpeg: str, sizes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process must not wait for somebody to read its frames."""
    engine = with_kernels(ffmpeg, tmp_path)
    real = Beside.__init__

    def init(self: Beside, *args: Any) -> None:
        real(self, *args)
        assert engine.acceleration
        engine.acceleration._verdicts["other"] = Verdict("other", refusal="it was wrong")

    monkeypatch.setattr(Beside, "__init__", init)
    assert engine.computation(640, 384).kernels
    before = list(Path("/proc/self/fd").iterdir())
    engine = replace(engine, clip_timeout=30.0)
    assert scored(engine, clip_of(sizes, "large")) == frozenset()
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)


def test_wrong_kernels_are_found_where_the_first_frames_are_equal(
    ffmpeg: str, sizes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FrameMetrics.score

    def wrong_unless_equal(self: FrameMetrics, *pair: Any) -> dict[str, float | None]:
        if all(np.array_equal(*planes) for planes in zip(*pair, strict=True)):
            return real(self, *pair)
        return {name: (value or 0.0) + 1e-5 for name, value in real(self, *pair).items()}

    monkeypatch.setattr(FrameMetrics, "score", wrong_unless_equal)
    engine = with_kernels(ffmpeg, tmp_path, ALL)
    assert scored(engine, clip_of(sizes, "black")) == frozenset()
    assert engine.acceleration
    assert "of frame 3 is" in engine.acceleration.verdicts[0].refusal


def test_every_frame_size_is_checked(
    ffmpeg: str, sizes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel that only large frames need may be wrong alone."""
    real = Similarity._ssim

    def wrong_where_reduced(self: Similarity, full: Any) -> float:
        return real(self, full) - (1e-5 if self._reduced else 0.0)

    monkeypatch.setattr(Similarity, "_ssim", wrong_where_reduced)
    engine = with_kernels(ffmpeg, tmp_path)
    assert scored(engine, clip_of(sizes, "small")) == {"float_ssim"}
    assert scored(engine, clip_of(sizes, "large")) == frozenset()


def test_pooled_metrics_are_libvmafs_where_frames_are_null(
    ffmpeg: str, sizes: Path, tmp_path: Path
) -> None:
    clip = clip_of(sizes, "black")
    engines = with_kernels(ffmpeg, tmp_path, ALL), engine_of(ffmpeg, ALL)
    ours, theirs = (
        json.loads(engine.score(clip, Children()).report_bytes)["pooled_metrics"]
        for engine in engines
    )
    assert ours["ciede2000"]["max"] is None
    assert ours["ciede2000"]["min"] > 0
    for name in ("ciede2000", "float_ssim", "float_ms_ssim"):
        assert ours[name] == pytest.approx(theirs[name], abs=2e-6)


def test_an_entry_of_other_kernels_is_replaced_by_one_with_less(
    ffmpeg: str, sizes: Path, tmp_path: Path
) -> None:
    """It would be scored in every run otherwise."""
    cache, clip = ReportCache(str(tmp_path / "reports")), clip_of(sizes, "small")
    older = with_kernels(ffmpeg, tmp_path, ALL)
    assert older.acceleration
    older.acceleration.identity = KernelsIdentity(0, "0.1")
    newer = with_kernels(ffmpeg, tmp_path)
    lookups = []
    for engine in (older, newer, newer, engine_of(ffmpeg, CANONICAL6)):
        outcome = ClipScorer(engine, cache)(clip, Children())
        assert isinstance(outcome, Extracted)
        lookups.append(outcome.lookup)
    assert lookups == ["miss", "others", "hit", "hit"]


def test_kernels_that_nothing_is_computed_with_make_no_difference(
    ffmpeg: str, tmp_path: Path
) -> None:
    """Workers without Numba are as good where libvmaf computes everything."""
    facts = [
        Facts.of(engine)
        for engine in (with_kernels(ffmpeg, tmp_path, CANONICAL6), engine_of(ffmpeg, CANONICAL6))
    ]
    assert facts[0].differences(facts[1]) == []
    assert Facts.of(with_kernels(ffmpeg, tmp_path)).kernels != "none"


class Broken(io.RawIOBase):
    """A file on a disk that fails."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_disk_that_fails_fails_the_clip(
    ffmpeg: str, netflix_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, distorted = (
        RawVideo(FileSource(str(netflix_root), name), *NETFLIX_SIZE, "yuv420p", Fraction(25))
        for name in ("ref/Bikes_25fps.yuv", "dis/Bikes_30_144_200.yuv")
    )
    monkeypatch.setattr(engine_module, "_check_samples", lambda *_: None)
    monkeypatch.setattr(FileSource, "open", lambda _: Broken())
    with pytest.raises(ClipError, match="Input/output error"):
        scored(with_kernels(ffmpeg, tmp_path), Clip("pair", reference, distorted, "yuv420p"))
