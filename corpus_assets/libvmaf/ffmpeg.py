"""The default program: an ffmpeg with libvmaf and libx264 inside, one process a clip."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.corpora.clip import Encode
from corpus_assets.errors import EngineError
from corpus_assets.libvmaf.binary import Binary, output_of, read_binary
from corpus_assets.libvmaf.command import score_arguments, trial_arguments
from corpus_assets.libvmaf.ledger import FrameLedger, LogCounts
from corpus_assets.libvmaf.program import Measured

if TYPE_CHECKING:
    from corpus_assets.libvmaf.measurement import Measurement
    from corpus_assets.libvmaf.process import Children, ProcessRun
    from corpus_assets.libvmaf.program import Job

TRIAL_SECONDS = 60.0
REMEDY = (
    "set CORPUS_ASSETS_FFMPEG to an ffmpeg 7.1 or newer with libvmaf and libx264, "
    "or unset it to use the embedded one"
)
COUNTED_OUTPUT = 2
"""The output that carries the distorted frames past libvmaf, to count them."""


@dataclass(frozen=True)
class FfmpegProgram:
    """Runs libvmaf inside the ffmpeg called `name`, a path or a name on PATH."""

    name: str
    kind = "ffmpeg"
    encoder = None

    @cached_property
    def binary(self) -> Binary:
        """The program's file."""
        return read_binary(self.name, REMEDY)

    @cached_property
    def version(self) -> str:
        """The version that `ffmpeg -version` starts with."""
        found = re.match(r"ffmpeg version (\S+)", output_of([self.binary.path, "-version"], REMEDY))
        if not found:
            raise EngineError(f"{self.name} is not ffmpeg; {REMEDY}")
        return found[1]

    def try_out(
        self, measurement: Measurement, size: tuple[int, int], children: Children
    ) -> ProcessRun:
        """Score two made-up frames."""
        return children.run(
            [self.binary.path, *trial_arguments(measurement, size)],
            descriptors=measurement.descriptors,
            timeout=TRIAL_SECONDS,
        )

    def run(self, job: Job, children: Children) -> Measured:
        """Score one clip in one process."""
        counts = LogCounts()
        arguments = score_arguments(job.clip, job.inputs, job.facts, job.measurement)
        run = children.run(
            [self.binary.path, *arguments],
            descriptors=[
                *job.measurement.descriptors,
                *(descriptor for opened in job.inputs for descriptor in opened.descriptors),
            ],
            handed_over=job.measurement.handed_over,
            timeout=job.seconds_left,
            on_line=counts,
        )
        ledger = FrameLedger(decoded_reference=counts.decoded.get(0))
        if not isinstance(job.clip.distorted, Encode):
            ledger.decoded_distorted = counts.decoded.get(1)
            return Measured(run, ledger)
        ledger.decoded_distorted = counts.written.get(COUNTED_OUTPUT)
        return Measured(run, ledger, counts.muxed.get(0))


def embedded_ffmpeg() -> str:
    """Return the path of the ffmpeg that imageio-ffmpeg ships. Raises EngineError."""
    import imageio_ffmpeg  # noqa: PLC0415 (only when no other ffmpeg is configured)

    package = Path(imageio_ffmpeg.__file__).parent / "binaries"
    shipped = sorted(package.glob("ffmpeg-*"))
    if not shipped:
        raise EngineError(f"imageio-ffmpeg has no ffmpeg for this platform; {REMEDY}")
    return str(shipped[0])
