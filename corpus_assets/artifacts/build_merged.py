"""From corpus rows of several files to the published merged rows and their manifest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from corpus_assets.artifacts.publication import publishing
from corpus_assets.artifacts.training_build import Evidence, TrainingBuilt
from corpus_assets.artifacts.training_inputs import opened_input, source_record
from corpus_assets.errors import DataError, EmptyCorpusError
from corpus_assets.manifests.parts import ArtifactPart
from corpus_assets.manifests.training import (
    ConflictPart,
    MergedManifest,
    SourceTablePart,
    merge_summary,
)
from corpus_assets.tables.merged_row import read_row
from corpus_assets.tables.merging import MergedLines, Merger

if TYPE_CHECKING:
    from corpus_assets.artifacts.fr_corpus import MergedRequest
    from corpus_assets.artifacts.request import Asset, Launch, Log
    from corpus_assets.artifacts.training_inputs import OpenedInput

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
    merger, parts, files = Merger(), [], []
    with publishing(
        request.output, request.manifest_out, request.setting, log, request.splits
    ) as publication:
        with MergedLines(publication.temporary) as table:
            for one in request.inputs:
                with opened_input(one, log) as input_:
                    parts.append(_append(input_, merger, table))
                    files.append(source_record(input_, request.root))
        if not table.rows:
            paths = ", ".join(str(one.table) for one in request.inputs)
            raise EmptyCorpusError(f"there is no row to merge in {paths}; nothing was written")
        artifact = ArtifactPart.of(publication.temporary, request.output, table, asset.spec)
        evidence = Evidence(artifact, files, merger.contents)
        splits = evidence.splits(request)
        manifest = MergedManifest(
            inputs=tuple(parts),
            summary=merge_summary(merger),
            conflicts=tuple(map(ConflictPart.of, merger.listed)),
            **evidence.common(asset, request, launch, "corpus_jsonl", splits),
        )
        publication.publish(manifest, splits)
    summary = manifest.summary
    log(
        f"{summary.rows_in} rows in, {summary.rows_out} out, {summary.duplicates} duplicates, "
        f"{summary.conflicts} of them conflicts"
    )
    return TrainingBuilt(manifest, request.manifest_out, time.monotonic() - started)


def _append(one: OpenedInput, merger: Merger, table: MergedLines) -> SourceTablePart:
    """Append the rows of an input that are the first of their encode.

    Raises DataError naming the rows that will not do, all of them bounded; OSError.
    """
    before, bad, count = merger.rows, [], 0
    for number, line in enumerate(one.file, 1):
        if not line.strip():
            continue
        try:
            values = read_row(line)
        except ValueError as error:
            count += 1
            if count <= BAD_ROWS_SHOWN:
                bad.append(f"line {number}: {error}")
            continue
        if merger.add(values, one.input.label, number):
            table.append(line, values)
    if count:
        raise _refused(one, bad, count)
    return _part(one, merger.rows - before)


def _refused(one: OpenedInput, bad: list[str], count: int) -> DataError:
    more = [f"and {count - len(bad)} more"] if count > len(bad) else []
    lines = "".join(f"\n  {line}" for line in (*bad, *more))
    return DataError(
        f"{one.input.table}: {count} lines are no corpus rows of schema version 3, and trainers "
        f"would lose them; mend or remove them, nothing was written:{lines}"
    )


def _part(one: OpenedInput, rows: int) -> SourceTablePart:
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
