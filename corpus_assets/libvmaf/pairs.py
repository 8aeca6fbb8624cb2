"""Pairs of raw frames, one after the other: each is gone when the next is asked for.

Files are read, not mapped: a mapped file that is cut short while it is scored would end the whole
process (SIGBUS), and reading takes a fifth of a millisecond more for a pair of 1920x1080.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import numpy as np

from corpus_assets.errors import ClipError
from corpus_assets.kernels.frames import SAMPLES, Frame, FrameFormat

if TYPE_CHECKING:
    from collections.abc import Generator

    from corpus_assets.corpora.clip import RawVideo

Pair: TypeAlias = tuple[Frame, Frame]
"""The planes of a reference frame, and of its distorted one."""
Samples: TypeAlias = np.ndarray[Any, np.dtype[Any]]
PIPE_BYTES = 1 << 20
"""The most that Linux lets anybody have (pipe(7))."""


def pairs_of_files(
    reference: RawVideo, distorted: RawVideo, frames: FrameFormat
) -> Generator[Pair]:
    """Yield the pairs of two raw files until one of them ends. Raises ClipError."""
    both = [_empty(frames, 1), _empty(frames, 1)]
    with reference.source.open() as first, distorted.source.open() as second:
        names = reference.source.name, distorted.source.name
        while _filled(first, both[0], names[0]) and _filled(second, both[1], names[1]):
            yield _planes(both[0], frames), _planes(both[1], frames)


def pairs_of_pipe(pipe: BinaryIO, frames: FrameFormat) -> Generator[Pair]:
    """Yield the pairs that come out of a pipe, each reference frame with its distorted one below.

    Raises ClipError.
    """
    stacked = _empty(frames, 2)
    while _filled(pipe, stacked, "the pipe of frames"):
        yield _halves(_planes(stacked, frames))


def copied(pair: Pair) -> Pair:
    """Return a pair that stays."""
    (y, u, v), (y2, u2, v2) = pair
    return (y.copy(), u.copy(), v.copy()), (y2.copy(), u2.copy(), v2.copy())


def _empty(frames: FrameFormat, count: int) -> Samples:
    return np.empty(count * frames.width * frames.height * 3 // 2, SAMPLES[frames.bits])


def _filled(file: BinaryIO, samples: Samples, name: str) -> bool:
    """Read as many samples as there is place for, and say whether there were as many."""
    rest = samples.view(np.uint8).data
    try:
        while rest and (count := file.readinto(rest)):  # type: ignore[attr-defined] # raw or not
            rest = rest[count:]
    except OSError as error:
        raise ClipError("read", f"{error.strerror}: {name}") from error
    return not rest


def _planes(samples: Samples, frames: FrameFormat) -> Frame:
    """Split samples into Y, U and V, of one frame or of some that stand one below the other."""
    luma = len(samples) * 2 // 3
    y, u, v = np.split(samples, (luma, luma + luma // 4))
    half = frames.width // 2
    return y.reshape(-1, frames.width), u.reshape(-1, half), v.reshape(-1, half)


def _halves(frame: Frame) -> Pair:
    (y, u, v), rows = frame, [len(plane) // 2 for plane in frame]
    upper = y[: rows[0]], u[: rows[1]], v[: rows[2]]
    lower = y[rows[0] :], u[rows[1] :], v[rows[2] :]
    return upper, lower


def open_pipe() -> tuple[BinaryIO, int]:
    """Return the ends of a pipe that holds as much as Linux lets it, where this is Linux."""
    read, write = os.pipe()
    with contextlib.suppress(OSError, AttributeError):  # it is only faster
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return os.fdopen(read, "rb", buffering=0), write
