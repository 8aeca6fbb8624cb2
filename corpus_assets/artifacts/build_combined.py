"""From tables of several corpora to the published combined table and its manifest."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from corpus_assets.artifacts.publication import publishing
from corpus_assets.artifacts.training_build import Evidence, TrainingBuilt
from corpus_assets.artifacts.training_inputs import opened_input, source_record
from corpus_assets.errors import DataError
from corpus_assets.manifests.parts import ArtifactPart
from corpus_assets.manifests.source_contents import source_contents
from corpus_assets.manifests.training import (
    CombinedInputPart,
    CombinedManifest,
    CombinedStats,
    TeacherPart,
)
from corpus_assets.tables.batches import batches, opened
from corpus_assets.tables.combined import Mapping, Reader
from corpus_assets.tables.content import ContentDigest
from corpus_assets.tables.parquet import ParquetTable
from corpus_assets.tables.sources import Contents, SourceName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.artifacts.combined_features import CombinedRequest
    from corpus_assets.artifacts.request import Asset, Launch, Log
    from corpus_assets.artifacts.training_inputs import OpenedInput, Teacher
    from corpus_assets.extraction.outcome import SourceRecord

NAMES_SHOWN = 5


@dataclass
class Combination:
    """What the inputs of a run leave behind besides rows; grows with sources."""

    request: CombinedRequest
    parts: list[CombinedInputPart] = field(default_factory=list)
    files: list[SourceRecord] = field(default_factory=list)
    contents: Contents = field(default_factory=Contents)
    labels: dict[SourceName, str] = field(default_factory=dict)
    teacher: tuple[str, Teacher] | None = None

    def check_teacher(self, one: OpenedInput) -> None:
        """Demand one teacher model of all inputs that tell theirs. Raises DataError."""
        if one.model is None:
            return
        label, known = self.teacher or (one.input.label, one.model)
        if not known.agrees(one.model):
            raise DataError(
                f"the inputs have different teacher models: {label} {known}, "
                f"{one.input.label} {one.model}; combine tables of one model"
            )
        if self.teacher is None or (one.model.exact and not known.exact):
            self.teacher = (one.input.label, one.model)

    def claim(self, label: str, corpus: str, sources: Iterator[str]) -> None:
        """Demand that no source comes from two inputs of one corpus. Raises DataError."""
        names = [SourceName(corpus, source) for source in sources]
        taken = [name for name in names if name in self.labels]
        if taken:
            other = self.labels[taken[0]]
            shown = ", ".join(name.source for name in taken[:NAMES_SHOWN])
            raise DataError(
                f"{label} and {other} both have {len(taken)} sources of corpus {corpus}: {shown}; "
                "leave one of the two out, or give them labels of different corpora"
            )
        self.labels |= dict.fromkeys(names, label)

    def add(self, one: OpenedInput, reader: Reader, content_sha256: str | None) -> None:
        """Keep what the manifest needs of an input that was read."""
        known = source_contents(one.said) if one.said else {}
        for source in reader.sources:
            name = SourceName(reader.corpus, source)
            self.contents.add(name, known.get(source), key=source)
        self.files.append(source_record(one, self.request.root))
        self.parts.append(_part(one, reader, content_sha256))


def build(
    asset: Asset[CombinedRequest], request: CombinedRequest, launch: Launch, log: Log
) -> TrainingBuilt:
    """Combine the tables and publish the result, in memory that does not grow with the rows.

    Raises SetupError before any work, DataError naming the input that will not do; what was there
    before is then untouched.
    """
    started = time.monotonic()
    request.check()
    request.check_writable()
    combination = Combination(request)
    with publishing(
        request.output, request.manifest_out, request.setting, log, request.splits
    ) as publication:
        with ParquetTable(publication.temporary, asset.spec.schema) as table:
            for one in request.inputs:
                with opened_input(one, log) as input_:
                    _append(input_, combination, table)
        artifact = ArtifactPart.of(publication.temporary, request.output, table, asset.spec)
        evidence = Evidence(artifact, combination.files, combination.contents)
        splits = evidence.splits(request)
        manifest = CombinedManifest(
            inputs=tuple(combination.parts),
            model=_teacher(combination),
            stats=CombinedStats(
                input_count=len(combination.parts),
                output_rows=artifact.rows,
                corpora=tuple(sorted({part.corpus for part in combination.parts})),
            ),
            **evidence.common(asset, request, launch, "shards", splits),
        )
        publication.publish(manifest, splits)
    log(f"{artifact.rows} rows of {len(combination.parts)} inputs")
    return TrainingBuilt(manifest, request.manifest_out, time.monotonic() - started)


def _append(one: OpenedInput, combination: Combination, table: ParquetTable) -> None:
    """Append the rows of an input. Raises DataError naming it, OSError."""
    label = one.input.label
    combination.check_teacher(one)
    try:
        with opened(one.file) as file:
            reader = Reader(label.partition("/")[0], Mapping.of(file.schema_arrow))
            digest = _Digest.of(file.schema_arrow, one.content_sha256)
            for rows in reader.read(digest.through(batches(file))):
                table.append(rows)
    except DataError as error:
        raise DataError(f"{label}: {one.input.table}: {error}") from error
    combination.claim(label, reader.corpus, iter(reader.sources))
    combination.add(one, reader, digest.result)


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


def _part(one: OpenedInput, reader: Reader, content_sha256: str | None) -> CombinedInputPart:
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
        missing_features=reader.mapping.missing,
        nulls=dict(sorted(reader.nulls.items())),
        assumed=reader.mapping.assumed,
        ignored_columns=reader.mapping.ignored,
    )


def _teacher(combination: Combination) -> TeacherPart | None:
    if combination.teacher is None:
        return None
    _, known = combination.teacher
    return TeacherPart(name=known.name, sha256=known.sha256)
