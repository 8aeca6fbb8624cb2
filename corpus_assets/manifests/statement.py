"""What a manifest of any kind says, whoever wrote it; None for what it does not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydantic

from corpus_assets.manifests.computed import ComputedPart
from corpus_assets.manifests.engine import EnginePart, RecipePart
from corpus_assets.manifests.parts import ArtifactPart, InventoryPart, ToolPart
from corpus_assets.manifests.reading import read_document, validated
from corpus_assets.manifests.run_parts import DagsterPart, SkippedPart, TrustedPart, UnavailablePart
from corpus_assets.manifests.scored import GeometryPart
from corpus_assets.manifests.training_parts import SplitsPart, TeacherPart

LONG = ("inventory", "skipped", "trusted_reports", "unavailable_features")
"""Blocks that may be long; they are validated once."""
COMMON = ("run_provenance", "stats")


class Said(pydantic.BaseModel, frozen=True, extra="ignore"):
    """A block of which only what is asked for is read."""


class SaidFailure(Said):
    """A clip, or report, that failed."""

    key: str
    stage: str
    reason: str


class SaidManifest(Said):
    """The manifest of an input of a training table."""

    schema_: str = pydantic.Field(alias="schema")


class SaidInput(Said):
    """An input of a training table."""

    label: str
    rows: int | None = None
    sha256: str | None = None
    missing_features: tuple[str, ...] = ()
    manifest: SaidManifest | None = None


class SaidProvenance(Said):
    """Of `run_provenance`, what all tools record."""

    entrypoint: dict[str, Any] = {}
    argv: tuple[str, ...] = ()
    args: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    outputs: dict[str, Any] = {}

    def digest_of(self, name: str) -> str | None:
        """Return the digest that is recorded of an input file."""
        record = self.inputs.get(name)
        digest = record.get("sha256") if isinstance(record, dict) else None
        return digest if isinstance(digest, str) else None


class Statement(Said):
    """A manifest of any kind. Those of earlier scripts have no `artifact`, and are not `whole`."""

    schema_: str = pydantic.Field(alias="schema")
    run_provenance: SaidProvenance = SaidProvenance()
    stats: dict[str, Any] = {}
    created: str | None = None
    tool: ToolPart | None = None
    dagster: DagsterPart | None = None
    artifact: ArtifactPart | None = None
    engine: EnginePart | None = None
    inventory: InventoryPart | None = None
    recipe: RecipePart | None = None
    geometry: GeometryPart | None = None
    counts: dict[str, int] = {}
    inputs: tuple[SaidInput, ...] = ()
    model: TeacherPart | None = None
    summary: dict[str, int] = {}
    splits: SplitsPart | None = None
    trusted_reports: tuple[TrustedPart, ...] | None = None
    skipped: tuple[SkippedPart, ...] | None = None
    failures: tuple[SaidFailure, ...] | None = None
    failed_clips: tuple[str, ...] | None = None
    unavailable_features: tuple[UnavailablePart, ...] | None = None
    computed_by: tuple[ComputedPart, ...] = ()
    features: tuple[str, ...] | None = None
    feature_set: str | None = None
    encoder: str | None = None
    preset: str | None = None
    crf: int | None = None
    pix_fmt: str | None = None

    @property
    def whole(self) -> bool:
        """Whether it says all that a manifest of this package does."""
        return self.artifact is not None

    @property
    def artifact_path(self) -> str | None:
        """Where the artifact was written."""
        if self.artifact:
            return self.artifact.path
        outputs = self.run_provenance.outputs
        path = outputs.get("parquet") or outputs.get("jsonl")
        return path if isinstance(path, str) else None

    @property
    def rows(self) -> int | None:
        """How many rows the artifact has."""
        if self.artifact:
            return self.artifact.rows
        known = self.stats | self.summary
        names = ("rows", "frames", "output_rows", "rows_out")
        rows = next((known[name] for name in names if name in known), None)
        return rows if isinstance(rows, int) else None

    def setting(self, name: str) -> Any:  # noqa: ANN401 (of any type)
        """Return what is said of the encode, or else was set; None where neither is."""
        said = getattr(self.recipe or self, name)
        return self.run_provenance.args.get(name) if said is None else said


def common(document: dict[str, Any]) -> Statement:
    """Return what manifests of all tools say, of any schema. Raises pydantic.ValidationError."""
    said = {name: document[name] for name in COMMON if document.get(name) is not None}
    return Statement.model_validate({"schema": str(document.get("schema")), **said})


def read_statement(path: Path) -> Statement:
    """Read a manifest; one of ours must be valid, of an earlier script's the common keys are read.

    Raises MissingManifestError, or DataError naming what is wrong.
    """
    kind, document = read_document(path)
    if "artifact" in document:
        ours = validated(kind, document, path)
        document |= {name: getattr(ours, name) for name in LONG if name in document}
    else:
        document = {key: document[key] for key in kind.contract if key in document}
    return validated(Statement, document, path)
