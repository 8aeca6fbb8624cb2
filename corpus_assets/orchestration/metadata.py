"""What a materialization shows in Dagster: counts, tables, paths, a histogram."""

from functools import singledispatch
from typing import Any

import dagster as dg

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.request import Built
from corpus_assets.artifacts.statistics import BINS
from corpus_assets.tables.content import TYPE_NAMES
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
            dg.TableColumn(column.name, TYPE_NAMES[column.type], description=column.description)
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
    counts, scores = manifest.counts, table.evidence.scores
    return {
        "dagster/row_count": manifest.artifact.rows,
        "dagster/column_schema": column_schema(built.spec),
        "dagster/uri": f"file://{manifest.artifact.path}",
        "artifact": dg.MetadataValue.path(manifest.artifact.path),
        "manifest": dg.MetadataValue.path(str(built.manifest_path)),
        "sha256": manifest.artifact.sha256,
        "content_sha256": manifest.artifact.content_sha256,
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
        "vmaf_mean": scores.mean,
        "vmaf_histogram": dg.MetadataValue.md(histogram(scores.histogram.tolist())),
        "settings": dg.MetadataValue.json(manifest.run_provenance.args),
    }


def histogram(counts: list[int]) -> str:
    """Draw frames by VMAF score as horizontal bars, in a markdown code block."""
    step, most = 100 // BINS, max([*counts, 1])
    lines = [
        f"{low:3d}-{low + step:<3d} {'█' * round(BAR_CHARACTERS * count / most)} {count}"
        for low, count in zip(range(0, 100, step), counts, strict=True)
    ]
    return "VMAF, frames per score\n\n```\n" + "\n".join(reversed(lines)) + "\n```"


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
