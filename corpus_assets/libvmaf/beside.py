"""Kernels that score a clip's frames beside the process in which libvmaf does the rest.

Raw files are read a second time. All other frames leave the process by one pipe, a pair at a time:
whoever is slower holds the other up, so that no more than some frames wait.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

from corpus_assets.corpora.clip import RawVideo
from corpus_assets.errors import ClipError
from corpus_assets.kernels.frame_metrics import FrameMetrics
from corpus_assets.kernels.frames import FrameFormat
from corpus_assets.libvmaf.pairs import copied, open_pipe, pairs_of_files, pairs_of_pipe
from corpus_assets.libvmaf.raw import BIT_DEPTHS
from corpus_assets.libvmaf.self_check import SelfCheck

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from concurrent.futures import Future

    from corpus_assets.corpora.clip import Clip, Encode, Video
    from corpus_assets.libvmaf.acceleration import Acceleration
    from corpus_assets.libvmaf.pairs import Pair
    from corpus_assets.libvmaf.process import Children
    from corpus_assets.libvmaf.program import Job, Program
    from corpus_assets.libvmaf.raw import VideoFacts
    from corpus_assets.libvmaf.self_check import Scores

CHECKED_FRAMES = 3
"""Pairs of frames on which kernels are held against libvmaf."""


class Beside:
    """The kernels of one clip, which compute `columns`.

    `job` is what the program must run: the one that was given, and a pipe for pairs of frames where
    these are not in files.
    """

    def __init__(
        self,
        acceleration: Acceleration,
        program: Program,
        job: Job,
        columns: frozenset[str],
        children: Children,
    ) -> None:
        self._acceleration, self._children = acceleration, children
        self._columns, self._frames = columns, frames_of(job.clip, job.facts)
        self._check = SelfCheck(program, job, self._frames, columns, children)
        self._stopped = threading.Event()
        self._files = contextlib.ExitStack()
        self.job, self._pairs = _opened(job, self._frames, self._files)

    @contextlib.contextmanager
    def running(self) -> Iterator[Future[Sequence[Scores]]]:
        """Score in a thread while the context lasts, and give what will come of it.

        Raises AccelerationOffError or EngineError where the kernels may not be used.
        """
        with self._files, ThreadPoolExecutor(1, "kernels") as thread:
            # files are there: no process needs to run before their first frames are checked
            first = None if self.job.measurement.handed_over else self._admitted()
            try:
                yield thread.submit(self._score, first)
            finally:
                self._stopped.set()

    def scores(self, coming: Future[Sequence[Scores]], *, ended_well: bool) -> Sequence[Scores]:
        """Return the scores of all frames after the process has ended; some, where it has failed.

        Raises what `running` does, ClipError where a file cannot be read or time is up, and
        CancelledError.
        """
        if not ended_well:
            self._stopped.set()
        try:
            return coming.result(self.job.seconds_left if ended_well else None)
        except TimeoutError as error:
            reason = f"kernels: timed out after {self.job.timeout:g} s; set clip_timeout"
            raise ClipError("run", reason) from error

    def _score(self, first: list[Pair] | None) -> Sequence[Scores]:
        """Score every pair; whatever ends it, a process that writes to a pipe gets no further."""
        with self._files:
            first = self._admitted() if first is None else first
            metrics = FrameMetrics(self._acceleration.load(), self._frames, self._columns)
            return [metrics.score(*pair) for pair in self._until_stopped(first)]

    def _until_stopped(self, first: list[Pair]) -> Iterator[Pair]:
        for pair in itertools.chain(_taken_out(first), self._pairs):
            self._children.refuse_if_stopped()
            if self._stopped.is_set():
                return
            yield pair

    def _admitted(self) -> list[Pair]:
        """Hold kernels against libvmaf, unless that was done, on the first pairs; return them."""
        kind = kind_of_check(self._columns, self._frames)
        first: list[Pair] = []
        if not self._acceleration.has_checked(kind):
            pairs = itertools.islice(self._until_stopped([]), CHECKED_FRAMES)
            first = [copied(pair) for pair in pairs]
            if not first:  # the process has failed, and will say why
                return first
        wait = self._children.refuse_if_stopped
        self._acceleration.admit(kind, lambda: self._check(self._acceleration, first), wait)
        return first


def frames_of(clip: Clip, facts: VideoFacts) -> FrameFormat:
    """Return what the frames of a clip are like."""
    return FrameFormat(facts.width, facts.height, BIT_DEPTHS[clip.pixel_format])


def kind_of_check(columns: frozenset[str], frames: FrameFormat) -> object:
    """Return what needs to be checked once: columns of kernels, at a size and depth of frames."""
    return columns, frames


def _opened(
    job: Job, frames: FrameFormat, files: contextlib.ExitStack
) -> tuple[Job, Generator[Pair]]:
    """Find the raw files that the frames are in, or open a pipe that brings them.

    `files` closes what is open, whether or not a pair was ever asked for.
    """
    reference, distorted = job.clip.reference, job.clip.distorted
    if _is_raw(reference, job) and _is_raw(distorted, job):
        pairs = pairs_of_files(reference, distorted, frames)
        files.callback(pairs.close)
        return job, pairs
    read, write = open_pipe()
    files.enter_context(read)
    measurement = replace(job.measurement, pairs_descriptor=write)
    return replace(job, measurement=measurement), pairs_of_pipe(read, frames)


def _is_raw(video: Video | Encode, job: Job) -> TypeGuard[RawVideo]:
    """Say whether a file holds just the frames that libvmaf gets."""
    return isinstance(video, RawVideo) and video.pixel_format == job.clip.pixel_format


def _taken_out(pairs: list[Pair]) -> Iterator[Pair]:
    """Yield pairs, and keep none of them in memory."""
    while pairs:
        yield pairs.pop(0)
