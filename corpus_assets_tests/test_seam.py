"""The path from clip to outcome is not KoNViD's own: a raw 10-bit pair takes it too."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from corpus_assets.corpora.clip import Clip, Encode, RawVideo
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.extraction.cache import ReportCache
from corpus_assets.extraction.outcome import Extracted, Failed, Outcome
from corpus_assets.extraction.scorer import ClipScorer
from corpus_assets.libvmaf.process import Children
from corpus_assets_tests.four_step import four_step_frames
from corpus_assets_tests.making import engine_of
from corpus_assets_tests.media import FRAMES, raw_frames

TEN = Encode("libx264", "fast", 35, "yuv420p10le")


@pytest.fixture
def scorer(ffmpeg: str, tmp_path: Path) -> ClipScorer:
    engine = engine_of(ffmpeg)
    return ClipScorer(engine, ReportCache(str(tmp_path / "cache")))


def outcome_of(scorer: ClipScorer, clip: Clip) -> Outcome:
    return scorer(clip, Children())


def raw(folder: Path, name: str, height: int = 272) -> RawVideo:
    return RawVideo(FileSource(str(folder), name), 640, height, "yuv420p10le", Fraction(25))


def test_raw_ten_bit_pair(scorer: ClipScorer, ffmpeg: str, media: Path, tmp_path: Path) -> None:
    expected = four_step_frames(ffmpeg, media / "ten.mp4", TEN, tmp_path)
    pair = Clip("p", raw(tmp_path, "ref.yuv"), raw(tmp_path, "dis.yuv"), "yuv420p10le")
    outcome = outcome_of(scorer, pair)
    assert isinstance(outcome, Extracted)
    assert outcome.columns["vmaf"].tolist() == [frame["vmaf"] for frame in expected]
    assert [record.name for record in outcome.sources] == ["ref.yuv", "dis.yuv"]
    again = outcome_of(scorer, pair)
    assert isinstance(again, Extracted)
    assert again.cached


def test_raw_pair_of_wrong_size_or_length(
    scorer: ClipScorer, ffmpeg: str, media: Path, tmp_path: Path
) -> None:
    raw_frames(ffmpeg, media / "ten.mp4", tmp_path / "ref.yuv", "yuv420p10le")
    data = (tmp_path / "ref.yuv").read_bytes()
    (tmp_path / "dis.yuv").write_bytes(data[: len(data) // FRAMES * 7])
    pair = Clip("p", raw(tmp_path, "ref.yuv"), raw(tmp_path, "dis.yuv"), "yuv420p10le")
    shorter = outcome_of(scorer, pair)
    assert isinstance(shorter, Failed)
    assert shorter.reason == f"reference has {FRAMES} frames, distorted 7"
    odd = outcome_of(scorer, replace(pair, reference=raw(tmp_path, "ref.yuv", height=270)))
    assert isinstance(odd, Failed)
    assert "are not a whole number of 640x270" in odd.reason
