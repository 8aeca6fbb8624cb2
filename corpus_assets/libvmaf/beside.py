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
from typing import TYPE_CHECKING

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

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.libvmaf.acceleration import Acceleration
    from corpus_assets.libvmaf.pairs import Pair
    from corpus_assets.libvmaf.process import Children
    from corpus_assets.libvmaf.program import Job, Program
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
        self._columns, bits = columns, BIT_DEPTHS[job.clip.pixel_format]
        self._frames = FrameFormat(job.facts.width, job.facts.height, bits)
        self._check = SelfCheck(program, job, self._frames, columns, children)
        self._stopped = threading.Event()
        self.job, self._pairs = _opened(job, self._frames)

    @contextlib.contextmanager
    def running(self) -> Iterator[Future[Sequence[Scores]]]:
        """Score in a thread while the context lasts, and give what will come of it.

        Raises AccelerationOffError or EngineError where the kernels may not be used.
        """
        with contextlib.closing(self._pairs), ThreadPoolExecutor(1, "kernels") as thread:
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

    def _score(self, first: Sequence[Pair] | None) -> Sequence[Scores]:
        """Score every pair; whatever ends it, the process gets no further with its own."""
        with contextlib.closing(self._pairs):
            first = self._admitted() if first is None else first
            kernels = self._acceleration.load()
            metrics = FrameMetrics(kernels, self._frames, self._columns)
            return [metrics.score(*pair) for pair in self._until_stopped(first)]

    def _until_stopped(self, first: Sequence[Pair]) -> Iterator[Pair]:
        try:
            for pair in itertools.chain(first, self._pairs):
                self._children.refuse_if_stopped()
                if self._stopped.is_set():
                    return
                yield pair
        except OSError as error:
            raise ClipError("read", f"{error.strerror}: {self.job.clip.key}") from error

    def _admitted(self) -> Sequence[Pair]:
        """Hold kernels against libvmaf, unless that was done, on the first pairs; return them."""
        kind = kind_of_check(self._columns, self.job.clip)
        first: Sequence[Pair] = ()
        if not self._acceleration.has_checked(kind):
            first = [copied(pair) for pair in itertools.islice(self._pairs, CHECKED_FRAMES)]
            if not first:  # the process has failed, and will say why
                return first
        wait = self._children.refuse_if_stopped
        self._acceleration.admit(kind, lambda: self._check(self._acceleration, first), wait)
        return first


def kind_of_check(columns: frozenset[str], clip: Clip) -> object:
    """Return what needs to be checked once: columns of kernels, and a depth of samples."""
    return columns, BIT_DEPTHS[clip.pixel_format]


def _opened(job: Job, frames: FrameFormat) -> tuple[Job, Generator[Pair]]:
    """Find the raw files that the frames are in, or open a pipe that brings them."""
    reference, distorted = job.clip.reference, job.clip.distorted
    if isinstance(reference, RawVideo) and isinstance(distorted, RawVideo):
        return job, pairs_of_files(reference, distorted, frames)
    read, write = open_pipe()
    measurement = replace(job.measurement, pairs_descriptor=write)
    return replace(job, measurement=measurement), pairs_of_pipe(read, frames)
