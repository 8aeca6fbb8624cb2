"""The recipe that the one-process path must equal: decode, encode, decode, score, with files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from corpus_assets.corpora.clip import Encode
from corpus_assets_tests.media import raw_frames, run_ffmpeg


@dataclass(frozen=True)
class Geometry:
    size: str
    rate: str

    @classmethod
    def of(cls, clip: Path) -> Geometry:
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            return cls(f"{stream.width}x{stream.height}", str(stream.guessed_rate))

    def raw(self, path: Path, pixel_format: str) -> tuple[str | Path, ...]:
        geometry = ("-video_size", self.size, "-framerate", self.rate)
        return ("-f", "rawvideo", "-pixel_format", pixel_format, *geometry, "-i", path)


def four_step_frames(ffmpeg: str, clip: Path, encode: Encode, work: Path) -> list[dict[str, Any]]:
    """Return libvmaf's metrics per frame; leaves its scratch files in `work`."""
    geometry, pixels = Geometry.of(clip), encode.pixel_format
    reference, encoded, distorted = work / "ref.yuv", work / "dis.mp4", work / "dis.yuv"
    report = work / "report.json"
    raw_frames(ffmpeg, clip, reference, pixels)
    run_ffmpeg(
        ffmpeg,
        *geometry.raw(reference, pixels),
        *("-c:v", encode.encoder, "-preset", encode.preset, "-crf", encode.crf),
        *("-threads", "1", "-pix_fmt", pixels, encoded),
    )
    raw_frames(ffmpeg, encoded, distorted, pixels)
    run_ffmpeg(
        ffmpeg,
        *geometry.raw(reference, pixels),
        *geometry.raw(distorted, pixels),
        "-filter_complex",
        f"[1:v][0:v]libvmaf=log_fmt=json:log_path={report}:n_threads=1[o]",
        *("-map", "[o]", "-f", "null", "-"),
    )
    return [frame["metrics"] for frame in json.loads(report.read_text())["frames"]]
