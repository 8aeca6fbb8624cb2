"""The kernels against libvmaf with the same extractor: largest differences, and processor seconds.

    python -m corpus_assets_tests.benchmarks.kernels [--sizes 1920x1080,960x540] [--frames 300]

For each size and depth so many frames of three clips, encoded from hardly to badly. Both sides use
one thread on raw frames; what libvmaf takes includes reading them and starting the program. Last,
how long a new process needs for its first pair of frames, with and without compiled code.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from corpus_assets.kernels.frame_metrics import COLUMNS, FrameMetrics
from corpus_assets.kernels.frames import SAMPLES, FrameFormat
from corpus_assets.kernels.loading import Kernels, load_kernels
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets_tests.benchmarks.claims import Claim, faster, show
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.rounds import Spread
from corpus_assets_tests.kernel_frames import (
    TOLERANCE,
    Pairs,
    kernel_scores,
    largest_difference,
    libvmaf_scores,
    real_pairs,
)

CLIPS = ("bikes", "bigbuckbunny", "carphone_pristine")
CRFS = (1, 23, 45)
FIRST = """
import sys, time
from pathlib import Path
import numpy as np
from corpus_assets.kernels.frame_metrics import FrameMetrics
from corpus_assets.kernels.frames import FrameFormat
from corpus_assets.kernels.loading import load_kernels
started = time.perf_counter()
frames = FrameFormat(176, 178, 8)
frame = tuple(np.zeros(shape, np.uint8) for shape in frames.shapes)
FrameMetrics(load_kernels(Path(sys.argv[1])), frames).score(frame, frame)
print(time.perf_counter() - started)
"""


class Comparison:
    """What was found for one size and depth, part by part."""

    def __init__(self, frames: FrameFormat) -> None:
        self.frames, self.count = frames, 0
        self.difference = dict.fromkeys(COLUMNS, 0.0)
        self.ratios: dict[str, list[float]] = {column: [] for column in COLUMNS}
        self.milliseconds: dict[str, list[float]] = {column: [] for column in COLUMNS}

    def add(self, ffmpeg: str, kernels: Kernels, pairs: Pairs) -> None:
        """Score pairs both ways, one column after the other."""
        self.count += len(pairs)
        for column in COLUMNS:
            before = processor(resource.RUSAGE_CHILDREN)
            theirs = libvmaf_scores(ffmpeg, self.frames, pairs, (column,))
            between, start = processor(resource.RUSAGE_CHILDREN), processor(resource.RUSAGE_SELF)
            ours = kernel_scores(kernels, self.frames, pairs, (column,))
            spent = processor(resource.RUSAGE_SELF) - start
            self.ratios[column].append((between - before) / spent)
            self.milliseconds[column].append(spent / len(pairs) * 1e3)
            found = largest_difference(ours, theirs, column)
            self.difference[column] = max(self.difference[column], found)

    def claims(self) -> list[Claim]:
        """Say what was found."""
        size = f"{self.frames.width}x{self.frames.height}, {self.frames.bits} bit"
        claims = []
        for column in COLUMNS:
            found, at_most = self.difference[column], f"at most {TOLERANCE:g}"
            what = f"{column} of {self.count} frames of {size}"
            claims.append(Claim(f"{what}: difference", f"{found:.1e}", at_most, found <= TOLERANCE))
            claims.append(faster(f"{what}: speed", Spread.of(self.ratios[column])))
            spread = Spread.of(self.milliseconds[column]).text(2, " ms")
            claims.append(Claim(f"{what}: a frame", spread))
        return claims


def processor(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def compare(ffmpeg: str, kernels: Kernels, frames: FrameFormat, count: int) -> list[Claim]:
    """Compare so many frames of one format, and print and return the claims."""
    comparison = Comparison(frames)
    kinds = list(itertools.product(CLIPS, CRFS))
    for number, (clip, crf) in enumerate(kinds):
        part = count * (number + 1) // len(kinds) - count * number // len(kinds)
        if part:
            comparison.add(ffmpeg, kernels, real_pairs(ffmpeg, clip, frames, part, crf))
    memory = FrameMetrics(kernels, frames).memory
    print(f"  {memory / 1e6:.1f} MB of arrays", flush=True)
    return show(comparison.claims())


def first_call(folder: Path) -> float:
    """Return the seconds that a new process needs to load the kernels and score a small pair."""
    command = [sys.executable, "-c", FIRST, str(folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0], allow_abbrev=False)
    parser.add_argument("--sizes", default="1920x1080,960x540")
    parser.add_argument("--frames", type=int, default=300)
    options = parser.parse_args(arguments)
    ffmpeg, claims = embedded_ffmpeg(), []
    print_machine(ffmpeg, "numba")
    with tempfile.TemporaryDirectory() as name:
        cold, cached = first_call(Path(name)), first_call(Path(name))
        kernels = load_kernels(Path(name))
        warm_up(kernels)
        for size, bits in itertools.product(options.sizes.split(","), SAMPLES):
            width, height = map(int, size.split("x"))
            claims += compare(ffmpeg, kernels, FrameFormat(width, height, bits), options.frames)
    first = f"{cold:.1f} s to compile, {cached:.2f} s with compiled code"
    return [*claims, *show([Claim("the first pair of frames of a process", first)])]


def warm_up(kernels: Kernels) -> None:
    """Have all kernels compiled, or read, for each depth."""
    for bits in SAMPLES:
        frames = FrameFormat(400, 400, bits)
        kernel_scores(kernels, frames, real_pairs(embedded_ffmpeg(), CLIPS[0], frames, 1, 30))


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"{time.perf_counter() - started:.0f} s")
