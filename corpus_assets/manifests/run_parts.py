"""The parts of a manifest that say how a run went: cache, counts, what was left out and failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import pydantic

from corpus_assets.corpora.clip import Discovery
from corpus_assets.extraction.outcome import Failed
from corpus_assets.extraction.progress import Counts
from corpus_assets.extraction.scorer import CachePolicy
from corpus_assets.manifests.parts import Part, PathText


class CachePart(Part):
    """What the cache gave: `damaged` entries were there but not as written; `unread` not asked.

    `trusted` were reports of other tools.
    """

    contract = ("enabled", "directory")
    mark = "policy"

    enabled: bool
    policy: CachePolicy
    directory: PathText
    hits: int
    trusted: int
    misses: int
    stale: int
    damaged: int
    unread: int


class CountsPart(Part):
    """Where every entry that was found has gone."""

    found: int
    selected: int
    skipped: int
    extracted: int
    cached: int
    failed: int

    @pydantic.model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.found != self.selected + self.skipped:
            raise ValueError("found must be selected + skipped")
        if self.selected != self.extracted + self.cached + self.failed:
            raise ValueError("selected must be extracted + cached + failed")
        return self

    @classmethod
    def of(cls, discovery: Discovery, counts: Counts) -> Self:
        """Count a finished run."""
        return cls(
            found=discovery.found,
            selected=counts.selected,
            skipped=len(discovery.skipped),
            extracted=counts.extracted,
            cached=counts.cached,
            failed=counts.failed,
        )


class TrustedPart(Part):
    """Another tool's report, whose numbers are in the table as they stand in it."""

    key: str
    sha256: str


class SkippedPart(Part):
    """Something that was found and left out."""

    name: str
    reason: str


class FramesPart(Part):
    """The frame ledger of a failed clip: counts as far as they are known.

    `accelerated` are the frames that kernels scored, beside libvmaf.
    """

    container: int | None = None
    container_distorted: int | None = None
    decoded_reference: int | None = None
    decoded_distorted: int | None = None
    scored: int | None = None
    accelerated: int | None = None


class FailurePart(Part):
    """A clip that is not in the table, and why."""

    key: str
    stage: str
    reason: str
    exit_code: int | None
    signal: str | None
    stderr_tail: tuple[str, ...]
    frames: FramesPart

    @classmethod
    def of(cls, failed: Failed) -> Self:
        """Describe a failed clip."""
        return cls(
            key=failed.clip.key,
            stage=failed.stage,
            reason=failed.reason,
            exit_code=failed.exit_code,
            signal=failed.signal,
            stderr_tail=failed.stderr_tail,
            frames=FramesPart(**failed.frames),
        )


class UnavailablePart(Part):
    """A column without numbers, and why; `clips` are the keys concerned, null for all."""

    feature: str
    reason: str
    clips: tuple[str, ...] | None


class DagsterPart(Part):
    """Facts of the launcher, which do not change the artifact.

    `launched_by` names the schedule, sensor, backfill or command; `partition` is None where the
    asset has none.
    """

    run_id: str
    job: str
    asset_key: str
    partition: str | None = None
    launched_by: str | None = None
    code_version: str | None


def cache_part(policy: CachePolicy, directory: Path, lookups: Counter[str]) -> CachePart:
    """Describe what the cache gave in a run."""
    return CachePart.model_validate(
        {
            "enabled": policy != "off",
            "policy": policy,
            "directory": str(directory),
            "hits": lookups["hit"],
            "trusted": lookups["trusted"],
            "misses": lookups["miss"],
            "stale": lookups["stale"] + lookups["others"],
            "damaged": lookups["damaged"],
            "unread": lookups["unread"],
        }
    )


def unavailable_parts(
    unavailable: Mapping[tuple[str, str], Sequence[str]], counts: Counts
) -> tuple[UnavailablePart, ...]:
    """Describe columns without numbers; `unavailable` maps (feature, reason) to clip keys."""
    succeeded = counts.extracted + counts.cached
    return tuple(
        UnavailablePart(
            feature=feature,
            reason=reason,
            clips=None if len(keys) == succeeded else tuple(keys),
        )
        for (feature, reason), keys in sorted(unavailable.items())
    )
