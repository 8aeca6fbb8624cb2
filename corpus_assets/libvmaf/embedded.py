"""The embedded engine: an ffmpeg with libvmaf and libx264 inside, one process a clip."""

from __future__ import annotations

import contextlib
import re
import subprocess
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.corpora.clip import Encode
from corpus_assets.errors import ClipError, EngineError, ReportRefusedError
from corpus_assets.files import sha256_of_file
from corpus_assets.libvmaf.command import Measurement, score_arguments, synthetic_arguments
from corpus_assets.libvmaf.descriptors import memory_file, opened_file, read_all
from corpus_assets.libvmaf.engine import EngineIdentity, Scored
from corpus_assets.libvmaf.ledger import FrameLedger, LedgerReader
from corpus_assets.libvmaf.probe import VideoFacts, probe
from corpus_assets.libvmaf.process import Children, ProcessRun
from corpus_assets.libvmaf.report import Report, accept, parse_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from corpus_assets.corpora.clip import Clip, OpenedInput
    from corpus_assets.libvmaf.features import FeatureSet
    from corpus_assets.libvmaf.model import Model

KIND = "ffmpeg"
PROBE_SECONDS = 60.0
STARTUP_SECONDS = 120.0
SECONDS_PER_MEGAPIXEL = 10.0
"""Time-out: some hundred times what canonical6 takes on an idle core (about 0.03 s)."""
REMEDY = (
    "set CORPUS_ASSETS_FFMPEG to an ffmpeg 7.1 or newer with libvmaf and libx264, "
    "or unset it to use the embedded one"
)


@dataclass(frozen=True)
class FfmpegEngine:
    """Scores clips with the ffmpeg at `binary`."""

    binary: str
    model: Model
    features: FeatureSet

    @cached_property
    def identity(self) -> EngineIdentity:
        """Hash the binary and ask for its versions. Raises EngineError."""
        return EngineIdentity(
            kind=KIND,
            binary=self.binary,
            binary_sha256=_binary_digest(self.binary),
            version=_ffmpeg_version(self.binary),
            libvmaf_version=self._probed.version,
        )

    @property
    def report_keys(self) -> frozenset[str]:
        """The metric keys of this binary with this model and these extractors."""
        return self._probed.keys

    @cached_property
    def _probed(self) -> Report:
        """Score two made-up frames. Raises EngineError naming what the binary lacks."""
        children = Children()
        try:
            with self._measuring() as measurement:
                arguments = synthetic_arguments(measurement, encoder="libx264")
                run = _run(children, self.binary, arguments, _inherited(measurement), PROBE_SECONDS)
                report = _report_of(run, read_all(measurement.report_descriptor))
        except (OSError, ClipError) as error:
            tail = "; ".join(getattr(error, "stderr_tail", ())[:2])
            raise EngineError(
                f"{self.binary} cannot score with model {self.model.name}: {error} {tail}\n{REMEDY}"
            ) from error
        if absent := sorted(set(self.features.report_keys.values()) - report.keys):
            raise EngineError(
                f"model {self.model.name} with this libvmaf does not report {', '.join(absent)}"
            )
        return report

    def score(self, clip: Clip, children: Children) -> Scored:
        """Score one clip in one process; see `Engine.score`."""
        with contextlib.ExitStack() as stack:
            inputs = [stack.enter_context(source.opened()) for source in clip.sources]
            facts = _facts(clip, inputs)
            measurement = stack.enter_context(self._measuring())
            ledger = FrameLedger(container=facts.frames)
            reader = LedgerReader(ledger, encoded=isinstance(clip.distorted, Encode))
            run = children.run(
                [self.binary, *score_arguments(clip, inputs, facts, measurement)],
                descriptors=[*_inherited(measurement), *(d for i in inputs for d in i.descriptors)],
                timeout=STARTUP_SECONDS + SECONDS_PER_MEGAPIXEL * _megapixels(facts),
                on_line=reader,
            )
            data = read_all(measurement.report_descriptor)
        report = self._accepted(run, data, ledger)
        return Scored(report, data, facts, ledger, run, reader.encoded_bytes)

    def _accepted(self, run: ProcessRun, data: bytes, ledger: FrameLedger) -> Report:
        """Parse and accept; an error carries how the process ended and the frame ledger."""
        try:
            report = _report_of(run, data)
            ledger.scored = len(report.metrics)
            accept(
                report,
                frames=ledger.container or 0,
                expected=self.report_keys,
                needed=tuple(self.features.report_keys.values()),
            )
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
        return report

    @contextlib.contextmanager
    def _measuring(self) -> Iterator[Measurement]:
        """Open a memory file for the report, and the model where it is a file."""
        with contextlib.ExitStack() as stack:
            report = stack.enter_context(memory_file("report"))
            model = None
            if self.model.path:
                model = stack.enter_context(opened_file(self.model.path))
            yield Measurement(self.model, self.features.extractors, report, model)


def embedded_ffmpeg() -> str:
    """Return the path of the ffmpeg that imageio-ffmpeg ships. Raises EngineError."""
    import imageio_ffmpeg  # noqa: PLC0415 (only when no other ffmpeg is configured)

    package = Path(imageio_ffmpeg.__file__).parent / "binaries"
    shipped = sorted(package.glob("ffmpeg-*"))
    if not shipped:
        raise EngineError(f"imageio-ffmpeg has no ffmpeg for this platform; {REMEDY}")
    return str(shipped[0])


def _inherited(measurement: Measurement) -> list[int]:
    model = measurement.model_descriptor
    return [measurement.report_descriptor, *([] if model is None else [model])]


def _run(
    children: Children, binary: str, arguments: Sequence[str], fds: Sequence[int], timeout: float
) -> ProcessRun:
    return children.run([binary, *arguments], descriptors=fds, timeout=timeout)


def _report_of(run: ProcessRun, data: bytes) -> Report:
    """Parse the report of a process that ended well. Raises ClipError."""
    if not run.ended_well:
        raise ClipError(
            "run", f"ffmpeg: {run.describe()}", run.exit_code, run.signal, run.stderr_tail
        )
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
            frames={"reference": reference.frames, "distorted": distorted.frames},
        )
    return reference


def _megapixels(facts: VideoFacts) -> float:
    return facts.width * facts.height * facts.frames / 1e6


def _binary_digest(binary: str) -> str:
    try:
        return sha256_of_file(binary)
    except OSError as error:
        raise EngineError(f"{binary}: {error.strerror}; {REMEDY}") from error


def _ffmpeg_version(binary: str) -> str:
    try:
        done = subprocess.run(
            [binary, "-version"], capture_output=True, timeout=PROBE_SECONDS, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(f"{binary} does not run: {error}; {REMEDY}") from error
    found = re.match(r"ffmpeg version (\S+)", done.stdout)
    if not found:
        raise EngineError(f"{binary} is not ffmpeg; {REMEDY}")
    return found[1]
