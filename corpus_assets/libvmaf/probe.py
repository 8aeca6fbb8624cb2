"""What a video is: geometry and length, and whether they are such as can be scored."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from corpus_assets.corpora.clip import RawVideo
from corpus_assets.errors import ClipError
from corpus_assets.libvmaf.command import LARGEST_PICTURE
from corpus_assets.libvmaf.raw import MOST_FRAMES, VideoFacts, raw_facts

if TYPE_CHECKING:
    from corpus_assets.corpora.clip import ContainerVideo, OpenedInput, Video

SMALLEST_SIDE = 17
"""libvmaf's adm and vif read out of bounds below this many pixels a side."""
LARGEST_SIDE = 16384
SLOWEST, FASTEST = Fraction(1, 60), Fraction(1000)
"""Frames a second."""


def probe(video: Video, opened: OpenedInput) -> VideoFacts:
    """Return the facts of a video. Raises ClipError when it is not what it should be."""
    try:
        facts = raw_facts(video) if isinstance(video, RawVideo) else _in_container(video, opened)
    except OSError as error:
        raise ClipError("read", f"{error.strerror}: {video.source.name}") from error
    _check(facts)
    return facts


def _in_container(video: ContainerVideo, opened: OpenedInput) -> VideoFacts:
    from corpus_assets.libvmaf.container import container_facts  # noqa: PLC0415 (loads PyAV)

    return container_facts(video, opened)


def _check(facts: VideoFacts) -> None:
    size = f"{facts.width}x{facts.height}"
    if min(facts.width, facts.height) < SMALLEST_SIDE:
        raise ClipError("probe", f"{size} is too small for libvmaf: {SMALLEST_SIDE} a side needed")
    if max(facts.width, facts.height) > LARGEST_SIDE:
        raise ClipError("probe", f"{size} is larger than {LARGEST_SIDE} a side")
    if facts.width * facts.height > LARGEST_PICTURE:
        raise ClipError("probe", f"{size} has more than {LARGEST_PICTURE} pixels")
    if facts.width % 2 or facts.height % 2:
        raise ClipError("probe", f"{size} is odd: 4:2:0 needs even width and height")
    if not facts.frames:
        raise ClipError("probe", "the video stream holds no frame")
    if facts.frames > MOST_FRAMES:
        raise ClipError("probe", f"{facts.frames} frames are more than {MOST_FRAMES}")
    if not SLOWEST <= facts.frame_rate <= FASTEST:
        rate = f"{facts.frame_rate} frames a second"
        raise ClipError("probe", f"{rate} are not between {SLOWEST} and {FASTEST}")
