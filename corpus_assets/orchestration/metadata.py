"""What a materialization shows in Dagster: counts, tables, paths, a histogram."""

from functools import singledispatch
from pathlib import Path
from typing import Any

import dagster as dg

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.build_rows import RowsBuilt
from corpus_assets.artifacts.request import Built
from corpus_assets.artifacts.statistics import BINS, ScoreStatistics
from corpus_assets.manifests.parts import ArtifactPart
from corpus_assets.tables.corpus_row import CORPUS_ROWS
from corpus_assets.tables.schema import TableSpec

FAILURES_SHOWN = 50
BAR_CHARACTERS = 24
"""The whole drawing stays under 1,000 characters, so that the UI shows it without a click."""
UNAVAILABLE_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn("feature", "string"),
        dg.TableColumn("reason", "string"),
        dg.TableColumn("clips", "string"),
    ]
)
REFUSED_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn("key", "string"),
        dg.TableColumn("stage", "string"),
        dg.TableColumn("reason", "string"),
    ]
)
FAILURE_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn("key", "string"),
        dg.TableColumn("stage", "string"),
        dg.TableColumn("reason", "string"),
        dg.TableColumn("exit_code", "string"),
    ]
)


def column_schema(spec: TableSpec) -> dg.TableSchema:
    """Return a declared table as Dagster shows it."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(column.name, column.type_name, description=column.description)
            for column in spec.columns
        ]
    )


@singledispatch
def built_metadata(built: Built) -> dict[str, Any]:
    """Return the metadata of a finished artifact; bounded whatever the corpus' size."""
    raise TypeError(f"no metadata for {type(built).__name__}")


@built_metadata.register
def _(built: ScoredBuilt) -> dict[str, Any]:
    manifest, table = built.manifest, built.table
    counts = manifest.counts
    return {
        **_artifact(manifest.artifact, built.manifest_path),
        "dagster/column_schema": column_schema(built.spec),
        "clips_found": counts.found,
        "clips_skipped": counts.skipped,
        "clips_selected": counts.selected,
        "clips_extracted": counts.extracted,
        "clips_cached": counts.cached,
        "clips_failed": counts.failed,
        "failures": _failures(built),
        "unavailable_features": _unavailable(built),
        "frames_per_second": table.frames_per_second,
        "elapsed_seconds": table.elapsed_seconds,
        **_scores(table.evidence.scores, "frames"),
        "settings": dg.MetadataValue.json(manifest.run_provenance.args),
    }


@built_metadata.register
def _(built: RowsBuilt) -> dict[str, Any]:
    manifest, counts = built.manifest, built.manifest.counts
    return {
        **_artifact(manifest.artifact, built.manifest_path),
        "dagster/column_schema": column_schema(CORPUS_ROWS),
        "reports_found": counts.found,
        "reports_ours": counts.ours,
        "reports_foreign": counts.foreign,
        "reports_failed": counts.failed,
        "rows_incomplete": counts.incomplete,
        "failures": _refused(built),
        "elapsed_seconds": built.elapsed_seconds,
        **_scores(built.scores, "clips"),
        "settings": dg.MetadataValue.json(manifest.run_provenance.args),
    }


def _artifact(artifact: ArtifactPart, manifest: Path) -> dict[str, Any]:
    return {
        "dagster/row_count": artifact.rows,
        "dagster/uri": f"file://{artifact.path}",
        "artifact": dg.MetadataValue.path(artifact.path),
        "manifest": dg.MetadataValue.path(str(manifest)),
        "sha256": artifact.sha256,
        "content_sha256": artifact.content_sha256,
    }


def _scores(scores: ScoreStatistics, of: str) -> dict[str, Any]:
    drawing = histogram(scores.histogram.tolist(), of)
    return {"vmaf_mean": scores.mean, "vmaf_histogram": dg.MetadataValue.md(drawing)}


def histogram(counts: list[int], of: str) -> str:
    """Draw frames or clips by VMAF score as horizontal bars, in a markdown code block."""
    step, most = 100 // BINS, max([*counts, 1])
    lines = [
        f"{low:3d}-{low + step:<3d} {'█' * round(BAR_CHARACTERS * count / most)} {count}"
        for low, count in zip(range(0, 100, step), counts, strict=True)
    ]
    return f"VMAF, {of} per score\n\n```\n" + "\n".join(reversed(lines)) + "\n```"


def _failures(built: ScoredBuilt) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord(
            {
                "key": failure.key,
                "stage": failure.stage,
                "reason": failure.reason,
                "exit_code": failure.signal or str(failure.exit_code or ""),
            }
        )
        for failure in built.manifest.failures[:FAILURES_SHOWN]
    ]
    return dg.MetadataValue.table(records, FAILURE_SCHEMA)


def _refused(built: RowsBuilt) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord({"key": one.key, "stage": one.stage, "reason": one.reason})
        for one in built.manifest.failures[:FAILURES_SHOWN]
    ]
    return dg.MetadataValue.table(records, REFUSED_SCHEMA)


def _unavailable(built: ScoredBuilt) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord(
            {
                "feature": part.feature,
                "reason": part.reason,
                "clips": "all" if part.clips is None else str(len(part.clips)),
            }
        )
        for part in built.manifest.unavailable_features[:FAILURES_SHOWN]
    ]
    return dg.MetadataValue.table(records, UNAVAILABLE_SCHEMA)
