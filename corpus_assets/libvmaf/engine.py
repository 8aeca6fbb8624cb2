"""The engine: a libvmaf program with a model and a feature set, scoring one clip at a time.

Which program runs makes no difference here: probing, planning, the acceptance rule, the frame
ledger and the identity that caches rely on are the same for all.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from corpus_assets.corpora.clip import Encode, RawVideo
from corpus_assets.descriptors import read_all
from corpus_assets.errors import AccelerationOffError, ClipError, ReportRefusedError
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.beside import Beside, frames_of, kind_of_check
from corpus_assets.libvmaf.computation import Computation, plan
from corpus_assets.libvmaf.measurement import measuring
from corpus_assets.libvmaf.memory import expected_memory
from corpus_assets.libvmaf.merging import merged
from corpus_assets.libvmaf.probe import probe
from corpus_assets.libvmaf.program import Job
from corpus_assets.libvmaf.raw import BIT_DEPTHS, check_depth
from corpus_assets.libvmaf.report import Report, accept, parse_report
from corpus_assets.libvmaf.room import Room
from corpus_assets.libvmaf.self_check import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.corpora.clip import Clip, OpenedInput
    from corpus_assets.kernels.loading import KernelsIdentity
    from corpus_assets.libvmaf.acceleration import Acceleration
    from corpus_assets.libvmaf.binary import Binary
    from corpus_assets.libvmaf.features import FeatureSet
    from corpus_assets.libvmaf.ledger import FrameLedger
    from corpus_assets.libvmaf.model import Model
    from corpus_assets.libvmaf.process import Children, ProcessRun
    from corpus_assets.libvmaf.program import EncoderIdentity, Measured, Program
    from corpus_assets.libvmaf.raw import VideoFacts
    from corpus_assets.libvmaf.self_check import Scores
    from corpus_assets.libvmaf.trials import Trials

STARTUP_SECONDS = 120.0
SECONDS_PER_MEGAPIXEL = 10.0
"""Time-out: some hundred times what canonical6 takes on an idle core, and ten times `full`."""
LONGEST_TIMEOUT = 31_536_000.0
"""A year: timers do not take any number."""
LARGE = (1920, 1080)
"""A frame size at which every extractor can run."""


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """Which programs compute; their content decides whether results are comparable."""

    kind: str
    binary: Binary
    version: str
    libvmaf_version: str
    encoder: EncoderIdentity | None

    def fingerprint(self, *, encodes: bool) -> str:
        """Return the part of a clip's fingerprint that stands for the engine.

        A separate encoder counts only for clips whose distorted side is an encode.
        """
        parts = [self.kind, self.binary.fingerprint, self.libvmaf_version]
        if encodes and self.encoder:
            parts.append(self.encoder.binary.fingerprint)
        return f"{self.kind}:{sha256_of_bytes(' '.join(parts).encode())}"


@dataclass(frozen=True, slots=True)
class Scored:
    """One accepted report, with everything that is known about how it came to be.

    `kernels` are the keys whose values are not libvmaf's.
    """

    report: Report
    report_bytes: bytes
    kernels: frozenset[str]
    facts: VideoFacts
    ledger: FrameLedger
    run: ProcessRun
    encoded_bytes: int | None


@dataclass(frozen=True)
class Engine:
    """Scores clips with one program, model and feature set.

    `clip_timeout` is in seconds; None leaves it to the size of the clip. Without `acceleration`,
    libvmaf computes everything.
    """

    trials: Trials
    model: Model
    features: FeatureSet
    clip_timeout: float | None = None
    room: Room = field(default_factory=Room)
    acceleration: Acceleration | None = None
    _plans: dict[tuple[int, int, bool], Computation] = field(default_factory=dict)

    @property
    def program(self) -> Program:
        """The program that runs."""
        return self.trials.program

    @property
    def kernels(self) -> KernelsIdentity | None:
        """Describe the kernels that may compute; None where only libvmaf does."""
        return self.acceleration.identity if self.acceleration else None

    @cached_property
    def identity(self) -> EngineIdentity:
        """Hash the programs and ask for their versions. Raises EngineError."""
        extractors = self.computation(*LARGE).extractors
        return EngineIdentity(
            kind=self.program.kind,
            binary=self.program.binary,
            version=self.program.version,
            libvmaf_version=self.trials.of(self.model, extractors).libvmaf_version,
            encoder=self.program.encoder,
        )

    def computation(self, width: int, height: int) -> Computation:
        """Return what is computed for frames of a size. Raises EngineError."""
        accelerated = self.acceleration is not None and not self.acceleration.is_off
        return self.planned(width, height, accelerated=accelerated)

    def planned(self, width: int, height: int, *, accelerated: bool) -> Computation:
        """Return what would be computed, with kernels or without. Raises EngineError."""
        name = (width, height, accelerated)
        if name not in self._plans:
            self._plans[name] = plan(
                self.features, self.trials, self.model, (width, height), accelerated=accelerated
            )
        return self._plans[name]

    def score(self, clip: Clip, children: Children) -> Scored:
        """Score one clip. Raises ClipError; a returned report has been accepted."""
        with contextlib.suppress(AccelerationOffError):
            return self._score(clip, children)
        return self._score(clip, children)

    def _score(self, clip: Clip, children: Children) -> Scored:
        with contextlib.ExitStack() as stack:
            inputs = [stack.enter_context(source.opened()) for source in clip.sources]
            facts = _facts(clip, inputs)
            _check_samples(clip, children)
            computation = self.computation(facts.width, facts.height)
            self._compile(clip, computation, children)
            measurement = stack.enter_context(measuring(self.model, computation.run_by_libvmaf))
            timeout = self.clip_timeout or _default_timeout(facts)
            checking = self._will_check(clip, facts, computation)
            need = expected_memory(clip, facts, computation, checking=checking)
            room = self.room.taken(need, children.refuse_if_stopped, children.aside)
            stack.enter_context(room)
            job = Job(clip, inputs, facts, measurement, timeout)
            measured, scores = self._measured(job, computation, children)
            data = read_all(measurement.report_descriptor)
        measured.ledger.container = facts.frames
        if not isinstance(clip.distorted, Encode):
            measured.ledger.container_distorted = facts.frames
        report, data = _accepted(measured, data, scores, computation, timeout)
        return Scored(
            report=report,
            report_bytes=data,
            kernels=computation.kernels,
            facts=facts,
            ledger=measured.ledger,
            run=measured.run,
            encoded_bytes=measured.encoded_bytes,
        )

    def _compile(self, clip: Clip, computation: Computation, children: Children) -> None:
        """Have the kernels compiled, if a clip needs some. Raises as `Acceleration.admit` does."""
        if self.acceleration and computation.kernels:
            acceleration, bits = self.acceleration, BIT_DEPTHS[clip.pixel_format]
            acceleration.admit(
                bits, lambda: compiled(acceleration, clip.key, bits), children.refuse_if_stopped
            )

    def _will_check(self, clip: Clip, facts: VideoFacts, computation: Computation) -> bool:
        """Say whether kernels may still have to be held against libvmaf on a clip's frames."""
        if not (computation.kernels and self.acceleration):
            return False
        kind = kind_of_check(computation.kernels, frames_of(clip, facts))
        return not self.acceleration.has_checked(kind)

    def _measured(
        self, job: Job, computation: Computation, children: Children
    ) -> tuple[Measured, Sequence[Scores]]:
        """Run the program, and kernels beside it where some are wanted."""
        if not (computation.kernels and self.acceleration):
            return self.program.run(job, children), ()
        beside = Beside(self.acceleration, self.program, job, computation.kernels, children)
        with beside.running() as coming:
            measured = self.program.run(beside.job, children)
            scores = beside.scores(coming, ended_well=measured.run.ended_well)
        measured.ledger.accelerated = len(scores)
        return measured, scores


