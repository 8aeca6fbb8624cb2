"""The parts that all manifests share: the artifact, what it was made from, what wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Protocol, Self

import pydantic
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from corpus_assets import __version__
from corpus_assets.extraction.outcome import SourceRecord
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
        files = tuple(
            FilePart(path=record.name, bytes=record.bytes, sha256=record.sha256)
            for record in records
        )
        return cls(
            root=str(root),
            files=files,
            count=len(files),
            bytes=sum(file.bytes for file in files),
            digest=inventory_digest(files),
        )


def inventory_digest(files: Iterable[FilePart]) -> str:
    """Return the digest of an inventory, of files in its order."""
    return sha256_of_bytes("".join(f"{file.sha256}  {file.path}\n" for file in files).encode())
