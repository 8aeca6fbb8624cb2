"""What a clip is, whatever corpus it comes from.

A clip has a reference video and a distorted side, which is either another video or an encode
of the reference. A video is bytes (a `Source`) in a format (a container, or raw planar frames).
All values are frozen and can be sent to another process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file system says about a file without reading it."""

    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class OpenedInput:
    """How a child process reaches the bytes: a URL, the protocols it needs, inherited files."""

    url: str
    protocols: tuple[str, ...] = ("file",)
    descriptors: tuple[int, ...] = ()


class Source(Protocol):
    """The bytes of one video: a file, or an entry of an archive."""

    @property
    def name(self) -> str:
        """The name within the corpus, with forward slashes."""

    def stamp(self) -> Stamp:
        """Return size, time and inode. Raises OSError, or ClipError when it is no file."""

    def sha256(self, check: Callable[[], None] = lambda: None) -> str:
        """Read all bytes and return their SHA-256; `check` may raise to end it.

        Raises OSError or ClipError.
        """

    def open(self) -> BinaryIO:
        """Open the bytes for reading in this process. Raises OSError or ClipError."""

    def opened(self) -> AbstractContextManager[OpenedInput]:
        """Make the bytes reachable for a child process while the context lasts."""


@dataclass(frozen=True, slots=True)
class ContainerVideo:
    """A video in a container that only the named demuxer may open."""

    source: Source
    demuxer: str


@dataclass(frozen=True, slots=True)
class RawVideo:
    """Planar frames without a header; the geometry comes from outside."""

    source: Source
    width: int
    height: int
    pixel_format: str
    frame_rate: Fraction

    @property
    def frame_bytes(self) -> int:
        """Bytes of one 4:2:0 frame (8 bit: 1.5 bytes a pixel, more bits: 3)."""
        samples = self.width * self.height * 3 // 2
        return samples if self.pixel_format == "yuv420p" else 2 * samples


Video = ContainerVideo | RawVideo


Preset = Literal[
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
]
"""The presets of x264."""


@dataclass(frozen=True, slots=True)
class Encode:
    """The recipe that makes the distorted side from the reference."""

    encoder: str
    preset: str
    crf: int
    pixel_format: str
    threads: int = 1
    """x264's output depends on its thread count, so it is part of the recipe."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One unit of work, caching and failure.

    `labels` are the text columns that are constant over the clip's rows.
    """

    key: str
    reference: Video
    distorted: Video | Encode
    pixel_format: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that the clip's numbers depend on, reference first."""
        if isinstance(self.distorted, Encode):
            return (self.reference.source,)
        return (self.reference.source, self.distorted.source)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was found but is not scored, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """All that was found: the selected clips in key order, and what was left out."""

    clips: tuple[Clip, ...]
    skipped: tuple[Skipped, ...]

    @property
    def found(self) -> int:
        """Selected and skipped together."""
        return len(self.clips) + len(self.skipped)
