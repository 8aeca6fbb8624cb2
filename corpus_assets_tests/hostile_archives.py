"""Archives that lie: entries written byte by byte, in BVI-DVC's layout."""

from __future__ import annotations

import bz2
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus_assets_tests.archives import entry, stem

STORED, DEFLATED, BZIP2 = 0, 8, 12
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
UTF8, ENCRYPTED = 0x800, 1
FIFO, DEVICE, LINK = 0o010644, 0o020666, 0o120777
GIBIBYTE = 1 << 30
LARGEST = 0xFFFFFFFF


@dataclass(frozen=True)
class Entry:
    """An entry as it is written; what is None is as it should be."""

    name: bytes
    data: bytes
    method: int = STORED
    crc: int = 0
    size: int = 0
    packed: int | None = None
    local_name: bytes | None = None
    offset: int | None = None
    flags: int = 0
    mode: int = 0o100644
    gap: int = 0
    """Bytes that the local header claims before the data, and that are not there."""

    @classmethod
    def of(cls, name: str, content: bytes, method: int = STORED) -> Entry:
        """Return an honest entry for a clip's name, or any other with a slash."""
        path = name if "/" in name or "\\" in name else entry(name)
        packed = {DEFLATED: deflated(content), BZIP2: bz2.compress(content)}
        data = packed.get(method, content)
        return cls(path.encode(), data, method, zlib.crc32(content), len(content))

    def local(self) -> bytes:
        """Return the header before the data, and the data."""
        name = self.name if self.local_name is None else self.local_name
        numbers = (
            20,
            self.flags,
            self.method,
            0,
            33,
            self.crc,
            len(self.data),
            min(self.size, LARGEST),
        )
        lengths = (len(name), self.gap)
        return struct.pack("<4s5H3L2H", LOCAL, *numbers, *lengths) + name + self.data

    def central(self, offset: int) -> bytes:
        """Return the entry of the directory."""
        packed = len(self.data) if self.packed is None else self.packed
        offset = offset if self.offset is None else self.offset
        wide, extra = [], b""
        sizes = [self.size, packed, offset]
        for index, number in enumerate(sizes):
            if number >= LARGEST:
                wide.append(number)
                sizes[index] = LARGEST
        if wide:
            extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide)
        return (
            struct.pack("<4s6H", CENTRAL, 3 << 8 | 20, 20, self.flags, self.method, 0, 33)
            + struct.pack("<3L", self.crc, sizes[1], sizes[0])
            + struct.pack("<5H2L", len(self.name), len(extra), 0, 0, 0, self.mode << 16, sizes[2])
            + (self.name + extra)
        )


def deflated(content: bytes) -> bytes:
    """Return what an entry of method 8 holds."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


def archive_of(entries: Sequence[Entry], *, before: bytes = b"", shift: int = 0) -> bytes:
    """Return an archive; `shift` is added to where the directory is said to be."""
    body, directory = before, b""
    for one in entries:
        directory += one.central(len(body) - len(before))
        body += one.local()
    counts = (0, 0, len(entries), len(entries))
    start = len(body) - len(before) + shift
    return body + directory + struct.pack("<4s4H2LH", END, *counts, len(directory), start, 0)


def tricks(good: bytes) -> tuple[list[Entry], dict[str, str], dict[str, str]]:
    """Return entries, why some fail by key, and why the others are skipped by name."""
    one, zeros = Entry.of("DCarrier", good), bytes(1 << 20)
    bomb, longer = Entry.of("DBomb", zeros, DEFLATED), Entry.of("DLonger", good, DEFLATED)
    prefix = good[: len(good) // 2]
    failing = [
        (one, "overlaps another entry"),
        (replace(one, name=entry("DBehind").encode(), offset=7 * GIBIBYTE), "does not start"),
        (replace(one, name=entry("DOther").encode(), offset=0), "overlaps another entry"),
        (
            replace(one, name=entry("DReach").encode(), packed=2 * len(good), size=2 * len(good)),
            "overlaps another entry or the directory",
        ),
        (replace(bomb, size=5 * GIBIBYTE), f"inflates to {5 * GIBIBYTE} bytes"),
        (Entry.of("DBzip", zeros, BZIP2), "compressed by method 12"),
        (replace(longer, size=len(prefix), crc=zlib.crc32(prefix)), "is damaged"),
        (
            replace(longer, name=entry("DLonger2").encode(), size=len(prefix),
                    crc=zlib.crc32(good[: len(prefix) + 1])),
            f"said to be {len(prefix)} bytes, it holds more",
        ),
        (
            replace(longer, name=entry("DShorter").encode(), size=len(good) + 9),
            f"it holds {len(good)}",
        ),
        (replace(one, name=entry("DCut").encode(), data=good[:99], packed=99), "said to be"),
        (replace(one, name=entry("DSecret").encode(), flags=ENCRYPTED), "is encrypted"),
        (
            replace(one, name=entry("DLocal").encode(), local_name=b"\xff" * 40, flags=UTF8),
            "is damaged",
        ),
        (replace(one, name=entry("DNames").encode(), local_name=b"x"), "is damaged"),
        (replace(one, name=entry("DExtra").encode(), gap=60000), "overlaps another entry"),
        (Entry.of("DTwice", good), "2 videos are called"),
        (Entry.of(f"other/Videos/{stem('DTwice')}.mp4", good), "2 videos are called"),
    ]  # fmt: skip
    name = entry("DSkipped")
    skipped = [
        (Entry.of(f"/{name}", good), "leads out"),
        (Entry.of(f"../{name}", good), "leads out"),
        (Entry.of(f"a/../../{name}", good), "leads out"),
        (Entry.of(name.replace("/", "\\"), good), "not in a folder"),
        (Entry.of(f"C:\\Videos\\{stem('DSkipped')}.mp4", good), "not in a folder"),
        (Entry.of(f"{name}\0.txt", good), "two ways"),
        (Entry.of(f"evil\n{'0' * 64}  x/{name}", good), "unprintable"),
        (Entry.of(f"\x1b[2J/{name}", good), "unprintable"),
        (replace(one, name=b"\xff\xfe/" + name.encode()), "unprintable"),
        (replace(one, name=f"-rf '\"% `/{stem('x')}.mp4".encode()), "not in a folder"),
        (
            replace(one, name=name.replace("25fps", "\u0662\u0665fps").encode(), flags=UTF8),
            "not named",
        ),
        (replace(one, name=name.encode(), mode=LINK), "not a regular file"),
        (replace(Entry.of("DGood", b"/etc/passwd"), mode=LINK), "not a regular file"),
        (replace(one, name=f"1/{name}".encode(), mode=FIFO), "not a regular file"),
        (replace(one, name=f"2/{name}".encode(), mode=DEVICE), "not a regular file"),
    ]
    entries = [found for found, _ in [*failing, *skipped]]
    reasons = {Path(found.name.decode()).stem: reason for found, reason in failing}
    left_out = {
        found.name.decode("utf-8" if found.flags else "cp437"): why for found, why in skipped
    }
    return entries, reasons, left_out
