"""Manifests of tables that scoring clips makes."""

from __future__ import annotations

from typing import Literal

import pydantic

from corpus_assets.manifests.computed import AccelerationPart, ComputedPart
from corpus_assets.manifests.engine import EnginePart, RecipePart
from corpus_assets.manifests.parts import ArtifactPart, InventoryPart, Part, ToolPart
from corpus_assets.manifests.provenance import RunProvenance
from corpus_assets.manifests.run_parts import (
    CachePart,
    CountsPart,
    DagsterPart,
    FailurePart,
    SkippedPart,
    TrustedPart,
    UnavailablePart,
)


class ScoredManifest(Part):
    """What the manifests of all scored tables have in common."""

    features: tuple[str, ...]
    run_provenance: RunProvenance
    created: str
    tool: ToolPart = ToolPart()
    artifact: ArtifactPart
    engine: EnginePart
    inventory: InventoryPart
    cache: CachePart
    trusted_reports: tuple[TrustedPart, ...]
    counts: CountsPart
    skipped: tuple[SkippedPart, ...]
    failures: tuple[FailurePart, ...]
    unavailable_features: tuple[UnavailablePart, ...]
    computed_by: tuple[ComputedPart, ...] = ()
    acceleration: AccelerationPart | None = None
    dagster: DagsterPart | None = None

    @property
    def mixed_columns(self) -> tuple[str, ...]:
        """The columns that kernels computed for some clips, and libvmaf for others."""
        computers: dict[str, set[str]] = {}
        for part in self.computed_by:
            computers.setdefault(part.column, set()).add(part.by)
        return tuple(name for name, by in computers.items() if by >= {"kernels", "libvmaf"})


class KonvidStats(Part):
    """Counts that existing readers use; `clips_processed` = selected - failed."""

    clips_selected: int
    clips_processed: int
    clips_failed: int
    frames: int
    elapsed_s: float


class KonvidManifest(ScoredManifest):
    """What the manifests of KoNViD-1k's tables have in common."""

    contract = (
        "schema",
        "features",
        "crf",
        "cache_enabled",
        "failed_clips",
        "stats",
        "run_provenance",
    )

    crf: int
    cache_enabled: bool
    failed_clips: tuple[str, ...]
    stats: KonvidStats
    recipe: RecipePart


class KonvidPairsManifest(KonvidManifest):
    """The manifest of `konvid_vmaf_pairs.parquet`."""

    schema_: Literal["konvid-vmaf-pairs-manifest-v1"] = pydantic.Field(
        default="konvid-vmaf-pairs-manifest-v1", alias="schema"
    )


class KonvidFullManifest(KonvidManifest):
    """The manifest of `full_features_konvid.parquet`."""

    schema_: Literal["konvid-full-features-manifest-v1"] = pydantic.Field(
        default="konvid-full-features-manifest-v1", alias="schema"
    )
    codec: str
    feature_set: str


class NetflixStats(Part):
    """Counts that existing readers use; `pairs` are those in the table."""

    pairs: int
    rows: int
    elapsed_s: float


class GeometryPart(Part):
    """What raw files were taken for; `assumed` when the user did not state it."""

    width: int
    height: int
    pix_fmt: str
    assumed: bool


class NetflixManifest(ScoredManifest):
    """The manifest of `full_features_netflix.parquet`."""

    contract = (
        "schema",
        "features",
        "stats",
        "run_provenance",
    )

    schema_: Literal["netflix-full-features-manifest-v1"] = pydantic.Field(
        default="netflix-full-features-manifest-v1", alias="schema"
    )
    codec: str
    feature_set: str
    geometry: GeometryPart
    stats: NetflixStats


class BviStats(Part):
    """Counts that existing readers use; `frames` are rows, `columns` a count."""

    input_mode: Literal["zip", "dir"]
    tier: str
    clips_selected: int
    frames: int
    columns: int


class BviFullManifest(ScoredManifest):
    """The manifest of `full_features_bvi_dvc_<tier>.parquet`."""

    contract = (
        "schema",
        "features",
        "extractors",
        "crf",
        "codec",
        "cache",
        "stats",
        "run_provenance",
    )

    schema_: Literal["bvi-dvc-full-features-manifest-v1"] = pydantic.Field(
        default="bvi-dvc-full-features-manifest-v1", alias="schema"
    )
    extractors: tuple[str, ...]
    crf: int
    codec: str
    feature_set: str
    stats: BviStats
    recipe: RecipePart
