"""What an mp4 file declares, held against a bound before a demuxer makes room for it.

A sample table may give one size for all samples, a fragment one duration, and an edit list may
repeat a track: a few bytes then declare any number of frames, and the demuxer keeps an entry for
each. Whatever stands outside the boxes of frames is searched, however it is nested.

The format: ISO/IEC 14496-12, 8.6.6 `elst`, 8.7.3 `stsz` and `stz2`, 8.8.8 `trun`.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.errors import ClipError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.corpora.clip import Source

MOST_SAMPLES = 4_000_000
"""Of all tracks, as often as edit lists may repeat them; ffmpeg takes some 70 bytes for each."""
LARGEST_INDEX = 64 << 20
"""Bytes outside the boxes of frames; 3,000,000 frames take about as much."""
MOST_BOXES = 1 << 20
SAMPLES = re.compile(rb"(?=(?:stsz|stz2).{8}(.{4})|trun.{4}(.{4}))", re.DOTALL)
EDITS = re.compile(rb"(?=elst.{4}(.{4}))", re.DOTALL)
COMPRESSED = b"cmov"
FRAMES = b"mdat"
HEADER, LONG_LENGTH = struct.Struct(">I4s"), struct.Struct(">Q")


def check_declared(source: Source) -> None:
    """Raise ClipError when an mp4 file declares more than any clip has. Raises OSError."""
    size, name = source.stamp().size, source.name
    with source.open() as file:
        index = _index(file, size)
    if len(index) > LARGEST_INDEX:
        raise ClipError("probe", f"{name} has an index of more than {LARGEST_INDEX} bytes")
    if COMPRESSED in index:
        raise ClipError("probe", f"{name} has a compressed index, which is not read")
    samples = _sum(SAMPLES, index) * max(1, _sum(EDITS, index))
    if samples > MOST_SAMPLES:
        raise ClipError("probe", f"{name} declares {samples} frames and more than a clip may have")


def _sum(pattern: re.Pattern[bytes], index: bytes) -> int:
    found = (match[match.lastindex or 0] for match in pattern.finditer(index))
    return sum(map(int.from_bytes, found))


def _index(file: BinaryIO, size: int) -> bytes:
    """Return what stands outside the boxes of frames, as far as it is not too large."""
    index = b""
    for kind, start, end in _boxes(file, size):
        if kind != FRAMES:
            file.seek(start)
            index += file.read(min(end - start, LARGEST_INDEX + 1))
        if len(index) > LARGEST_INDEX:
            break
    return index


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the outermost boxes; 0 is a length up to the end."""
    start = 0
    for _ in range(MOST_BOXES):
        file.seek(start)
        header = file.read(HEADER.size + LONG_LENGTH.size)
        if len(header) < HEADER.size:
            return
        length, kind = HEADER.unpack_from(header)
        if length == 1 and len(header) == HEADER.size + LONG_LENGTH.size:
            (length,) = LONG_LENGTH.unpack_from(header, HEADER.size)
        end = min(start + length, size) if length else size
        yield kind, start, end
        start += length
        if length < HEADER.size or start >= size:
            return
