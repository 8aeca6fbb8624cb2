"""The user's own `vmaf` command-line tool, for builds with other extractors.

It reads raw frames only. A raw pair is given to it as it is; otherwise ffmpeg decodes, and encodes
where the distorted side is an encode, and the frames reach `vmaf` through pipes. A build that
cannot read pipes gets unnamed scratch files, which are gone with the process that holds them.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.corpora.clip import Encode, RawVideo
from corpus_assets.descriptors import memory_file, path_of, read_all, write_all
from corpus_assets.errors import ClipError, EngineError
from corpus_assets.libvmaf.binary import Binary, output_of, read_binary
from corpus_assets.libvmaf.command import encoded_frames_arguments, frames_arguments
from corpus_assets.libvmaf.ledger import FrameLedger, LogCounts
from corpus_assets.libvmaf.measurement import measuring
from corpus_assets.libvmaf.process import Children
from corpus_assets.libvmaf.program import EncoderIdentity, Measured
from corpus_assets.libvmaf.raw import BIT_DEPTHS
from corpus_assets.libvmaf.report import parse_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.libvmaf.ffmpeg import FfmpegProgram
    from corpus_assets.libvmaf.measurement import Measurement
    from corpus_assets.libvmaf.model import Model
    from corpus_assets.libvmaf.process import ProcessRun
    from corpus_assets.libvmaf.program import Job

TRIAL_SECONDS = 60.0
TRIAL_FRAMES = 2
PIPE_TRIAL_SIZE = (64, 64)
"""Small enough for both frames to fit into a pipe that nobody reads yet."""
REMEDY = "set vmaf_bin or VMAF_BIN to libvmaf's vmaf tool (2.0 or newer), or unset it"
NEEDED = (
    *("reference", "distorted", "width", "height", "pixel_format", "bitdepth"),
    *("model", "feature", "json", "output"),
)
WHERE_KNOWN = {"threads": ("--threads", "1"), "quiet": ("--quiet",)}
OPTION = re.compile(r"--([a-z_]+)")
BROKEN_PIPE = "Broken pipe"


@dataclass(frozen=True, slots=True)
class _Frames:
    """Raw frames as `vmaf` is told of them."""

    reference: str
    distorted: str
    size: tuple[int, int]
    pixel_format: str


@dataclass(frozen=True, slots=True)
class _Fed:
    """An ffmpeg that made raw frames, and what its log counted."""

    run: ProcessRun
    counts: LogCounts


@dataclass(frozen=True)
class VmafTool:
    """Runs the `vmaf` called `name`, a path or a name on PATH; `ffmpeg` makes frames for it."""

    name: str
    ffmpeg: FfmpegProgram
    _pipes: dict[str, bool] = field(default_factory=dict, compare=False)
    kind = "vmaf"

    @cached_property
    def binary(self) -> Binary:
        """The program's file."""
        return read_binary(self.name, REMEDY)

    @cached_property
    def version(self) -> str:
        """What `vmaf --version` prints."""
        lines = output_of([self.binary.path, "--version"], REMEDY).splitlines()
        return lines[0].strip() if lines else "unknown"

    @cached_property
    def encoder(self) -> EncoderIdentity:
        """The ffmpeg that makes frames."""
        return EncoderIdentity(self.ffmpeg.binary, self.ffmpeg.version)

    @cached_property
    def options(self) -> frozenset[str]:
        """The long options that `vmaf --help` lists. Raises EngineError when one is missing."""
        text = output_of([self.binary.path, "--help"], REMEDY)
        options = frozenset(OPTION.findall(text))
        if missing := [name for name in NEEDED if name not in options]:
            raise EngineError(
                f"{self.binary.path} has no option --{missing[0]}, so that it is not libvmaf's "
                f"vmaf tool; {REMEDY}"
            )
        return options

    def try_out(
        self, measurement: Measurement, size: tuple[int, int], children: Children
    ) -> ProcessRun:
        """Score two made-up frames."""
        with memory_file("reference") as reference, memory_file("distorted") as distorted:
            for file in (reference, distorted):
                write_all(file, _made_up_frames(size))
            frames = _Frames(path_of(reference), path_of(distorted), size, "yuv420p")
            return children.run(
                self._command(frames, measurement),
                descriptors=(reference, distorted, *measurement.descriptors),
                timeout=TRIAL_SECONDS,
            )

    def run(self, job: Job, children: Children) -> Measured:
        """Score one clip: raw files as they are, all else through ffmpeg."""
        if job.clip.pixel_format not in BIT_DEPTHS:
            raise ClipError("run", f"vmaf cannot be told of {job.clip.pixel_format} frames")
        if paths := _plain_files(job):
            frames = _frames_of(job, *paths)
            run = children.run(
                self._command(frames, job.measurement),
                descriptors=job.measurement.descriptors,
                timeout=job.seconds_left,
            )
            return Measured(run, FrameLedger())
        if self._reads_pipes(job.measurement.model):
            return self._through_pipes(job, children)
        return self._through_files(job, children)

    def _reads_pipes(self, model: Model) -> bool:
        """Whether this build scores frames that come through pipes, learnt once."""
        if model.identity not in self._pipes:
            self._pipes[model.identity] = self._try_pipes(model)
        return self._pipes[model.identity]

    def _try_pipes(self, model: Model) -> bool:
        with measuring(model, ()) as measurement:
            ends = [os.pipe(), os.pipe()]
            for _, write_end in ends:
                os.write(write_end, _made_up_frames(PIPE_TRIAL_SIZE))
                os.close(write_end)
            reads = [read_end for read_end, _ in ends]
            frames = _Frames(path_of(reads[0]), path_of(reads[1]), PIPE_TRIAL_SIZE, "yuv420p")
            run = Children().run(
                self._command(frames, measurement),
                descriptors=measurement.descriptors,
                handed_over=reads,
                timeout=TRIAL_SECONDS,
            )
            data = read_all(measurement.report_descriptor)
        try:
            return run.ended_well and len(parse_report(data).metrics) == TRIAL_FRAMES
        except ClipError:
            return False

    def _through_pipes(self, job: Job, children: Children) -> Measured:
        """Run both ffmpegs and `vmaf` side by side; whoever ends early ends the others."""
        reference, distorted = os.pipe(), os.pipe()
        reads = [reference[0], distorted[0]]
        frames = _frames_of(job, *map(path_of, reads))
        with ThreadPoolExecutor(2) as pool:
            fed = [
                pool.submit(self._feed, job, side, children, end, pipe=True)
                for side, end in enumerate((reference[1], distorted[1]))
            ]
            run = children.run(
                self._command(frames, job.measurement),
                descriptors=job.measurement.descriptors,
                handed_over=reads,
                timeout=job.seconds_left,
            )
            return _measured(run, [future.result() for future in fed])

    def _through_files(self, job: Job, children: Children) -> Measured:
        """Let the ffmpegs write unnamed files, then run `vmaf` on these."""
        _check_scratch(job)
        with tempfile.TemporaryFile() as reference, tempfile.TemporaryFile() as distorted:
            files = [reference.fileno(), distorted.fileno()]
            fed = [
                self._feed(job, side, children, file, pipe=False) for side, file in enumerate(files)
            ]
            frames = _frames_of(job, *map(path_of, files))
            run = children.run(
                self._command(frames, job.measurement),
                descriptors=[*files, *job.measurement.descriptors],
                timeout=job.seconds_left,
            )
        return _measured(run, fed)

    def _feed(self, job: Job, side: int, children: Children, output: int, *, pipe: bool) -> _Fed:
        """Write the raw frames of the reference (side 0) or the distorted side to a descriptor."""
        opened = job.inputs[min(side, len(job.inputs) - 1)]
        counts = LogCounts()
        run = children.run(
            [self.ffmpeg.binary.path, *_feed_arguments(job, side, f"file:{path_of(output)}")],
            descriptors=opened.descriptors if pipe else (*opened.descriptors, output),
            handed_over=(output,) if pipe else (),
            timeout=job.seconds_left,
            on_line=counts,
        )
        return _Fed(run, counts)

    def _command(self, frames: _Frames, measurement: Measurement) -> list[str]:
        known = (WHERE_KNOWN[name] for name in WHERE_KNOWN if name in self.options)
        return [
            *(self.binary.path, "--reference", frames.reference, "--distorted", frames.distorted),
            *("--width", str(frames.size[0]), "--height", str(frames.size[1])),
            *("--pixel_format", "420", "--bitdepth", str(BIT_DEPTHS[frames.pixel_format])),
            *("--model", measurement.model_option),
            *(part for name in measurement.extractors for part in ("--feature", name)),
            *("--json", "--output", measurement.report_path),
            *(part for option in known for part in option),
        ]


