"""One cache entry: libvmaf's report, with one more top-level key in front.

    {"corpus_assets": {…header…},
      "version": …, "frames": […], …}

It is one JSON document that foreign readers of reports can read. The header stands alone on the
first line, so that it can be read without the report, and holds the SHA-256 of what follows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal, Self

import orjson
import pydantic

from corpus_assets.corpora.clip import Encode, Stamp
from corpus_assets.errors import (
    BlankEntryError,
    DamagedEntryError,
    ForeignEntryError,
    OtherFormatError,
)
from corpus_assets.files import sha256_of_bytes
from corpus_assets.kernels.loading import KernelsIdentity
from corpus_assets.libvmaf.probe import LARGEST_SIDE, SMALLEST_SIDE

if TYPE_CHECKING:
    from corpus_assets.libvmaf.engine import EngineIdentity

ENTRY_FORMAT = 2
OUR_KEY = b'"corpus_assets"'
OPENING = b"{" + OUR_KEY + b":"
CLOSING = b",\n"
LONGEST_HEADER = 1 << 20
BLANK = b"\0 \t\r\n"
"""What a file holds that lost its content in a power cut."""

Count = Annotated[int, pydantic.Field(ge=1, le=1 << 48)]
Side = Annotated[int, pydantic.Field(ge=SMALLEST_SIDE, le=LARGEST_SIDE)]
Digest = Annotated[str, pydantic.Field(pattern="^[0-9a-f]{64}$")]


class StampedSource(pydantic.BaseModel, frozen=True):
    """An input file: what it is called, what the file system said, and its content."""

    name: str
    size: int
    mtime_ns: int
    inode: int
    sha256: Digest

    @property
    def stamp(self) -> Stamp:
        """What the file system said."""
        return Stamp(self.size, self.mtime_ns, self.inode)


class EncodeRecord(pydantic.BaseModel, frozen=True):
    """The encode that made the distorted side."""

    encoder: str
    preset: str
    crf: int
    pix_fmt: str
    threads: int

    @classmethod
    def of(cls, encode: Encode) -> Self:
        """Describe an encode."""
        return cls(
            encoder=encode.encoder,
            preset=encode.preset,
            crf=encode.crf,
            pix_fmt=encode.pixel_format,
            threads=encode.threads,
        )

    def __str__(self) -> str:
        return f"{self.encoder} {self.preset} crf {self.crf} {self.pix_fmt}"


class EngineRecord(pydantic.BaseModel, frozen=True):
    """The programs that computed; `ffmpeg_version` is that of the one which encoded."""

    kind: str
    version: str
    ffmpeg_version: str
    libvmaf_version: str

    @classmethod
    def of(cls, identity: EngineIdentity) -> Self:
        """Describe an engine."""
        return cls(
            kind=identity.kind,
            version=identity.version,
            ffmpeg_version=identity.encoder.version if identity.encoder else identity.version,
            libvmaf_version=identity.libvmaf_version,
        )


class KernelsRecord(pydantic.BaseModel, frozen=True):
    """Report keys whose values kernels computed, and which kernels: their version, and Numba's."""

    keys: tuple[str, ...]
    version: int
    numba: str

    @classmethod
    def of(cls, keys: frozenset[str], kernels: KernelsIdentity | None) -> Self | None:
        """Describe kernels that computed some keys; None where they did not."""
        if not kernels or not keys:
            return None
        return cls(keys=tuple(sorted(keys)), version=kernels.version, numba=kernels.numba)


class ModelRecord(pydantic.BaseModel, frozen=True):
    """The model of the teacher score; `sha256` only where it is a file."""

    name: str
    sha256: str | None


class EntryHeader(pydantic.BaseModel, frozen=True):
    """What a cached report was made from, and what it holds; `encode` only where one was made.

    Of the fingerprint, what concerns kernels stands in `kernels`, because they compute only some
    keys: a report serves whoever needs the others, with kernels or without.
    """

    format: Literal[2]
    fingerprint: str
    sources: Annotated[tuple[StampedSource, ...], pydantic.Field(min_length=1)]
    report_keys: tuple[str, ...]
    report_sha256: Digest
    frames: Count
    width: Side
    height: Side
    process_seconds: Annotated[float, pydantic.Field(ge=0, le=1e12)]
    encoded_bytes: Count | None
    encode: EncodeRecord | None
    model: ModelRecord
    engine: EngineRecord
    kernels: KernelsRecord | None = None

    @property
    def kernel_keys(self) -> frozenset[str]:
        """The report keys whose values are not libvmaf's."""
        return frozenset(self.kernels.keys if self.kernels else ())

    def kernels_of(self, keys: set[str]) -> KernelsRecord | None:
        """Describe the kernels that computed some of these keys; None where libvmaf did."""
        if self.kernels is None:
            return None
        made = KernelsIdentity(self.kernels.version, self.kernels.numba)
        return KernelsRecord.of(self.kernel_keys & keys, made)


def join_entry(header: EntryHeader, report: bytes) -> bytes:
    """Return an entry's bytes; `report` is libvmaf's own JSON object."""
    return OPENING + header.model_dump_json().encode() + CLOSING + report[1:]


def read_header(file: BinaryIO) -> EntryHeader:
    """Read the header of an entry from its start, and no more of it.

    Raises ForeignEntryError for what does not begin as an entry does, BlankEntryError for what
    holds nothing, and DamagedEntryError.
    """
    start = file.readline(len(OPENING))
    if start == OPENING:
        return split_header(start + file.readline(LONGEST_HEADER - len(start)))
    if _is_blank(start, file):
        raise BlankEntryError("it is blank")
    raise ForeignEntryError("it is another tool's report")


def split_header(line: bytes) -> EntryHeader:
    """Read an entry's first line. Raises DamagedEntryError."""
    if not line.endswith(CLOSING):
        raise DamagedEntryError("its first line is not a whole header")
    text = line[len(OPENING) : -len(CLOSING)]
    try:
        return EntryHeader.model_validate_json(text)
    except pydantic.ValidationError as error:
        number = _format(text)
        if number is not None and number != ENTRY_FORMAT:
            raise OtherFormatError(number) from error
        raise DamagedEntryError(f"its header is not valid: {error.error_count()} errors") from error


def rejoin_report(header: EntryHeader, rest: bytes) -> bytes:
    """Return the report of an entry. Raises DamagedEntryError when it is not what was written."""
    report = b"{" + rest
    if sha256_of_bytes(report) != header.report_sha256:
        raise DamagedEntryError("the report is not the one that was written")
    return report


def _is_blank(start: bytes, file: BinaryIO) -> bool:
    """Say whether a file holds nothing; another tool's report may begin with a blank line."""
    while start and not start.strip(BLANK):
        start = file.read(LONGEST_HEADER)
    return not start


def _format(header: bytes) -> int | None:
    """Return the format that a header of any version names."""
    try:
        tree: Any = orjson.loads(header)
    except orjson.JSONDecodeError:
        return None
    number = tree.get("format") if isinstance(tree, dict) else None
    return number if isinstance(number, int) else None
