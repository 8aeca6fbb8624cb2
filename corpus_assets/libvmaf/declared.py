"""What an mp4 file declares, held against a bound before a demuxer makes room for it.

A sample table may give one size for all samples, a fragment one duration, and an edit list may
repeat a track: a few bytes then declare any number of frames, and the demuxer keeps an entry for
each. Boxes are walked as ffmpeg walks them: a table counts for the track that began last,
wherever it stands.

The format: ISO/IEC 14496-12, 8.4.3 `hdlr`, 8.6.1 `stts`, 8.6.6 `elst`, 8.7.3 `stsz` and `stz2`,
8.8.8 `trun`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.errors import ClipError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.corpora.clip import Source

MOST_SAMPLES = 4_000_000
"""Of all tracks, as often as edit lists may repeat them; ffmpeg takes some 70 bytes for each."""
LARGEST_INDEX = 64 << 20
"""Bytes of a box of tables; 3,000,000 frames take about as much."""
MOST_BOXES = 1 << 18
"""More than six hours in fragments of two seconds have."""
TABLES = frozenset({b"moov", b"moof"})
CONTAINERS = TABLES | {
    *(b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"traf"),
    *(b"udta", b"meta", b"tref", b"wave", b"dinf", b"hoov", b"iprp", b"ipco"),
}
COMPRESSED = b"cmov"
HEADER, LONG_LENGTH = struct.Struct(">I4s"), struct.Struct(">Q")
LEADING = 20
"""Bytes at the start of a box in which all that is looked at stands."""


@dataclass(slots=True)
class _Track:
    """What a track declares; `units` when each of its samples lasts one unit of time."""

    samples: int = 0
    edits: int = 0
    of_one_size: bool = False
    units: bool = False
    sound: bool = False

    @property
    def entries(self) -> int:
        """How many entries a demuxer keeps; it counts uncompressed sound by the chunk."""
        if self.sound and self.of_one_size and self.units:
            return 0
        return self.samples * max(1, self.edits)


def check_declared(source: Source) -> None:
    """Raise ClipError when an mp4 file declares more than any clip has. Raises OSError."""
    size, name = source.stamp().size, source.name
    tracks, fragments = [_Track()], 0
    with source.open() as file:
        for kind, length, leading in _boxes(file, size, name):
            if kind in TABLES and length > LARGEST_INDEX:
                raise ClipError("probe", f"{name} has an index of more than {LARGEST_INDEX} bytes")
            if kind == COMPRESSED:
                raise ClipError("probe", f"{name} has a compressed index, which is not read")
            if kind == b"trak":
                tracks.append(_Track())
            elif kind == b"trun":
                fragments += _number(leading, 4)
            else:
                _note(tracks[-1], kind, leading)
    samples = sum(track.entries for track in tracks) + fragments
    if samples > MOST_SAMPLES:
        raise ClipError("probe", f"{name} declares {samples} frames and more than a clip may have")


def _note(track: _Track, kind: bytes, leading: bytes) -> None:
    """Keep what a box says of its track."""
    if kind in {b"stsz", b"stz2"}:
        track.samples += _number(leading, 8)
        track.of_one_size = kind == b"stsz" and _number(leading, 4) > 0
    elif kind == b"stts":
        track.units = _number(leading, 4) == 1 == _number(leading, 12)
    elif kind == b"elst":
        track.edits += _number(leading, 4)
    elif kind == b"hdlr":
        track.sound = track.sound or leading[8:12] == b"soun"


def _number(leading: bytes, offset: int) -> int:
    return int.from_bytes(leading[offset : offset + 4])


def _boxes(file: BinaryIO, size: int, name: str) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield kind, length and first bytes of every box, those within a container after it.

    A length of 0 is one up to the end. Raises ClipError for more boxes than a clip has.
    """
    open_boxes = [(0, size)]
    for _ in range(MOST_BOXES):
        while open_boxes and open_boxes[-1][0] + HEADER.size > open_boxes[-1][1]:
            open_boxes.pop()
        if not open_boxes:
            return
        start, end = open_boxes[-1]
        file.seek(start)
        header = file.read(HEADER.size + LONG_LENGTH.size + LEADING)
        if len(header) < HEADER.size:
            return
        length, kind = HEADER.unpack_from(header)
        body = HEADER.size
        if length == 1 and len(header) >= body + LONG_LENGTH.size:
            (length,) = LONG_LENGTH.unpack_from(header, body)
            body += LONG_LENGTH.size
        if length and length < body:
            open_boxes.pop()
            continue
        box_end = min(start + length, end) if length else end
        open_boxes[-1] = (box_end, end)
        leading = header[body : body + LEADING]
        yield kind, box_end - start, leading
        if kind in CONTAINERS:
            bare = kind != b"meta" or leading[4:8] == b"hdlr"
            open_boxes.append((start + body + (0 if bare else 4), box_end))
    raise ClipError("probe", f"{name} has more than {MOST_BOXES} boxes")
