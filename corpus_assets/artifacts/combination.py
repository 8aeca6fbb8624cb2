"""What the inputs of a combined table leave behind besides rows."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from corpus_assets.errors import DataError
from corpus_assets.manifests.source_contents import source_contents
from corpus_assets.manifests.training_parts import CombinedInputPart
from corpus_assets.tables.batches import batches, opened
from corpus_assets.tables.combined import ColumnMap, Reader
from corpus_assets.tables.content import ContentDigest
from corpus_assets.tables.sources import Contents, SourceName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corpus_assets.artifacts.proved_inputs import ProvedInput
    from corpus_assets.tables.parquet import ParquetTable

NAMES_SHOWN = 5


@dataclass
class Combination:
    """Appends inputs to a table, and keeps what its manifest needs; grows with sources."""

    parts: list[CombinedInputPart] = field(default_factory=list)
    contents: Contents = field(default_factory=Contents)
    labels: dict[SourceName, str] = field(default_factory=dict)

    def append(self, one: ProvedInput, table: ParquetTable) -> None:
        """Append the rows of an input. Raises DataError naming it, OSError."""
        label = one.input.label
        try:
            with one.opened() as data, opened(data) as file:
                schema = file.schema_arrow
                reader = Reader(label.partition("/")[0], ColumnMap.of(schema))
                digest = _Digest.of(schema, one.content_sha256)
                for rows in reader.read(digest.through(batches(file))):
                    table.append(rows)
        except DataError as error:
            raise DataError(f"{label}: {one.input.table}: {error}") from error
        self._claim(label, reader.corpus, reader.sources)
        self._add(one, reader)
        self.parts.append(_part(one, reader, digest.result))

    def _claim(self, label: str, corpus: str, sources: Iterable[str]) -> None:
        """Demand that no source comes from two inputs of one corpus. Raises DataError."""
        names = [SourceName(corpus, source) for source in sources]
        taken = [name for name in names if name in self.labels]
        if taken:
            shown = ", ".join(name.source for name in taken[:NAMES_SHOWN])
            raise DataError(
                f"{label} and {self.labels[taken[0]]} both have {len(taken)} sources of corpus "
                f"{corpus}: {shown}; leave one of the two out, or give them labels of different "
                "corpora"
            )
        self.labels |= dict.fromkeys(names, label)

    def _add(self, one: ProvedInput, reader: Reader) -> None:
        known = source_contents(one.said) if one.said else {}
        for source in reader.sources:
            name = SourceName(reader.corpus, source)
            self.contents.add(name, known.get(source), key=source)


@dataclass
class _Digest:
    """The digest of an input's content: `known`, or computed of what is read."""

    schema: pa.Schema
    known: str | None
    digest: ContentDigest | None

    @classmethod
    def of(cls, schema: pa.Schema, known: str | None) -> _Digest:
        digest = None
        if known is None:
            with contextlib.suppress(TypeError):
                digest = ContentDigest(schema)
        return cls(schema, known, digest)

    def through(self, pieces: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for piece in pieces:
            if self.digest:
                self.digest.update(pa.Table.from_batches([piece], self.schema))
            yield piece

    @property
    def result(self) -> str | None:
        return self.digest.hexdigest() if self.digest else self.known


def _part(one: ProvedInput, reader: Reader, content_sha256: str | None) -> CombinedInputPart:
    selected, failed = one.left_out()
    return CombinedInputPart(
        label=one.input.label,
        corpus=reader.corpus,
        path=str(one.input.table),
        rows=reader.rows,
        bytes=one.bytes,
        sha256=one.sha256,
        content_sha256=content_sha256,
        manifest=one.manifest,
        selected=selected,
        failed=failed,
        missing_features=reader.columns.missing,
        nulls=dict(sorted(reader.nulls.items())),
        assumed=reader.columns.assumed,
        ignored_columns=reader.columns.ignored,
    )
