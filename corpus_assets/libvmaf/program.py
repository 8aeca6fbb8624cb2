"""What every libvmaf program offers to the engine: who it is, a trial, and running one clip."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.corpora.clip import Clip, OpenedInput
    from corpus_assets.libvmaf.binary import Binary
    from corpus_assets.libvmaf.ledger import FrameLedger
    from corpus_assets.libvmaf.measurement import Measurement
    from corpus_assets.libvmaf.process import Children, ProcessRun
    from corpus_assets.libvmaf.raw import VideoFacts


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """The ffmpeg that decodes and encodes for a program that cannot do it itself."""

    binary: Binary
    version: str


@dataclass(frozen=True, slots=True)
class Job:
    """One clip, ready to be measured: `inputs` are the opened sources in the clip's order.

    `timeout` is in seconds from now, for all processes that the clip takes together.
    """

    clip: Clip
    inputs: Sequence[OpenedInput]
    facts: VideoFacts
    measurement: Measurement
    timeout: float
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds_left(self) -> float:
        """What is left of the time-out; a process that gets nothing of it is ended at once."""
        return max(0.0, self.started + self.timeout - time.monotonic())


@dataclass(frozen=True, slots=True)
class Measured:
    """What a program did with a job; the report is in the job's measurement.

    The ledger holds what the program's log says; `encoded_bytes` only where it encoded.
    """

    run: ProcessRun
    ledger: FrameLedger
    encoded_bytes: int | None = None


class Program(Protocol):
    """Runs libvmaf in a process of its own."""

    @property
    def kind(self) -> str:
        """The short name of this kind of program."""

    @property
    def binary(self) -> Binary:
        """The program's file. Raises EngineError."""

    @property
    def version(self) -> str:
        """What the program says of its version. Raises EngineError when it is another program."""

    @property
    def encoder(self) -> EncoderIdentity | None:
        """The other program that makes distorted sides, where there is one."""

    def try_out(
        self, measurement: Measurement, size: tuple[int, int], children: Children
    ) -> ProcessRun:
        """Score two made-up frames. Raises EngineError when it cannot be started."""

    def run(self, job: Job, children: Children) -> Measured:
        """Score one clip. Raises ClipError for input that this program cannot take."""
