"""What a materialization shows in Dagster: counts, tables, paths, charts, commands."""

from functools import singledispatch
from typing import Any

import dagster as dg

from corpus_assets.artifacts.build import ScoredBuilt
from corpus_assets.artifacts.build_rows import RowsBuilt
from corpus_assets.artifacts.request import Asset, Built, RequestT
from corpus_assets.artifacts.training_build import TrainingBuilt
from corpus_assets.manifests.claims import declared_spec
from corpus_assets.manifests.training import CombinedManifest, MergedManifest
from corpus_assets.orchestration.commands import command_metadata
from corpus_assets.orchestration.page import column_schema, lineage_metadata
from corpus_assets.orchestration.score_metadata import clip_scores, frame_scores
from corpus_assets.tables.corpus_row import CORPUS_ROWS

FAILURES_SHOWN = 50
INPUTS_SHOWN = 50
INPUTS_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn("label", "string"),
        dg.TableColumn("rows", "int"),
        dg.TableColumn("missing_features", "string"),
        dg.TableColumn("manifest", "string"),
        dg.TableColumn("path", "string"),
    ]
)
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


def materialization_metadata(asset: Asset[RequestT], built: Built) -> dict[str, Any]:
    """Return all that is recorded of a finished artifact; bounded whatever the corpus' size."""
    return built_metadata(built) | lineage_metadata(asset)


@singledispatch
def built_metadata(built: Built) -> dict[str, Any]:
    """Return what an artifact says of itself."""
    raise TypeError(f"no metadata for {type(built).__name__}")


@built_metadata.register
def _(built: ScoredBuilt) -> dict[str, Any]:
    manifest, table = built.manifest, built.table
    counts = manifest.counts
    return {
        **_artifact(built),
        "dagster/column_schema": column_schema(built.spec),
        "clips_found": counts.found,
        "clips_skipped": counts.skipped,
        "clips_selected": counts.selected,
        "clips_extracted": counts.extracted,
        "clips_cached": counts.cached,
        "clips_failed": counts.failed,
        "failures": _failures(built),
        "unavailable_features": _unavailable(built),
        **({"acceleration": built.acceleration} if built.acceleration else {}),
        "frames_per_second": table.frames_per_second,
        "elapsed_seconds": table.elapsed_seconds,
        **frame_scores(table.evidence.scores, table.evidence.clips),
        "settings": dg.MetadataValue.json(manifest.run_provenance.args),
    }


@built_metadata.register
def _(built: RowsBuilt) -> dict[str, Any]:
    manifest, counts = built.manifest, built.manifest.counts
    return {
        **_artifact(built),
        "dagster/column_schema": column_schema(CORPUS_ROWS),
        "reports_found": counts.found,
        "reports_ours": counts.ours,
        "reports_foreign": counts.foreign,
        "reports_failed": counts.failed,
        "rows_incomplete": counts.incomplete,
        "failures": _refused(built),
        "elapsed_seconds": built.elapsed_seconds,
        **clip_scores(built.clips),
        "settings": dg.MetadataValue.json(manifest.run_provenance.args),
    }


@built_metadata.register
def _(built: TrainingBuilt) -> dict[str, Any]:
    manifest = built.manifest
    return {
        **_artifact(built),
        "dagster/column_schema": column_schema(declared_spec(manifest)),
        "inputs": _inputs(manifest),
        **(manifest.summary.model_dump() if isinstance(manifest, MergedManifest) else {}),
        "contents": manifest.sources.contents,
        "contents_unknown": manifest.sources.unknown,
        "contents_joined": manifest.sources.joined,
        "contents_repeated": manifest.sources.repeated,
        "names_divided": manifest.sources.divided,
        **({"splits": dg.MetadataValue.path(manifest.splits.path)} if manifest.splits else {}),
        "elapsed_seconds": built.elapsed_seconds,
        "settings": dg.MetadataValue.json(manifest.run_provenance.args),
    }


def _inputs(manifest: CombinedManifest | MergedManifest) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord(
            {
                "label": one.label,
                "rows": one.rows,
                "missing_features": ", ".join(getattr(one, "missing_features", ())),
                "manifest": one.manifest.schema_ if one.manifest else "none",
                "path": one.path,
            }
        )
        for one in manifest.inputs[:INPUTS_SHOWN]
    ]
    return dg.MetadataValue.table(records, INPUTS_SCHEMA)


def _artifact(built: Built) -> dict[str, Any]:
    artifact, path = built.manifest.artifact, built.manifest_path
    return {
        "dagster/row_count": artifact.rows,
        "dagster/uri": f"file://{artifact.path}",
        "artifact": dg.MetadataValue.path(artifact.path),
        "manifest": dg.MetadataValue.path(str(path)),
        "sha256": artifact.sha256,
        "content_sha256": artifact.content_sha256,
        **command_metadata(path, built.manifest.run_provenance.argv),
    }


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
