"""Manifests of tables of corpus rows."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from corpus_assets.manifests.parts import ArtifactPart, InventoryPart, Part, ToolPart
from corpus_assets.manifests.provenance import RunProvenance
from corpus_assets.manifests.run_parts import DagsterPart


class RowsStats(Part):
    """Counts that existing readers use: every report that was found, and the rows written."""

    cache_files: int
    rows: int


class ReportCountsPart(Part):
    """Where every report has gone; `incomplete` rows lack a mean or deviation of a feature."""

    found: int
    ours: int
    foreign: int
    failed: int
    incomplete: int

    @pydantic.model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.found != self.ours + self.foreign + self.failed:
            raise ValueError("found must be ours + foreign + failed")
        return self


class RefusedPart(Part):
    """A report that gave no row, `<key>.json`, and why."""

    key: str
    stage: str
    reason: str


class CorpusRowsManifest(Part):
    """The manifest of `bvi_dvc_corpus.jsonl`."""

    contract = (
        *("schema", "row_schema_version", "encoder", "preset", "crf", "pix_fmt"),
        *("stats", "run_provenance"),
    )

    schema_: Literal["bvi-dvc-corpus-jsonl-manifest-v1"] = pydantic.Field(
        default="bvi-dvc-corpus-jsonl-manifest-v1", alias="schema"
    )
    row_schema_version: int
    encoder: str
    preset: str
    crf: int
    pix_fmt: str
    stats: RowsStats
    run_provenance: RunProvenance
    created: str
    tool: ToolPart = ToolPart()
    artifact: ArtifactPart
    inventory: InventoryPart
    counts: ReportCountsPart
    failures: tuple[RefusedPart, ...]
    dagster: DagsterPart | None = None