def _check_scratch(job: Job) -> None:
    """Refuse a clip whose raw frames do not fit into the folder of scratch files."""
    facts, clip, folder = job.facts, job.clip, tempfile.gettempdir()
    frame = RawVideo(
        clip.reference.source, facts.width, facts.height, clip.pixel_format, facts.frame_rate
    ).frame_bytes
    need, free = 2 * frame * facts.frames, shutil.disk_usage(folder).free
    if need > free:
        raise ClipError(
            "run",
            f"{need / 1e6:.1f} MB of raw frames do not fit into {folder}, where "
            f"{free / 1e6:.1f} MB are free; set TMPDIR to a larger folder, or use a vmaf that "
            "reads pipes",
        )


def _feed_arguments(job: Job, side: int, target: str) -> list[str]:
    clip = job.clip
    if side == 0:
        return frames_arguments(clip.reference, job.inputs[0], clip.pixel_format, target)
    if isinstance(clip.distorted, Encode):
        return encoded_frames_arguments(clip, clip.distorted, job.inputs[0], job.facts, target)
    return frames_arguments(clip.distorted, job.inputs[1], clip.pixel_format, target)


def _plain_files(job: Job) -> list[str]:
    """Return the paths of both sides where they are raw files, else nothing."""
    videos = (job.clip.reference, job.clip.distorted)
    if not all(isinstance(video, RawVideo) for video in videos):
        return []
    if any(opened.protocols != ("file",) for opened in job.inputs):
        return []
    return [opened.url.removeprefix("file:") for opened in job.inputs]


