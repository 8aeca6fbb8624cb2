"""(h) `full` with kernels against libvmaf alone: raw 1080p, and what is encoded and scored.

    python -m corpus_assets_tests.benchmarks.accelerated [--clips 2] [--frames N] [--rounds 3]
        [--parts 1080p-raw 1080p-encoded 540p-encoded] [--long 48]

The engine of the assets with kernels and without (`accelerate: off`), and the latter's processes
and nothing else, each with as many clips at once as there are processors. By default 10 frames a
clip of 1080p, and 24 of 540p. The first frames are held against libvmaf before time is taken: a run
does that once. The memory is that of one clip of `--long` frames, more than the encoder keeps.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from corpus_assets.corpora.clip import Clip
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.acceleration import acceleration
from corpus_assets.libvmaf.engine import LARGE, Engine, Scored
from corpus_assets.libvmaf.features import FULL
from corpus_assets.libvmaf.ffmpeg import embedded_ffmpeg
from corpus_assets.libvmaf.process import Children
from corpus_assets.libvmaf.self_check import TOLERANCE
from corpus_assets_tests.benchmarks.claims import Claim, faster, show
from corpus_assets_tests.benchmarks.corpora import konvid_clips, netflix_clips, ten_bit_clips
from corpus_assets_tests.benchmarks.machine import print_machine
from corpus_assets_tests.benchmarks.processes import commands, run_all
from corpus_assets_tests.benchmarks.resident import looking
from corpus_assets_tests.benchmarks.rounds import Rounds, Ways, options_of, run_rounds
from corpus_assets_tests.making import engine_of

Values: TypeAlias = npt.NDArray[np.float64]
KERNELS, OFF, BARE = "with kernels", "`accelerate: off`", "bare ffmpeg with libvmaf"
MOST_MEMORY = 1024
"""MiB a worker at 1080p."""


@dataclass(frozen=True, slots=True)
class Part:
    """Clips of one kind: what writes them, frames of each by default, and what is wanted."""

    what: str
    make: Callable[[str, Path, int, int], Sequence[Clip]]
    frames: int
    goal: float | None = None
    most_memory: int | None = None


PARTS: Mapping[str, Part] = {
    "1080p-raw": Part("raw 1080p, 8 bit", netflix_clips, 10, 4, MOST_MEMORY),
    "1080p-encoded": Part("encoded 1080p, 10 bit", ten_bit_clips, 10, 2.5, MOST_MEMORY),
    "540p-encoded": Part("encoded 540p, 8 bit", konvid_clips, 24),
}


def scored(engine: Engine, clips: Sequence[Clip]) -> list[Scored]:
    """Score clips, as many at once as there are processors."""
    with ThreadPoolExecutor(available_processors()) as pool:
        return list(pool.map(lambda clip: engine.score(clip, Children()), clips))


def compare(
    part: Part, off: Engine, fast: Engine, clips: Sequence[Clip], count: int
) -> list[Claim]:
    """Measure one part; the engine with kernels has checked them before."""
    found: dict[str, list[Scored]] = {}
    with commands(off, clips, off.computation(*LARGE).extractors) as made:
        ways: Ways = {
            KERNELS: lambda: found.update({KERNELS: scored(fast, clips)}),
            OFF: lambda: found.update({OFF: scored(off, clips)}),
            BARE: lambda: run_all(made, available_processors()),
        }
        times = run_rounds(count, ways)
    frames = sum(len(one.report.metrics) for one in found[OFF])
    print(f"{part.what}: {len(clips)} clips, {frames} frames", flush=True)
    times.show(frames)
    return [*_speeds(part, times, frames), _equality(part, off, found)]


def memory(part: Part, fast: Engine, clip: Clip) -> Claim:
    """Measure what one clip takes in all processes together."""
    with looking() as seen:
        fast.score(clip, Children())
    most = part.most_memory
    return Claim(
        f"`full`, {part.what}: memory a worker: its child's, and this process' for it",
        f"{seen.together:.0f} MiB: {seen.children:.0f} and {seen.own:.0f} MiB",
        f"at most {most} MiB" if most else "",
        seen.together <= most if most else None,
    )


def _speeds(part: Part, times: Rounds, frames: int) -> list[Claim]:
    what = f"`full`, {part.what}"
    spent = [median(one.processor for one in times.spent[way]) / frames for way in times.spent]
    return [
        faster(
            f"{what}, {KERNELS} against {BARE}: processor time",
            times.ratio(BARE, KERNELS, "processor"),
            part.goal,
        ),
        faster("the same: time", times.ratio(BARE, KERNELS)),
        faster(
            f"{what}, {KERNELS} against {OFF}: processor time",
            times.ratio(OFF, KERNELS, "processor"),
        ),
        faster("the same: time", times.ratio(OFF, KERNELS)),
        Claim(
            f"{what}, processor time of a frame: {', '.join(times.spent)}",
            ", ".join(f"{seconds * 1e3:.0f} ms" for seconds in spent),
        ),
    ]


def _equality(part: Part, engine: Engine, found: Mapping[str, Sequence[Scored]]) -> Claim:
    """Compare both tables: columns of kernels, and all others."""
    largest = {True: 0.0, False: 0.0}
    for one, other in zip(found[KERNELS], found[OFF], strict=True):
        keys = engine.computation(one.facts.width, one.facts.height).keys
        ours, theirs = one.report.columns(keys), other.report.columns(keys)
        for column, key in keys.items():
            by_kernel = key in one.kernels
            difference = _difference(ours[column], theirs[column])
            largest[by_kernel] = max(largest[by_kernel], difference)
    return Claim(
        f"`full`, {part.what}: largest difference of columns by kernels; of all others",
        f"{largest[True]:.1e}; {largest[False]:g}",
        f"at most {TOLERANCE:g}; 0",
        largest[True] <= TOLERANCE and not largest[False],
    )


def _difference(ours: Values, theirs: Values) -> float:
    """Return the largest difference; infinite where the nulls are not the same."""
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return float("inf")
    return float(np.nanmax(np.abs(ours - theirs), initial=0.0))


def main(arguments: Sequence[str] | None = None) -> list[Claim]:
    parser = options_of(__doc__, clips=2)
    parser.add_argument("--frames", type=int, help="of all parts")
    parser.add_argument("--long", type=int, default=48)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args(arguments)
    ffmpeg, claims = embedded_ffmpeg(), []
    print_machine(ffmpeg, "numba")
    off = engine_of(ffmpeg, FULL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        beside = acceleration("require", folder / "kernels", kernels_fit=True)
        fast = replace(off, acceleration=beside)
        for chosen in options.parts:
            part, root = PARTS[chosen], folder / chosen
            clips = part.make(ffmpeg, root / "short", options.clips, options.frames or part.frames)
            long = part.make(ffmpeg, root / "long", 1, options.long)
            fast.score(clips[0], Children())
            claims += show(compare(part, off, fast, clips, options.rounds))
            claims += show([memory(part, fast, long[0])])
    return claims


if __name__ == "__main__":
    main()
