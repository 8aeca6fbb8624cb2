"""Holding the kernels against libvmaf: the same frames, both ways."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from corpus_assets.corpora.clip import OpenedInput, RawVideo
from corpus_assets.descriptors import memory_file, path_of, read_all, write_all
from corpus_assets.errors import ClipError
from corpus_assets.kernels.frame_metrics import FrameMetrics
from corpus_assets.kernels.frames import SAMPLES, FrameFormat
from corpus_assets.libvmaf.acceleration import Verdict
from corpus_assets.libvmaf.computation import ACCELERATED
from corpus_assets.libvmaf.measurement import measuring
from corpus_assets.libvmaf.merging import DIGITS, printed
from corpus_assets.libvmaf.program import Job
from corpus_assets.libvmaf.report import parse_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.kernels.frames import Plane
    from corpus_assets.libvmaf.acceleration import Acceleration
    from corpus_assets.libvmaf.pairs import Pair
    from corpus_assets.libvmaf.process import Children
    from corpus_assets.libvmaf.program import Program

TOLERANCE = 2e-6
"""The largest difference to libvmaf's printed value: two units of its last digit."""
WITH_EVERY_KERNEL = (384, 384)
"""A frame size at which float_ssim is computed of reduced frames."""
SHARE = 0.5
"""Of the samples of a made-up pair that are equal: libvmaf has a number for every metric then."""

Scores: TypeAlias = "Mapping[str, float | None]"
"""One frame's values by column, which is also libvmaf's key."""


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """A check of some columns with the program, model and frame format of a job."""

    program: Program
    job: Job
    frames: FrameFormat
    columns: frozenset[str]
    children: Children

    def __call__(self, acceleration: Acceleration, pairs: Sequence[Pair]) -> Verdict:
        """Score pairs both ways, and a made-up one: first frames are often black and equal.

        Raises EngineError or CancelledError.
        """
        clip, pairs = self.job.clip.key, [*pairs, made_up_pair(self.frames)]
        metrics = FrameMetrics(acceleration.load(), self.frames, self.columns)
        ours = [metrics.score(*pair) for pair in pairs]
        try:
            theirs = self._by_libvmaf(pairs)
        except ClipError as error:
            return Verdict(clip, refusal=f"libvmaf cannot check the kernels: {error.reason}")
        return compared(clip, ours, theirs)

    def _by_libvmaf(self, pairs: Sequence[Pair]) -> Sequence[Scores]:
        """Let libvmaf score the pairs as raw files in memory. Raises ClipError."""
        extractors = tuple(name for name, column in ACCELERATED.items() if column in self.columns)
        with ExitStack() as stack:
            inputs = []
            for side in zip(*pairs, strict=True):
                file = stack.enter_context(memory_file("frames"))
                for frame in side:
                    write_all(file, b"".join(plane.tobytes() for plane in frame))
                inputs.append(OpenedInput(f"file:{path_of(file)}", descriptors=(file,)))
            model = self.job.measurement.model
            measurement = stack.enter_context(measuring(model, extractors))
            raw = self._raw_clip()
            job = Job(raw, inputs, self.job.facts, measurement, self.job.timeout)
            run = self.program.run(job, self.children).run
            if not run.ended_well:
                raise ClipError("run", run.describe())
            return parse_report(read_all(measurement.report_descriptor)).metrics

    def _raw_clip(self) -> Clip:
        """Return the job's clip as if both sides were raw files; where they are, inputs say."""
        clip, facts = self.job.clip, self.job.facts
        source = clip.reference.source
        geometry = (facts.width, facts.height, clip.pixel_format, facts.frame_rate)
        raw = RawVideo(source, *geometry)
        return replace(clip, reference=raw, distorted=raw)


def compiled(acceleration: Acceleration, clip: str, bits: int) -> Verdict:
    """Load and compile the kernels for a depth, before the time of a clip runs.

    Machine code that cannot be used, as after a power cut, is made anew. Whatever goes wrong then
    is a refusal: Numba may not fit Python or NumPy, the disk may be full.
    """
    frames = FrameFormat(*WITH_EVERY_KERNEL, bits)
    error: Exception | None = None
    for anew in (False, True):
        try:
            if anew:
                acceleration.forget_machine_code()
            FrameMetrics(acceleration.load(), frames).score(*made_up_pair(frames))
        except Exception as found:  # noqa: BLE001 (of any kind)
            error = error or found
        else:
            return Verdict(clip)
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    return Verdict(clip, refusal=f"the kernels cannot be used: {said}")


def made_up_pair(frames: FrameFormat) -> Pair:
    """Return two frames of noise that have half of their samples in common."""
    random, top = np.random.default_rng(0), 1 << frames.bits
    sides: tuple[list[Plane], list[Plane]] = ([], [])
    for shape in frames.shapes:
        one, other = random.integers(top, size=(2, *shape), dtype=SAMPLES[frames.bits])
        sides[0].append(one)
        sides[1].append(np.where(random.random(shape) < SHARE, one, other))
    (y, u, v), (y2, u2, v2) = sides
    return (y, u, v), (y2, u2, v2)


def compared(clip: str, ours: Sequence[Scores], theirs: Sequence[Scores]) -> Verdict:
    """Compare what kernels and libvmaf give for the same frames, as printed."""
    if len(ours) != len(theirs):
        return Verdict(clip, refusal=f"libvmaf scored {len(theirs)} of {len(ours)} frames")
    largest = 0.0
    for number, (own, other) in enumerate(zip(ours, theirs, strict=True)):
        for column, computed in own.items():
            value, wanted = printed(computed), other.get(column)
            same = value is wanted
            if value is not None and wanted is not None:
                difference = round(abs(value - wanted), 2 * DIGITS)  # of decimals, not of doubles
                largest, same = max(largest, difference), difference <= TOLERANCE
            if not same:
                said = f"{column} of frame {number} is {value} by the kernels, {wanted} by libvmaf"
                return Verdict(clip, len(ours), largest, said)
    return Verdict(clip, len(ours), largest)
