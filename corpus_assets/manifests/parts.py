"""The parts that manifests of scored tables share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Protocol, Self

import pydantic
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from corpus_assets import __version__
from corpus_assets.corpora.clip import Discovery
from corpus_assets.extraction.outcome import Failed, SourceRecord
from corpus_assets.extraction.progress import Counts
from corpus_assets.extraction.scorer import CachePolicy
from corpus_assets.files import sha256_of_bytes, sha256_of_file
from corpus_assets.tables.schema import TableSpec


class Part(pydantic.BaseModel, frozen=True, extra="forbid", allow_inf_nan=False):
    """A block of a manifest.

    `contract` are the keys that manifests of other tools have too, where they have the block. The
    JSON Schema requires these alone, lets other tools add keys, and requires all of ours where the
    key `mark` is there.
    """

    contract: ClassVar[tuple[str, ...]] = ()
    mark: ClassVar[str] = "artifact"

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: pydantic.GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the schema that holds of other tools' blocks too."""
        schema = handler(core_schema)
        if cls.contract:
            own = handler.resolve_ref_schema(schema)
            ours = [name for name in own["required"] if name not in cls.contract]
            own["required"] = list(cls.contract)
            own["dependentRequired"] = {cls.mark: ours}
            del own["additionalProperties"]
        return schema


def _nameable(path: str) -> str:
    if "\0" in path:
        raise ValueError("no path holds a NUL")
    return path


PathText = Annotated[str, pydantic.AfterValidator(_nameable)]
"""A path, or the name of a file below one, that a system call takes."""


class ToolPart(Part):
    """The program that wrote the manifest."""

    name: Literal["corpus_assets"] = "corpus_assets"
    version: str = __version__


class ColumnPart(Part):
    """A column of the artifact."""

    name: str
    type: str


class Written(Protocol):
    """A table that was written."""

    @property
    def rows(self) -> int:
        """How many rows it has."""

    @property
    def content_sha256(self) -> str:
        """The digest of its content."""


class ArtifactPart(Part):
    """The file that the manifest is about.

    `content_sha256` is defined in tables/content.py for parquet, in tables/jsonl.py for JSON lines.
    """

    path: PathText
    bytes: int
    sha256: str
    rows: int
    columns: tuple[ColumnPart, ...]
    content_sha256: str

    @classmethod
    def of(cls, file: Path, target: Path, table: Written, spec: TableSpec) -> Self:
        """Describe a finished file that will be published as `target`. Raises OSError."""
        return cls(
            path=str(target),
            bytes=file.stat().st_size,
            sha256=sha256_of_file(file),
            rows=table.rows,
            columns=tuple(ColumnPart(name=c.name, type=c.type_name) for c in spec.columns),
            content_sha256=table.content_sha256,
        )


class FilePart(Part):
    """One input file as it was read."""

    path: PathText
    bytes: int
    sha256: str


class InventoryPart(Part):
    r"""All input files that were read, sorted by path, relative to `root`.

    `digest` is the SHA-256 of the lines `<sha256>  <path>\n`, as `sha256sum` prints them.
    """

    root: PathText
    files: tuple[FilePart, ...]
    count: int
    bytes: int
    digest: str

    @classmethod
    def of(cls, root: Path, sources: Iterable[SourceRecord]) -> Self:
        """Describe the files below a root."""
        unique = {source.name: source for source in sources}
        records = [unique[name] for name in sorted(unique)]
        lines = "".join(f"{record.sha256}  {record.name}\n" for record in records)
        return cls(
            root=str(root),
            files=tuple(
                FilePart(path=record.name, bytes=record.bytes, sha256=record.sha256)
                for record in records
            ),
            count=len(records),
            bytes=sum(record.bytes for record in records),
            digest=sha256_of_bytes(lines.encode()),
        )


class CachePart(Part):
    """What the cache gave: `damaged` entries were there but not as written; `unread` not asked.

    `trusted` were reports of other tools.
    """

    contract = ("enabled", "directory")
    mark = "policy"

    enabled: bool
    policy: CachePolicy
    directory: PathText
    hits: int
    trusted: int
    misses: int
    stale: int
    damaged: int
    unread: int


class CountsPart(Part):
    """Where every entry that was found has gone."""

    found: int
    selected: int
    skipped: int
    extracted: int
    cached: int
    failed: int

    @pydantic.model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.found != self.selected + self.skipped:
            raise ValueError("found must be selected + skipped")
        if self.selected != self.extracted + self.cached + self.failed:
            raise ValueError("selected must be extracted + cached + failed")
        return self

    @classmethod
    def of(cls, discovery: Discovery, counts: Counts) -> Self:
        """Count a finished run."""
        return cls(
            found=discovery.found,
            selected=counts.selected,
            skipped=len(discovery.skipped),
            extracted=counts.extracted,
            cached=counts.cached,
            failed=counts.failed,
        )


class TrustedPart(Part):
    """Another tool's report, whose numbers are in the table as they stand in it."""

    key: str
    sha256: str


class SkippedPart(Part):
    """Something that was found and left out."""

    name: str
    reason: str


class FramesPart(Part):
    """The frame ledger of a failed clip: counts as far as they are known."""

    container: int | None = None
    container_distorted: int | None = None
    decoded_reference: int | None = None
    decoded_distorted: int | None = None
    scored: int | None = None


class FailurePart(Part):
    """A clip that is not in the table, and why."""

    key: str
    stage: str
    reason: str
    exit_code: int | None
    signal: str | None
    stderr_tail: tuple[str, ...]
    frames: FramesPart

    @classmethod
    def of(cls, failed: Failed) -> Self:
        """Describe a failed clip."""
        return cls(
            key=failed.clip.key,
            stage=failed.stage,
            reason=failed.reason,
            exit_code=failed.exit_code,
            signal=failed.signal,
            stderr_tail=failed.stderr_tail,
            frames=FramesPart(**failed.frames),
        )


class UnavailablePart(Part):
    """A column without numbers, and why; `clips` are the keys concerned, null for all."""

    feature: str
    reason: str
    clips: tuple[str, ...] | None


class DagsterPart(Part):
    """Facts of the launcher, which do not change the artifact.

    `launched_by` names the schedule, sensor, backfill or command; `partition` is None where the
    asset has none.
    """

    run_id: str
    job: str
    asset_key: str
    partition: str | None = None
    launched_by: str | None = None
    code_version: str | None


def cache_part(policy: CachePolicy, directory: Path, lookups: Counter[str]) -> CachePart:
    """Describe what the cache gave in a run."""
    return CachePart.model_validate(
        {
            "enabled": policy != "off",
            "policy": policy,
            "directory": str(directory),
            "hits": lookups["hit"],
            "trusted": lookups["trusted"],
            "misses": lookups["miss"],
            "stale": lookups["stale"],
            "damaged": lookups["damaged"],
            "unread": lookups["unread"],
        }
    )


def unavailable_parts(
    unavailable: Mapping[tuple[str, str], Sequence[str]], counts: Counts
) -> tuple[UnavailablePart, ...]:
    """Describe columns without numbers; `unavailable` maps (feature, reason) to clip keys."""
    succeeded = counts.extracted + counts.cached
    return tuple(
        UnavailablePart(
            feature=feature,
            reason=reason,
            clips=None if len(keys) == succeeded else tuple(keys),
        )
        for (feature, reason), keys in sorted(unavailable.items())
    )
