"""What each check says of an artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.errors import RootError
from corpus_assets.manifests.claims import declared_features, declared_spec
from corpus_assets.manifests.counts import check_counts, check_counts_of_table
from corpus_assets.manifests.membership import compare_members
from corpus_assets.manifests.pair import examine
from corpus_assets.manifests.rows import CorpusRowsManifest
from corpus_assets.manifests.scored import ScoredManifest
from corpus_assets.manifests.training import (
    CombinedManifest,
    MergedManifest,
)
from corpus_assets.manifests.unchanged import compare_inputs
from corpus_assets.manifests.verdict import SHOWN, Fact, Verdict, first

if TYPE_CHECKING:
    from corpus_assets.manifests.evidence import Evidence
    from corpus_assets.manifests.kinds import Manifest

MOST_FAILED = 0.01
"""Share of the clips above which their failures are worth a warning."""


def judge_pair(evidence: Evidence) -> Verdict:
    """Hold the bytes against the manifest. Raises OSError."""
    mismatches = examine(evidence.path)
    findings = tuple(f"{evidence.path}: {one}" for one in mismatches)
    return Verdict(findings, facts={"mismatches": len(mismatches)})


def judge_counts(evidence: Evidence) -> Verdict:
    """Hold the counts against each other and the table. Raises SetupError or DataError."""
    manifest, table = evidence.manifest, evidence.table
    mismatches = [*check_counts(manifest), *check_counts_of_table(manifest, table)]
    facts: dict[str, Fact] = {"rows": table.rows, "clips": table.clips}
    return Verdict(tuple(map(str, mismatches)), facts=facts | _counted(manifest))


def _counted(manifest: Manifest) -> dict[str, Fact]:
    if isinstance(manifest, CombinedManifest):
        return {"inputs": manifest.stats.input_count}
    if isinstance(manifest, MergedManifest):
        return manifest.summary.model_dump()
    return manifest.counts.model_dump()


def judge_columns(evidence: Evidence) -> Verdict:
    """Hold the columns against those declared. Raises SetupError or DataError."""
    manifest, table = evidence.manifest, evidence.table
    declared = tuple((c.name, c.type_name) for c in declared_spec(manifest).columns)
    recorded = tuple((c.name, c.type) for c in manifest.artifact.columns)
    findings = [
        *_difference("the table", table.columns, declared),
        *_difference("artifact.columns of the manifest", recorded, declared),
        *table.shape.lines(),
    ]
    if isinstance(manifest, ScoredManifest):
        features = declared_features(manifest).columns
        if manifest.features != features:
            findings.append(f"features: expected {list(features)}, found {list(manifest.features)}")
    return Verdict(tuple(findings), facts={"columns": len(table.columns)})


def _difference(
    where: str, found: tuple[tuple[str, str], ...], declared: tuple[tuple[str, str], ...]
) -> list[str]:
    """Name the columns that are missing, extra or of another type; else where the order differs."""
    if found == declared:
        return []
    missing = [f"lacks {' '.join(column)}" for column in declared if column not in found]
    extra = [f"has {' '.join(column)}, which is not declared" for column in found]
    extra = [text for text, column in zip(extra, found, strict=True) if column not in declared]
    order = [f"has its columns in another order: {first([name for name, _ in found])}"]
    return [f"{where} {text}" for text in (*missing, *extra)] or [f"{where} {order[0]}"]


def judge_keys(evidence: Evidence) -> Verdict:
    """Say whether every clip is there once and in order. Raises SetupError or DataError."""
    table = evidence.table
    facts: dict[str, Fact] = {"clips": table.clips, "breaches": table.keys.count}
    if isinstance(evidence.manifest, CorpusRowsManifest):
        facts["rows_of_one_encode"] = table.alike.count
    return Verdict(table.keys.lines(), table.alike.lines(), facts)


def judge_values(evidence: Evidence) -> Verdict:
    """Say whether all numbers can be. Raises SetupError or DataError."""
    table = evidence.table
    facts: dict[str, Fact] = {"rows": table.rows, "breaches": table.values.count}
    if isinstance(evidence.manifest, ScoredManifest):
        facts["null_in_every_frame"] = table.empty.count
    return Verdict(table.values.lines(), table.empty.lines(), facts)


def judge_failures(evidence: Evidence) -> Verdict:
    """Compare the share of failures with the most that is usual. Raises SetupError or DataError."""
    failed, of, keys = _failures(evidence.manifest)
    share = failed / of if of else 0.0
    facts: dict[str, Fact] = {"failed": failed, "selected": of, "share": share}
    said = f"{failed} of {of} failed, {share:.2%}: {first(keys)}" if failed else ""
    line = (said,) if said else ()
    facts["first_failed"] = keys[:SHOWN]
    if share > MOST_FAILED:
        return Verdict(line, facts=facts)
    return Verdict(notes=line, facts=facts)


def _failures(manifest: Manifest) -> tuple[int, int, tuple[str, ...]]:
    """Return how many failed, of how many, and which; of a training table those of its inputs."""
    if isinstance(manifest, CombinedManifest | MergedManifest):
        failed = [one for one in manifest.inputs if one.failed]
        of = sum(one.selected or 0 for one in manifest.inputs)
        names = tuple(f"{one.failed} of {one.label}" for one in failed)
        return sum(one.failed or 0 for one in failed), of, names
    counts = manifest.counts.model_dump()
    keys = tuple(failure.key for failure in manifest.failures)
    return counts["failed"], counts.get("selected", counts["found"]), keys


def judge_inputs(evidence: Evidence) -> Verdict:
    """Compare the inputs with those there now. Raises SetupError or DataError."""
    manifest = evidence.manifest
    try:
        files, members = compare_inputs(manifest, evidence.since), compare_members(manifest)
    except RootError as error:
        return Verdict((f"the inputs cannot be looked at: {error}",))
    named = (("added", members.added), ("removed", members.removed))
    findings = [f"{path}: {what}" for path, what in files.changed.items()]
    findings += [f"{len(keys)} {what} since: {first(keys)}" for what, keys in named if keys]
    return Verdict(
        tuple(findings),
        facts={
            "files": manifest.inventory.count,
            "unchanged_by_stat": files.by_stat,
            "hashed": files.hashed,
            "changed": len(files.changed),
            "added": len(members.added),
            "removed": len(members.removed),
        },
    )
