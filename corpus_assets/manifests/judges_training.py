"""What the checks of training tables alone say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.manifests.training import MergedManifest, TrainingManifest
from corpus_assets.manifests.verdict import Fact, Verdict, first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.manifests.evidence import Evidence
    from corpus_assets.manifests.source_parts import SourcesPart
    from corpus_assets.manifests.training_parts import ConflictPart

LISTED = 20
"""Contents with several names whose names are facts of the verdict."""
DIGESTS_SHOWN = 3


def judge_sources(evidence: Evidence) -> Verdict:
    """Name what would be on two sides of a split by names. Raises SetupError or DataError."""
    manifest = evidence.manifest
    if not isinstance(manifest, TrainingManifest):
        return Verdict()
    sources = manifest.sources
    findings = [f"one content has {one.count} names: {first(one.names)}" for one in sources.listed]
    if (more := sources.repeated - len(findings)) > 0:
        findings.append(f"and {more} more contents with several names")
    return Verdict(
        (*findings, *_divided(sources)),
        tuple(_not_known(sources)),
        {
            "contents": sources.contents,
            "unknown": sources.unknown,
            "joined": sources.joined,
            "divided": sources.divided,
            "repeated": sources.repeated,
            "first_repeated": tuple(", ".join(one.names) for one in sources.listed[:LISTED]),
        },
    )


def _divided(sources: SourcesPart) -> Iterator[str]:
    """Name what splits by content would have on two sides."""
    for one in sources.listed_divided:
        digests = ", ".join(f"{digest[:12]}…" for digest in one.sha256[:DIGESTS_SHOWN])
        yield f"{one.name} has, or may have, {one.count} contents: {digests}"
    if (more := sources.divided - len(sources.listed_divided)) > 0:
        yield f"and {more} more names with several contents"


def _not_known(sources: SourcesPart) -> Iterator[str]:
    if sources.unknown:
        yield f"the content of {sources.unknown} sources is not known: nothing is said of it"
    if sources.joined:
        yield (
            f"the content of {sources.joined} more sources is taken for the one that is known of a "
            "source with the same key"
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