def _accepted(
    measured: Measured,
    data: bytes,
    scores: Sequence[Scores],
    computation: Computation,
    timeout: float,
) -> tuple[Report, bytes]:
    """Parse, add the kernels' scores, accept; an error has the process's end and the ledger."""
    run, ledger = measured.run, measured.ledger
    try:
        report, expected = _parsed(run, data, timeout), computation.expected
        ledger.scored = len(report.metrics)
        if len(scores) == ledger.scored:
            report, data = merged(data, scores)
            expected |= computation.kernels
        accept(report, frames=ledger.container or 0, expected=expected)
        if disagreement := ledger.disagreement():
            raise ReportRefusedError("accept", f"frame counts disagree: {disagreement}")
    except ClipError as error:
        raise replace(
            error,
            exit_code_of_process=run.exit_code,
            signal=run.signal,
            stderr_tail=run.stderr_tail,
            frames=ledger.counts(),
        ) from error
    return report, data


def _parsed(run: ProcessRun, data: bytes, timeout: float) -> Report:
    if run.timed_out:
        reason = f"{run.program}: timed out after {timeout:g} s; set clip_timeout"
        raise ClipError("run", reason)
    if not run.ended_well:
        raise ClipError("run", f"{run.program}: {run.describe()}")
    return parse_report(data)


def _facts(clip: Clip, inputs: Sequence[OpenedInput]) -> VideoFacts:
    """Probe the reference, and the distorted video where there is one; both must agree."""
    reference = probe(clip.reference, inputs[0])
    if isinstance(clip.distorted, Encode):
        return reference
    distorted = probe(clip.distorted, inputs[1])
    if (reference.width, reference.height) != (distorted.width, distorted.height):
        raise ClipError(
            "probe",
            f"reference is {reference.width}x{reference.height}, "
            f"distorted {distorted.width}x{distorted.height}",
        )
    if reference.frames != distorted.frames:
        raise ClipError(
            "probe",
            f"reference has {reference.frames} frames, distorted {distorted.frames}",
            frames={"container": reference.frames, "container_distorted": distorted.frames},
        )
    return reference


def _check_samples(clip: Clip, children: Children) -> None:
    """Refuse raw files whose samples are not of the bit depth that the clip says."""
    for video in (clip.reference, clip.distorted):
        if isinstance(video, RawVideo):
            check_depth(video, children.refuse_if_stopped)


def _default_timeout(facts: VideoFacts) -> float:
    megapixels = facts.width * facts.height * facts.frames / 1e6
    return STARTUP_SECONDS + SECONDS_PER_MEGAPIXEL * megapixels
