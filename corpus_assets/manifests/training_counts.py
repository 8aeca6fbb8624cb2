"""Counts of training tables that say the same in two places of a manifest."""

from __future__ import annotations

from corpus_assets.manifests.training import CombinedManifest, MergedManifest, TrainingManifest


def training_counts(model: TrainingManifest) -> dict[str, tuple[int, int]]:
    """Return what counts must be, and what they are, by their names."""
    sources = model.sources
    claims = {"sources.repeated": (max(len(sources.listed), sources.repeated), sources.repeated)}
    if isinstance(model, CombinedManifest):
        claims |= _combined(model)
    if isinstance(model, MergedManifest):
        claims |= _merged(model)
    return claims


def _combined(model: CombinedManifest) -> dict[str, tuple[int, int]]:
    stats, inputs = model.stats, model.inputs
    corpora = {one.corpus for one in inputs}
    columns = tuple(column.name for column in model.artifact.columns)
    return {
        "stats.input_count": (len(inputs), stats.input_count),
        "stats.output_rows": (model.artifact.rows, stats.output_rows),
        "rows of the inputs": (model.artifact.rows, sum(one.rows for one in inputs)),
        "stats.corpora": (len(corpora), len(stats.corpora)),
        "corpora of the inputs in stats.corpora": (len(corpora), len(corpora & {*stats.corpora})),
        "output_columns": (
            len(columns),
            len([*filter(model.output_columns.__contains__, columns)]),
        ),
    }


def _merged(model: MergedManifest) -> dict[str, tuple[int, int]]:
    summary = model.summary
    return {
        "summary.rows_in": (sum(one.rows for one in model.inputs), summary.rows_in),
        "summary.rows_out": (model.artifact.rows, summary.rows_out),
        "summary.duplicates": (summary.rows_in - summary.rows_out, summary.duplicates),
        "summary.conflicts": (min(summary.conflicts, summary.duplicates), summary.conflicts),
        "summary.unique_sources": (model.sources.contents, summary.unique_sources),
        "conflicts": (min(len(model.conflicts), summary.conflicts), len(model.conflicts)),
    }
