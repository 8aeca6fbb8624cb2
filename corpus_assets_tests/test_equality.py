"""The one-process path gives the four-step recipe's numbers, every one of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpus_assets.corpora.clip import Clip, ContainerVideo, Encode
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.libvmaf.process import Children
from corpus_assets_tests.four_step import four_step_frames
from corpus_assets_tests.making import engine_of
from corpus_assets_tests.media import FRAMES

EIGHT = Encode("libx264", "veryfast", 35, "yuv420p")
TEN = Encode("libx264", "fast", 35, "yuv420p10le")


@pytest.mark.parametrize(
    ("name", "encode"),
    [("bikes", EIGHT), ("carphone", EIGHT), ("bunny", EIGHT), ("gap", EIGHT), ("ten", TEN)],
)
def test_equals_four_steps(
    ffmpeg: str, media: Path, tmp_path: Path, name: str, encode: Encode
) -> None:
    source = FileSource(str(media), f"{name}.mp4")
    clip = Clip(name, ContainerVideo(source, "mov"), encode, encode.pixel_format)
    engine = engine_of(ffmpeg)
    scored = engine.score(clip, Children())
    expected = four_step_frames(ffmpeg, media / f"{name}.mp4", encode, tmp_path)
    assert len(expected) == FRAMES
    assert list(scored.report.metrics) == expected
    assert np.ptp([frame["vmaf"] for frame in expected]) > 0
    counts = scored.ledger.counts()
    unknown = {"container_distorted": None, "accelerated": None}
    assert counts == dict.fromkeys(counts, FRAMES) | unknown
    assert scored.encoded_bytes
