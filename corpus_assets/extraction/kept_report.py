"""A report as it lies in a cache folder, ours or another tool's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus_assets.errors import ClipError, DamagedEntryError
from corpus_assets.extraction.entry import OPENING, OUR_KEY, rejoin_report, split_header
from corpus_assets.extraction.kept_file import opened_report, read_bounded
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.summary import parsed, summarize

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.extraction.entry import EntryHeader
    from corpus_assets.libvmaf.summary import ReportSummary

LARGEST = 32 << 20
"""Bytes; a clip of this corpus gives some 70 kB. Hostile JSON takes 35 times as much to read."""
REMEDY = "delete it, so that bvi_dvc/full_features makes it again"


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report that was read: `header` says what ours was made from, None for others'."""

    key: str
    name: str
    bytes: int
    sha256: str
    header: EntryHeader | None
    summary: ReportSummary


def read_report(path: Path) -> KeptReport:
    """Read and summarize one file. Raises ClipError saying what is wrong with it."""
    data = _read(path)
    header, report = _split(data)
    return KeptReport(
        key=path.stem,
        name=path.name,
        bytes=len(data),
        sha256=sha256_of_bytes(data),
        header=header,
        summary=summarize(report),
    )


def _read(path: Path) -> bytes:
    try:
        path.name.encode()
    except UnicodeEncodeError as error:
        raise ClipError("read", "its name is not valid UTF-8; rename it") from error
    try:
        with opened_report(path) as file:
            return read_bounded(file, path, LARGEST)
    except FileNotFoundError as error:
        raise ClipError("read", "it went away") from error


def _split(data: bytes) -> tuple[EntryHeader | None, bytes]:
    """Separate our header from the report, which must be the one that was written."""
    if not data.startswith(OPENING):
        if OUR_KEY in data and OUR_KEY.decode().strip('"') in parsed(data):
            raise ClipError("accept", f"another program has rewritten our entry; {REMEDY}")
        return None, data
    line, newline, rest = data.partition(b"\n")
    try:
        header = split_header(line + newline)
        return header, rejoin_report(header, rest)
    except DamagedEntryError as error:
        raise ClipError("accept", f"our entry is damaged: {error}; {REMEDY}") from error