def _frames_of(job: Job, reference: str, distorted: str) -> _Frames:
    size = (job.facts.width, job.facts.height)
    return _Frames(reference, distorted, size, job.clip.pixel_format)


def _measured(run: ProcessRun, fed: Sequence[_Fed]) -> Measured:
    """Return the run that decides: whoever failed by itself, not because another went away."""
    reference, distorted = fed
    failed = [side.run for side in fed if not side.run.ended_well]
    causes = [side for side in failed if not any(BROKEN_PIPE in line for line in side.stderr_tail)]
    decisive = [*causes, *([] if run.ended_well else [run]), *failed, run][0]
    ledger = FrameLedger(
        decoded_reference=reference.counts.written.get(0),
        decoded_distorted=max(distorted.counts.written.items(), default=(0, None))[1],
    )
    return Measured(decisive, ledger, distorted.counts.muxed.get(0))


def _made_up_frames(size: tuple[int, int]) -> bytes:
    """Return two 4:2:0 frames of 8 bit, a ramp that moves."""
    width, height = size
    samples = width * height * 3 // 2
    ramp = np.arange(samples + TRIAL_FRAMES, dtype=np.uint32) * 7
    frames = [(ramp[number : number + samples] % 251) for number in range(TRIAL_FRAMES)]
    return np.concatenate(frames).astype(np.uint8).tobytes()
