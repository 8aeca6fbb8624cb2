"""A container's video stream without decoding it (PyAV, which is loaded when one is opened)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

from corpus_assets.corpora.zip_directory import DAMAGE, damaged
from corpus_assets.errors import ClipError
from corpus_assets.libvmaf.command import LARGEST_PICTURE
from corpus_assets.libvmaf.declared import check_declared
from corpus_assets.libvmaf.raw import MOST_FRAMES, VideoFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av import Packet
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from corpus_assets.corpora.clip import ContainerVideo, OpenedInput

MOST_READ = 4
"""Bytes of packets for a byte of the file; a container may leave out what packets start with."""


def container_facts(video: ContainerVideo, opened: OpenedInput) -> VideoFacts:
    """Return size, rate, frames and pixel format. Raises ClipError, or OSError."""
    if not video.source.stamp().size:
        raise ClipError("probe", f"{video.source.name} is empty (0 bytes)")
    if video.demuxer == "mov":
        _check_declared(video)
    options = {
        "protocol_whitelist": ",".join(opened.protocols),
        "max_pixels": str(LARGEST_PICTURE),
    }
    try:
        with av.open(
            opened.url, format=video.demuxer, options=options, metadata_errors="replace"
        ) as container:
            return _facts(video, container)
    except (av.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{video.source.name} cannot be read as {video.demuxer}: {reason}"
        raise ClipError("probe", message) from error


def _check_declared(video: ContainerVideo) -> None:
    """Look at what an mp4 declares; the bytes of an archive's entry may turn out to be damaged."""
    try:
        check_declared(video.source)
    except DAMAGE as error:
        raise damaged(video.source.name, error) from error


def _facts(video: ContainerVideo, container: InputContainer) -> VideoFacts:
    stream = _video_stream(video, container)
    if not stream.guessed_rate:
        raise ClipError("probe", f"{video.source.name} declares no frame rate")
    return VideoFacts(
        width=stream.width,
        height=stream.height,
        frame_rate=stream.guessed_rate,
        frames=_count_frames(video, container, stream),
        pixel_format=str(stream.pix_fmt),
    )


def _count_frames(video: ContainerVideo, container: InputContainer, stream: VideoStream) -> int:
    """Return how many frames a correct decode gives: packets, less those an edit list discards.

    Raises ClipError when the container declares another number of packets than it holds, which
    is how a file that was cut short shows.
    """
    discarded = [packet.is_discard for packet in _packets(video, container, stream)]
    if stream.frames and stream.frames != len(discarded):
        raise ClipError(
            "probe",
            f"{video.source.name} declares {stream.frames} frames and holds {len(discarded)}",
            frames={"container": len(discarded)},
        )
    return len(discarded) - sum(discarded)


def _packets(
    video: ContainerVideo, container: InputContainer, stream: VideoStream
) -> Iterator[Packet[VideoStream]]:
    """Yield the packets that hold something, as long as a file of this size can hold them."""
    name, most = video.source.name, MOST_READ * video.source.stamp().size
    read = 0
    packets = (packet for packet in container.demux(stream) if packet.size)
    for number, packet in enumerate(packets):
        read += packet.size
        if number == MOST_FRAMES:
            raise ClipError("probe", f"{name} holds more than {MOST_FRAMES} frames")
        if read > most:
            raise ClipError("probe", f"the frames of {name} overlap: they are larger than it")
        yield packet


def _video_stream(video: ContainerVideo, container: InputContainer) -> VideoStream:
    """Return the first stream that is video and no cover picture, as ffmpeg's `0:V:0` does."""
    attached = av.stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & attached]
    if not streams:
        raise ClipError("probe", f"{video.source.name} has no video stream")
    stream = streams[0]
    if stream.codec_context is None or stream.pix_fmt is None:
        raise ClipError("probe", f"{video.source.name}: its video stream cannot be decoded")
    if not stream.width * stream.height:
        reason = f"its pictures are empty, or have more than {LARGEST_PICTURE} pixels"
        raise ClipError("probe", f"{video.source.name}: {reason}")
    return stream
