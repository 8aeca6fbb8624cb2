"""Manifests of training tables, which are made of other tables."""

from __future__ import annotations

from typing import Literal

import pydantic

from corpus_assets.manifests.parts import ArtifactPart, InventoryPart, Part, ToolPart
from corpus_assets.manifests.provenance import RunProvenance
from corpus_assets.manifests.run_parts import DagsterPart
from corpus_assets.manifests.source_parts import SourcesPart
from corpus_assets.manifests.training_parts import (
    CombinedInputPart,
    ConflictPart,
    MergeSummary,
    SourceTablePart,
    SplitsPart,
    TeacherPart,
)


class TrainingManifest(Part):
    """What the manifests of all training tables have in common."""

    run_provenance: RunProvenance
    created: str
    tool: ToolPart = ToolPart()
    artifact: ArtifactPart
    inventory: InventoryPart
    sources: SourcesPart
    splits: SplitsPart | None
    dagster: DagsterPart | None = None


class CombinedStats(Part):
    """Counts that existing readers use; `corpora` are names."""

    input_count: int
    output_rows: int
    corpora: tuple[str, ...]


class CombinedManifest(TrainingManifest):
    """The manifest of `full_features_combined.parquet`; `model` is null where no input tells."""

    contract = ("schema", "inputs", "output_columns", "stats", "run_provenance")

    schema_: Literal["full-feature-parquet-combine-manifest-v1"] = pydantic.Field(
        default="full-feature-parquet-combine-manifest-v1", alias="schema"
    )
    inputs: tuple[CombinedInputPart, ...]
    features: tuple[str, ...]
    model: TeacherPart | None
    output_columns: tuple[str, ...]
    stats: CombinedStats


class MergedManifest(TrainingManifest):
    """The manifest of `fr_train_corpus.jsonl`; `conflicts` are the first of them."""

    contract = ("schema", "required_keys", "dedup_key", "summary", "run_provenance")

    schema_: Literal["vmaf-tune-corpus-merge-manifest-v1"] = pydantic.Field(
        default="vmaf-tune-corpus-merge-manifest-v1", alias="schema"
    )
    inputs: tuple[SourceTablePart, ...]
    required_keys: tuple[str, ...]
    dedup_key: tuple[str, ...]
    summary: MergeSummary
    conflicts: tuple[ConflictPart, ...]
