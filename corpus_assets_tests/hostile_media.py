"""Files that are named like videos and are something else, or declare what they do not hold."""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path

from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.media import FRAMES, run_ffmpeg

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts"}
MANY = 1 << 28


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and length of the boxes of an mp4 file, outer ones first."""
    while start < end:
        length, kind = struct.unpack_from(">I4s", data, start)
        yield kind, start, length
        if kind in CONTAINERS:
            yield from boxes(data, start + 8, start + length)
        start += length


def box(kind: bytes, *numbers: int, rest: bytes = b"") -> bytes:
    """Return a box of 32-bit numbers."""
    body = struct.pack(f">{len(numbers)}I", *numbers) + rest
    return struct.pack(">I4s", len(body) + 8, kind) + body


def with_box(data: bytes, new: bytes) -> bytes:
    """Replace the first box of its kind, and mend the lengths of those around it."""
    kind = new[4:8]
    start, length = next((at, n) for found, at, n in boxes(data, 0, len(data)) if found == kind)
    mended = bytearray(data)
    for _, at, n in boxes(data, 0, len(data)):
        if at < start and at + n >= start + length:
            struct.pack_into(">I", mended, at, n + len(new) - length)
    return bytes(mended[:start] + new + mended[start + length :])


def alias(path: Path) -> bytes:
    """Return a data reference to another file, as QuickTime's movies have them."""
    name, folder = str(path).encode(), str(path.parent).encode()
    body = bytes(130) + struct.pack(">hh", 1, 1) + bytes(16)
    for kind, text in ((2, name), (0, folder)):
        body += struct.pack(">hH", kind, len(text)) + text + bytes(len(text) % 2)
    return box(b"alis", 0, rest=body + struct.pack(">hh", -1, 0))


def playlists(canary: Path, url: str) -> dict[str, bytes]:
    """Return texts that ask a player to open a file and an address."""
    segment = "#EXTINF:1,\n"
    texts = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{segment}file:{canary}\n{segment}{url}\n",
        "concat": f"ffconcat version 1.0\nfile 'file:{canary}'\nfile '{url}'\n",
        "dash": '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet>'
        f"<Representation><BaseURL>{url}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "sdp": "v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "rtsp": f"RTSPtext\n{url}\n",
        "xspf": f'<playlist version="1"><track><location>{url}</location></track></playlist>',
    }
    return {name: text.encode() for name, text in texts.items()}


def others(ffmpeg: str, good: Path, folder: Path) -> dict[str, bytes]:
    """Return other containers, whole and valid."""
    folder.mkdir()
    run_ffmpeg(ffmpeg, "-i", good, "-c", "copy", folder / "matroska.mkv")
    run_ffmpeg(ffmpeg, "-i", good, "-c", "copy", folder / "transport.ts")
    write_archive(folder / "zip.zip", {"DInner": good})
    with tarfile.open(folder / "tar.tar", "w", format=tarfile.PAX_FORMAT) as file:
        file.add(good, "inner.mp4")
    return {path.stem: path.read_bytes() for path in folder.iterdir()}


def external(good: bytes, canary: Path, url: str) -> dict[str, bytes]:
    """Return videos whose frames are said to lie in another file, or at an address."""
    address = box(b"url ", 0, rest=url.encode() + b"\0")
    return {
        "alias": with_box(good, box(b"dref", 0, 1, rest=alias(canary))),
        "address": with_box(good, box(b"dref", 0, 1, rest=address)),
    }


def bombs(good: bytes) -> dict[str, tuple[bytes, str]]:
    """Return videos that declare too much, each with the reason why it fails."""
    (start,) = (at for kind, at, _ in boxes(good, 0, len(good)) if kind == b"mdat")
    size = struct.unpack_from(">I", good, start)[0] - 8
    one = box(b"stsz", 0, 1, MANY)
    chunked = with_box(with_box(good, one), box(b"stsc", 0, 1, 1, MANY, 1))
    half = with_box(good, box(b"stsz", 0, 1, 1 << 20))
    repeated = b"".join(struct.pack(">IiI", 1 << 30, 0, 1 << 16) for _ in range(999))
    fragment = box(b"trun", 0, MANY)
    track = box(b"traf", rest=box(b"tfhd", 0x20000, 1) + fragment)
    same = with_box(good, box(b"stsz", 0, size, FRAMES))
    same = with_box(same, box(b"stsc", 0, 1, 1, 1, 1))
    same = with_box(same, box(b"stco", 0, FRAMES, *[start + 8] * FRAMES))
    return {
        "samples": (with_box(chunked, box(b"stts", 0, 1, MANY, 1)), "more than a clip may have"),
        "edits": (with_box(half, box(b"elst", 0, 999, rest=repeated)), "more than a clip may have"),
        "fragment": (good + box(b"moof", rest=track), "more than a clip may have"),
        "hidden": (good + box(b"udta", rest=one), "more than a clip may have"),
        "packed": (good + box(b"cmov", rest=box(b"dcom")), "compressed index"),
        "index": (good + box(b"moof", rest=bytes(1 << 26)), "an index of"),
        "overlap": (same, "overlap"),
        "fast": (with_box(good, box(b"stts", 0, 1, FRAMES, 1)), "not between 1/60 and 1000"),
        "slow": (with_box(good, box(b"stts", 0, 1, FRAMES, 1 << 30)), "not between 1/60 and 1000"),
        "wide": (picture(good, 20000, 32), "is larger than 16384 a side"),
        "large": (picture(good, 9000, 9000), "are empty, or have more than"),
        "nothing": (picture(good, 0, 0), "are empty"),
        "65535": (picture(good, 65535, 65535), "are empty"),
    }


def picture(good: bytes, width: int, height: int) -> bytes:
    """Return a video of unpacked frames of a size that only the header knows."""
    entry = bytes(6) + struct.pack(">H16xHH", 1, width, height) + bytes(50)
    return with_box(good, box(b"stsd", 0, 1, rest=box(b"2vuy", rest=entry)))


def odd_metadata(good: bytes) -> bytes:
    """Return a sound video whose metadata is no UTF-8."""
    return with_box(good, box(b"hdlr", 0, 0, rest=b"vide" + bytes(12) + b"\xff\xfe\n\x1b[2J\0"))
