"""From corpus rows of several files to the published merged rows and their manifest."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.artifacts.proved_inputs import proved_inputs
from corpus_assets.artifacts.training_build import Finished, TrainingBuilt
from corpus_assets.corpora.texts import bounded
from corpus_assets.errors import DataError, EmptyCorpusError
from corpus_assets.manifests.parts import ArtifactPart
from corpus_assets.manifests.training import MergedManifest
from corpus_assets.manifests.training_parts import ConflictPart, MergeSummary, SourceTablePart
from corpus_assets.tables.corpus_row import VOLATILE
from corpus_assets.tables.jsonl import JsonLines
from corpus_assets.tables.merged_row import (
    DEDUP_KEY,
    LONGEST_LINE,
    REQUIRED_KEYS,
    read_sound_row,
)
from corpus_assets.tables.merging import Merger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.artifacts.fr_corpus import MergedRequest
    from corpus_assets.artifacts.proved_inputs import ProvedInput
    from corpus_assets.artifacts.request import Asset, Launch, Log

BAD_ROWS_SHOWN = 20


def build(
    asset: Asset[MergedRequest], request: MergedRequest, launch: Launch, log: Log
) -> TrainingBuilt:
    """Merge the rows and publish the result, in memory that grows with encodes, not with rows.

    Raises SetupError before any work, DataError naming file, line and keys of rows that will not
    do; what was there before is then untouched.
    """
    started = time.monotonic()
    request.check()
    request.check_writable()
    inputs = proved_inputs(request.inputs, log)
    manifest = _published(asset, request, launch, log, inputs)
    summary = manifest.summary
    log(
        f"{summary.rows_in} rows in, {summary.rows_out} out, {summary.duplicates} duplicates, "
        f"{summary.conflicts} of them conflicts"
    )
    return TrainingBuilt(manifest, request.manifest_out, time.monotonic() - started)


def _published(
    asset: Asset[MergedRequest],
    request: MergedRequest,
    launch: Launch,
    log: Log,
    inputs: list[ProvedInput],
) -> MergedManifest:
    merger = Merger()
    with request.publishing(log) as publication:
        with JsonLines(publication.temporary, VOLATILE) as table:
            parts = [_append(one, merger, table) for one in inputs]
        if not table.rows:
            paths = ", ".join(str(one.table) for one in request.inputs)
            raise EmptyCorpusError(f"there is no row to merge in {paths}; nothing was written")
        artifact = ArtifactPart.of(publication.temporary, request.output, table, asset.spec)
        finished = Finished(artifact, inputs, merger.contents)
        splits = finished.splits(request)
        manifest = MergedManifest(
            inputs=tuple(parts),
            required_keys=REQUIRED_KEYS,
            dedup_key=DEDUP_KEY,
            summary=MergeSummary.of(merger),
            conflicts=tuple(map(ConflictPart.of, merger.listed)),
            **finished.common(asset, request, launch, "corpus_jsonl", splits),
        )
        publication.publish(manifest, splits)
    return manifest


def _append(one: ProvedInput, merger: Merger, table: JsonLines) -> SourceTablePart:
    """Append the rows of an input that are the first of their encode.

    Raises DataError naming the rows that will not do; OSError.
    """
    before = merger.rows
    bad: list[str] = []
    with one.opened() as file:
        for number, line in _lines(one, file):
            try:
                values = read_sound_row(line)
            except ValueError as error:
                bad.append(f"line {number}: {error}" if len(bad) < BAD_ROWS_SHOWN else "")
                continue
            if merger.add(values, one.input.label, number):
                table.append_line(line, values)
        if bad:
            raise _refused(one, bad)
    return _part(one, merger.rows - before)


def _lines(one: ProvedInput, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers. Raises DataError for a long one."""
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE + 1), b""), 1):
        if len(line) > LONGEST_LINE:
            raise _refused(one, [f"line {number}: longer than {LONGEST_LINE} bytes"])
        if line.strip():
            yield number, line


def _refused(one: ProvedInput, bad: list[str]) -> DataError:
    lines = "".join(f"\n  {line}" for line in bounded(bad, BAD_ROWS_SHOWN))
    return DataError(
        f"{one.input.table}: {len(bad)} lines are no corpus rows of schema version 3 that a "
        f"trainer can use; mend or remove them, nothing was written:{lines}"
    )


def _part(one: ProvedInput, rows: int) -> SourceTablePart:
    selected, failed = one.left_out()
    return SourceTablePart(
        label=one.input.label,
        path=str(one.input.table),
        rows=rows,
        bytes=one.bytes,
        sha256=one.sha256,
        content_sha256=one.content_sha256,
        manifest=one.manifest,
        selected=selected,
        failed=failed,
    )
