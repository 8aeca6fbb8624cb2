"""What of two manifests can be compared: facts by name, in groups.

What only tells of a run is no such fact: when and by whom it was started, how long it took, what
came from the cache, how many workers there were, and where files and programs lay.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from corpus_assets.manifests.engine import computing_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from corpus_assets.manifests.statement import Statement

    Facts = Mapping[str, Any]

NOT_SAID = ""
"""Stands for a reason that an earlier script did not record."""
NOT_SETTINGS = frozenset(
    {
        *("data_root", "konvid_root", "bvi_zip", "bvi_dir", "cache_dir", "symlink_roots"),
        *("vmaf_bin", "ffmpeg", "model", "out", "output", "manifest_out"),
        *("inputs", "corpus_rows", "shards"),
        *(
            "workers",
            "memory_gib",
            "dask_address",
            "accelerate",
            "cache_policy",
            "clip_timeout",
            "max_failed_share",
        ),
    }
)
"""Arguments that are paths, for which digests stand, or say how a run went: counts tell what of it
came."""
COUNTS = {
    "clips_selected": "selected",
    "clips_processed": "scored",
    "pairs": "scored",
    "clips_failed": "failed",
    "cache_files": "found",
    "input_count": "inputs",
}
"""What the counts for existing readers are called elsewhere in a manifest."""
SCORED = ("extracted", "cached")
ENGINE = "engine."
ELSEWHERE = ("engine.model", "engine.extractors")
"""Facts of the engine that other groups tell of."""


def inputs(said: Statement) -> Facts | None:
    """Return the digest of every input file by its path."""
    return {file.path: file.sha256 for file in said.inventory.files} if said.inventory else None


def trusted_reports(said: Statement) -> Facts | None:
    """Return the digest of every trusted report by its key."""
    if said.trusted_reports is None:
        return {} if said.whole else None
    return {report.key: report.sha256 for report in said.trusted_reports}


def recipe(said: Statement) -> Facts:
    """Return how the distorted side was made and read."""
    known = said.recipe.model_dump() if said.recipe else _labels(said)
    geometry = said.geometry.model_dump() if said.geometry else {}
    version = said.dagster.code_version if said.dagster else None
    return (
        known
        | {f"geometry.{name}": value for name, value in geometry.items()}
        | ({"code_version": version} if version else {})
    )


def _labels(said: Statement) -> dict[str, Any]:
    labels = {name: said.setting(name) for name in ("encoder", "preset", "crf", "pix_fmt")}
    return {name: value for name, value in labels.items() if value is not None}


def features(said: Statement) -> Facts | None:
    """Return the features."""
    if said.features is None:
        return {} if said.whole else None
    return dict.fromkeys(said.features, "column")


def model(said: Statement) -> Facts:
    """Return the model of the teacher score."""
    if said.model:
        return said.model.model_dump()
    if said.engine:
        return said.engine.model.model_dump(exclude={"path"})
    digest = said.run_provenance.digest_of("model")
    named = said.run_provenance.args.get("model")
    if not isinstance(named, str):
        return {"sha256": digest} if digest else {}
    name = PurePath(named).stem if named.endswith(".json") else named
    return {"name": name, "sha256": digest} if digest else {"name": name}


def engine(said: Statement) -> Facts:
    """Return digests and versions of the programs; which extractors ran follows from features."""
    if said.engine:
        known = computing_facts(said.engine)
        facts = {name.removeprefix(ENGINE): known[name] for name in known if name not in ELSEWHERE}
        return {**facts, **_computers(said)}
    digest = said.run_provenance.digest_of("vmaf_bin")
    return {"binary_sha256": digest} if digest else {}


def _computers(said: Statement) -> Facts:
    """Return who computed a column, where it was kernels for some clips and libvmaf for others."""
    clips: dict[str, dict[str, int]] = {}
    for part in said.computed_by:
        if part.clips is not None and part.by != "another tool":
            clips.setdefault(part.column, {})[part.by] = len(part.clips)
    return {
        f"computed_by {column}": ", ".join(f"{by} ({count} clips)" for by, count in counts.items())
        for column, counts in clips.items()
        if len(counts) > 1
    }


def settings(said: Statement) -> Facts:
    """Return the resolved settings that are neither paths nor about the run."""
    provenance = said.run_provenance
    paths = provenance.inputs.keys() | provenance.outputs.keys() | NOT_SETTINGS
    return {name: value for name, value in provenance.args.items() if name not in paths}


def counts(said: Statement) -> Facts:
    """Return how many clips, or reports, went where."""
    for_readers = {COUNTS[name]: said.stats[name] for name in COUNTS if name in said.stats}
    kept = {name: count for name, count in said.counts.items() if name not in SCORED}
    if said.counts.keys() >= set(SCORED):
        kept["scored"] = sum(said.counts[name] for name in SCORED)
    return for_readers | kept | said.summary


def skipped(said: Statement) -> Facts | None:
    """Return the reason of everything that was left out."""
    if said.skipped is None:
        return {} if said.whole else None
    return _joined((one.name, one.reason) for one in said.skipped)


def failed(said: Statement) -> Facts | None:
    """Return the reason of every failure, by key."""
    if said.failures is None:
        clips = said.failed_clips or (() if said.whole else said.failed_clips)
        return None if clips is None else dict.fromkeys(clips, NOT_SAID)
    return _joined((one.key, f"{one.stage}: {one.reason}") for one in said.failures)


def unavailable(said: Statement) -> Facts | None:
    """Return the reason of every feature without numbers, or of every clip or input of it."""
    if said.inputs:
        missing = ((name, one.label) for one in said.inputs for name in one.missing_features)
        return {f"{name} of {label}": "no such column" for name, label in missing}
    if said.unavailable_features is None:
        return {} if said.whole else None
    return _joined(
        (one.feature if clip is None else f"{one.feature} of {clip}", one.reason)
        for one in said.unavailable_features
        for clip in (one.clips if one.clips is not None else (None,))
    )


def artifact(said: Statement) -> Facts:
    """Return what the table is, and the digest of its splits."""
    if said.artifact:
        columns = [f"{column.name} {column.type}" for column in said.artifact.columns]
        digest = said.artifact.content_sha256
        splits = {"splits": said.splits.sha256} if said.splits else {}
        facts = {"rows": said.artifact.rows, "columns": columns, "content_sha256": digest}
        return facts | splits
    return {} if said.rows is None else {"rows": said.rows}


def _joined(pairs: Iterable[tuple[str, str]]) -> Facts:
    """Return the texts of each name; an archive may hold a name twice."""
    texts: dict[str, str] = {}
    for name, text in sorted(pairs):
        texts[name] = f"{texts[name]}; {text}" if name in texts else text
    return texts


GROUPS = {
    "inputs": inputs,
    "trusted_reports": trusted_reports,
    "recipe": recipe,
    "features": features,
    "model": model,
    "engine": engine,
    "settings": settings,
    "counts": counts,
    "skipped": skipped,
    "failed": failed,
    "unavailable": unavailable,
    "artifact": artifact,
}
"""Groups in the order in which people ask for the reason of a difference."""
LISTS = ("inputs", "trusted_reports", "features", "skipped", "failed", "unavailable")
"""Groups that say all or nothing: what is not in them is not there."""
