"""Raw planar frames: nothing in the file says what it is, so that size and samples are checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.errors import ClipError

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from corpus_assets.corpora.clip import RawVideo

BIT_DEPTHS = {"yuv420p": 8, "yuv420p10le": 10}
LARGEST_10_BIT = 1023
GEOMETRY_REMEDY = "set width, height and pix_fmt to what the file holds"

MOST_FRAMES = 1_000_000
"""Four hours and a half at 60 frames a second."""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """Geometry and length of a video; `frames` is what a correct decode gives."""

    width: int
    height: int
    frame_rate: Fraction
    frames: int
    pixel_format: str


def raw_facts(video: RawVideo) -> VideoFacts:
    """Return the facts of a raw file. Raises ClipError unless it is a whole number of frames."""
    size = video.source.stamp().size
    frames, rest = divmod(size, video.frame_bytes)
    if rest or not frames:
        raise ClipError(
            "probe",
            f"{video.source.name}: {size} bytes are not a whole number of {video.width}x"
            f"{video.height} {video.pixel_format} frames of {video.frame_bytes} bytes; "
            f"{GEOMETRY_REMEDY}",
        )
    return VideoFacts(video.width, video.height, video.frame_rate, frames, video.pixel_format)


def check_depth(video: RawVideo, check: Callable[[], None]) -> None:
    """Look at the samples of a raw file. Raises ClipError when they are not of its bit depth.

    `check` is called before each frame of 10 bit, and may raise to end it.

    10 bit: no sample may be larger than 1023. 8 bit: a first frame in which every second byte is
    at most 3 holds 16-bit words with 10-bit samples.
    """
    try:
        with video.source.open() as file:
            if video.pixel_format == "yuv420p":
                _check_8_bit(video, file.read(video.frame_bytes))
            else:
                for number, frame in enumerate(iter(lambda: file.read(video.frame_bytes), b"")):
                    check()
                    _check_10_bit(video, number, frame)
    except OSError as error:
        raise ClipError("read", f"{error.strerror}: {video.source.name}") from error


def _check_8_bit(video: RawVideo, frame: bytes) -> None:
    samples = np.frombuffer(frame, np.uint8)
    if samples.any() and samples[1::2].max() <= LARGEST_10_BIT >> 8:
        raise ClipError(
            "probe", f"{video.source.name} holds 10-bit samples, read as 8 bit; {GEOMETRY_REMEDY}"
        )


def _check_10_bit(video: RawVideo, number: int, frame: bytes) -> None:
    largest = int(np.frombuffer(frame, "<u2").max())
    if largest > LARGEST_10_BIT:
        raise ClipError(
            "probe",
            f"{video.source.name}: frame {number} has a sample of {largest}, and 10-bit "
            f"samples are {LARGEST_10_BIT} at most; {GEOMETRY_REMEDY}",
        )
