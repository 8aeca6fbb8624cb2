"""Counts of training tables that say the same in two places of a manifest, or in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.libvmaf.features import FULL
from corpus_assets.manifests.source_parts import LISTED, NAMES_KEPT
from corpus_assets.manifests.training import CombinedManifest, MergedManifest, TrainingManifest
from corpus_assets.tables.merged_row import DEDUP_KEY
from corpus_assets.tables.merging import CONFLICTS_KEPT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.tables.examination import Examination

Claims = dict[str, tuple[int, int]]
"""What counts must be, and what they are, by their names."""


def training_counts(model: TrainingManifest) -> Claims:
    """Hold counts against each other, and against the lists that they count."""
    sources = model.sources
    claims = {
        "sources.listed": (min(sources.repeated, LISTED), len(sources.listed)),
        "sources.listed_divided": (min(sources.divided, LISTED), len(sources.listed_divided)),
    }
    for one in sources.listed:
        claims[f"names of {one.sha256}"] = min(one.count, NAMES_KEPT), len(one.names)
    for other in sources.listed_divided:
        claims[f"contents of {other.name}"] = min(other.count, NAMES_KEPT), len(other.sha256)
    if isinstance(model, CombinedManifest):
        claims |= _combined(model)
    if isinstance(model, MergedManifest):
        claims |= _merged(model)
    return claims


def training_counts_of_table(model: TrainingManifest, table: Examination) -> Claims:
    """Hold counts against the table."""
    if not isinstance(model, MergedManifest):
        return {}
    return {"summary.unique_sources in the table": (table.contents, model.summary.unique_sources)}


def _combined(model: CombinedManifest) -> Claims:
    stats, inputs = model.stats, model.inputs
    corpora = {one.corpus for one in inputs}
    columns = tuple(column.name for column in model.artifact.columns)
    return {
        "stats.input_count": (len(inputs), stats.input_count),
        "stats.output_rows": (model.artifact.rows, stats.output_rows),
        "rows of the inputs": (model.artifact.rows, sum(one.rows for one in inputs)),
        "stats.corpora": (len(corpora), len(stats.corpora)),
        "corpora of the inputs in stats.corpora": (len(corpora), len(corpora & {*stats.corpora})),
        "output_columns": _alike(columns, model.output_columns),
        "features": _alike(FULL.columns, model.features),
    }


def _merged(model: MergedManifest) -> Claims:
    summary = model.summary
    columns = tuple(column.name for column in model.artifact.columns)
    contents = model.sources.contents + model.sources.joined
    return {
        "summary.rows_in": (sum(one.rows for one in model.inputs), summary.rows_in),
        "summary.rows_out": (model.artifact.rows, summary.rows_out),
        "summary.duplicates": (summary.rows_in - summary.rows_out, summary.duplicates),
        "summary.conflicts": (min(summary.conflicts, summary.duplicates), summary.conflicts),
        "summary.unique_sources": (contents, summary.unique_sources),
        "conflicts": (min(summary.conflicts, CONFLICTS_KEPT), len(model.conflicts)),
        "required_keys": _alike(columns, model.required_keys),
        "dedup_key": _alike(DEDUP_KEY, model.dedup_key),
    }


def _alike(expected: Sequence[str], found: Sequence[str]) -> tuple[int, int]:
    """Return how many names there must be, and how many of them stand where they must."""
    same = sum(one == other for one, other in zip(expected, found, strict=False))
    return max(len(expected), len(found)), same
