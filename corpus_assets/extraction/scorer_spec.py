"""What a scorer is made of, as values: another process makes an equal one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus_assets.extraction.cache import ReportCache
from corpus_assets.extraction.scorer import CachePolicy, ClipScorer
from corpus_assets.extraction.workers import available_processors
from corpus_assets.libvmaf.acceleration import acceleration
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.libvmaf.ffmpeg import FfmpegProgram, embedded_ffmpeg
from corpus_assets.libvmaf.room import room_of_this_machine
from corpus_assets.libvmaf.trials import Trials
from corpus_assets.libvmaf.vmaf_tool import VmafTool

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.libvmaf.acceleration import Accelerate
    from corpus_assets.libvmaf.features import FeatureSet
    from corpus_assets.libvmaf.model import Model
    from corpus_assets.libvmaf.program import Program


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """Programs, model, features, limits and cache of a scorer.

    `ffmpeg` is None for the embedded one, wherever that is installed. `memory` is in bytes, None
    for a share of the machine's; `slots` is how many clips all runs score at once on a machine, if
    that is more than its processors. `kernels_dir` keeps the machine code of kernels; without, it
    is made anew in every process.
    """

    ffmpeg: str | None
    vmaf_bin: str | None
    model: Model
    features: FeatureSet
    clip_timeout: float | None
    memory: int | None
    slots: int
    trials_dir: Path | None
    cache_dir: Path
    policy: CachePolicy
    accelerate: Accelerate
    kernels_dir: Path | None

    @property
    def program(self) -> Program:
        """The program that runs libvmaf. Raises EngineError."""
        ffmpeg = FfmpegProgram(self.ffmpeg or embedded_ffmpeg())
        return VmafTool(self.vmaf_bin, ffmpeg) if self.vmaf_bin else ffmpeg

    def engine(self) -> Engine:
        """Return the engine, for this machine. Raises EngineError."""
        room = room_of_this_machine(max(self.slots, available_processors()), self.memory)
        trials = Trials(self.program, self.trials_dir)
        fit = self.vmaf_bin is None
        kernels = acceleration(self.accelerate, self.kernels_dir, kernels_fit=fit)
        return Engine(trials, self.model, self.features, self.clip_timeout, room, kernels)

    def scorer(self, engine: Engine) -> ClipScorer:
        """Return what turns clips into outcomes."""
        return ClipScorer(engine, ReportCache(str(self.cache_dir)), self.policy)
