"""What the checks of training tables alone say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.manifests.training import MergedManifest, TrainingManifest
from corpus_assets.manifests.verdict import Fact, Verdict, first

if TYPE_CHECKING:
    from corpus_assets.manifests.evidence import Evidence
    from corpus_assets.manifests.training_parts import ConflictPart

LISTED = 20
"""Contents with several names whose names are facts of the verdict."""


def judge_sources(evidence: Evidence) -> Verdict:
    """Name what would be on two sides of a split by names. Raises SetupError or DataError."""
    manifest = evidence.manifest
    if not isinstance(manifest, TrainingManifest):
        return Verdict()
    sources = manifest.sources
    findings = [f"one content has {one.count} names: {first(one.names)}" for one in sources.listed]
    if (more := sources.repeated - len(findings)) > 0:
        findings.append(f"and {more} more contents with several names")
    unknown = (
        f"the content of {sources.unknown} sources is not known, so that nothing is said of it"
    )
    return Verdict(
        tuple(findings),
        (unknown,) if sources.unknown else (),
        {
            "contents": sources.contents,
            "unknown": sources.unknown,
            "repeated": sources.repeated,
            "first_repeated": tuple(", ".join(one.names) for one in sources.listed[:LISTED]),
        },
    )


def judge_conflicts(evidence: Evidence) -> Verdict:
    """Name rows of one encode that do not agree. Raises SetupError or DataError."""
    manifest = evidence.manifest
    if not isinstance(manifest, MergedManifest):
        return Verdict()
    summary = manifest.summary
    findings = [_conflict(one) for one in manifest.conflicts]
    if (more := summary.conflicts - len(findings)) > 0:
        findings.append(f"and {more} more rows that do not agree with the first of their encode")
    facts: dict[str, Fact] = {
        "duplicates": summary.duplicates,
        "conflicts": summary.conflicts,
    }
    return Verdict(tuple(findings), facts=facts)


def _conflict(one: ConflictPart) -> str:
    kept, dropped = (
        f"{place.vmaf_score:.6f} by {place.vmaf_model} ({place.clip_mode}) in {place.input}, line "
        f"{place.line}"
        for place in (one.kept, one.dropped)
    )
    encode = f"{one.src_sha256[:12]}… {one.encoder} {one.preset} crf {one.crf}"
    return f"{encode}: {kept}, and {dropped}"
