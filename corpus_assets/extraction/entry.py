"""One cache entry: libvmaf's report as it was printed, with one more top-level key in front.

    {"corpus_assets": {…header…},
      "version": …, "frames": […], …}

It is one JSON document that foreign readers of reports can read. The header stands alone on the
first line, so that it can be read without the report, and holds the SHA-256 of what follows it.
"""

from __future__ import annotations

from typing import Literal

import pydantic

from corpus_assets.corpora.clip import Stamp
from corpus_assets.errors import DamagedEntryError
from corpus_assets.files import sha256_of_bytes

ENTRY_FORMAT = 1
OPENING = b'{"corpus_assets":'
CLOSING = b",\n"
LONGEST_HEADER = 1 << 20


class StampedSource(pydantic.BaseModel, frozen=True):
    """An input file: what it is called, what the file system said, and its content."""

    name: str
    size: int
    mtime_ns: int
    inode: int
    sha256: str

    @property
    def stamp(self) -> Stamp:
        """What the file system said."""
        return Stamp(self.size, self.mtime_ns, self.inode)


class EntryHeader(pydantic.BaseModel, frozen=True):
    """What a cached report was made from, and what it holds."""

    format: Literal[1]
    fingerprint: str
    sources: tuple[StampedSource, ...]
    report_keys: tuple[str, ...]
    report_sha256: str
    frames: int
    width: int
    height: int
    process_seconds: float
    encoded_bytes: int | None
    recipe: str
    model: str
    engine: str
    libvmaf_version: str


def join_entry(header: EntryHeader, report: bytes) -> bytes:
    """Return an entry's bytes; `report` is libvmaf's own JSON object."""
    return OPENING + header.model_dump_json().encode() + CLOSING + report[1:]


def split_header(line: bytes) -> EntryHeader:
    """Read an entry's first line. Raises DamagedEntryError."""
    if not (line.startswith(OPENING) and line.endswith(CLOSING)):
        raise DamagedEntryError("its first line is not a whole header")
    try:
        return EntryHeader.model_validate_json(line[len(OPENING) : -len(CLOSING)])
    except pydantic.ValidationError as error:
        raise DamagedEntryError(f"its header is not valid: {error.error_count()} errors") from error


def rejoin_report(header: EntryHeader, rest: bytes) -> bytes:
    """Return the report of an entry. Raises DamagedEntryError when it is not what was written."""
    report = b"{" + rest
    if sha256_of_bytes(report) != header.report_sha256:
        raise DamagedEntryError("the report is not the one that was written")
    return report
