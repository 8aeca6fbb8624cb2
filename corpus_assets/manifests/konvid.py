"""Manifests of the KoNViD-1k tables."""

from __future__ import annotations

from typing import Literal

import pydantic

from corpus_assets.manifests.parts import (
    ArtifactPart,
    CachePart,
    CountsPart,
    DagsterPart,
    EnginePart,
    FailurePart,
    InventoryPart,
    Part,
    RecipePart,
    SkippedPart,
    ToolPart,
)
from corpus_assets.manifests.provenance import RunProvenance


class KonvidStats(Part):
    """Counts that existing readers use; `clips_processed` = selected - failed."""

    clips_selected: int
    clips_processed: int
    clips_failed: int
    frames: int
    elapsed_s: float


class KonvidPairsManifest(Part):
    """The manifest of `konvid_vmaf_pairs.parquet`."""

    schema_: Literal["konvid-vmaf-pairs-manifest-v1"] = pydantic.Field(
        default="konvid-vmaf-pairs-manifest-v1", alias="schema"
    )
    features: tuple[str, ...]
    crf: int
    cache_enabled: bool
    failed_clips: tuple[str, ...]
    stats: KonvidStats
    run_provenance: RunProvenance
    created: str
    tool: ToolPart = ToolPart()
    artifact: ArtifactPart
    engine: EnginePart
    recipe: RecipePart
    inventory: InventoryPart
    cache: CachePart
    counts: CountsPart
    skipped: tuple[SkippedPart, ...]
    failures: tuple[FailurePart, ...]
    dagster: DagsterPart | None = None
