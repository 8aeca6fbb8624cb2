"""Results as people read them, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import typer

from corpus_assets.manifests.document import finite

SHOWN = (
    *("artifact", "manifest", "dagster/row_count", "clips_found", "clips_skipped"),
    *(
        "clips_selected",
        "clips_extracted",
        "clips_cached",
        "clips_failed",
        *("rows_in", "rows_out", "duplicates", "conflicts", "unique_sources"),
        *("contents", "contents_unknown", "contents_joined", "contents_repeated"),
        *("names_divided", "splits"),
        *("reports_found", "reports_ours", "reports_foreign", "reports_failed", "rows_incomplete"),
        *("acceleration", "vmaf_mean"),
        "frames_per_second",
        "elapsed_seconds",
    ),
    *("content_sha256", "checks"),
)
FAILURES_SHOWN = 5


def result_as_json(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a run made, for machines."""
    wanted = ("run_id", *SHOWN, "failures", "inputs")
    return {name: metadata[name] for name in wanted if name in metadata}


def show_result(metadata: Mapping[str, Any]) -> None:
    """Print what a run made."""
    for name in SHOWN:
        if name not in metadata:
            continue
        value = metadata[name]
        text = f"{value:.3f}" if isinstance(value, float) else str(value)
        typer.echo(f"{name.removeprefix('dagster/'):18} {text}")
    for one in metadata.get("inputs", ()):
        manifest = "without a manifest" if one["manifest"] == "none" else ""
        missing = f"lacks {one['missing_features']}" if one["missing_features"] else ""
        said = " ".join(filter(None, (manifest, missing)))
        typer.echo(f"input {one['label']}: {one['rows']} rows {said}".rstrip())
    for failure in metadata.get("failures", ())[:FAILURES_SHOWN]:
        typer.echo(f"failed {failure['key']}: {failure['stage']}: {failure['reason']}")
    failed = metadata.get("clips_failed") or metadata.get("reports_failed") or 0
    if (more := failed - FAILURES_SHOWN) > 0:
        typer.echo(f"failed: {more} more; the manifest names all")
    for missing in metadata.get("unavailable_features", ()):
        typer.echo(f"null {missing['feature']} ({missing['clips']}): {missing['reason']}")


def print_json(document: Mapping[str, Any]) -> None:
    """Print strict JSON on one line."""
    typer.echo(json.dumps(finite(dict(document)), sort_keys=True))
