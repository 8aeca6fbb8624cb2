"""The parts of manifests of training tables: inputs, splits, and what a merge did."""

from __future__ import annotations

from typing import Self

import pydantic

from corpus_assets.manifests.parts import Part, PathText
from corpus_assets.tables.merging import Conflict, Merger, Place


class InputManifestPart(Part):
    """The manifest of an input; `verified`: it records the input's digest, which is the input's."""

    path: PathText
    schema_: str = pydantic.Field(alias="schema")
    sha256: str
    verified: bool


class SourceTablePart(Part):
    """A table that another is made of.

    `content_sha256` is null where the table has types without a layout, and of JSON lines without
    a manifest. `manifest` is null where there is none, so that nothing says how the table was made.
    `selected` and `failed` are the clips, or reports, of its manifest.
    """

    label: str
    path: PathText
    rows: int
    bytes: int
    sha256: str
    content_sha256: str | None
    manifest: InputManifestPart | None
    selected: int | None
    failed: int | None


class CombinedInputPart(SourceTablePart):
    """An input of the combined table.

    `missing_features` are columns that it lacks, `nulls` counts values without a number in those
    that it has, `assumed` are labels that it lacks, with what is said instead, `ignored_columns`
    those that are not in the combined table.
    """

    contract = ("label", "path", "rows", "missing_features")
    mark = "sha256"

    corpus: str
    missing_features: tuple[str, ...]
    nulls: dict[str, int]
    assumed: dict[str, str]
    ignored_columns: tuple[str, ...]


class SplitsPart(Part):
    """The file of splits that was published with the table."""

    path: PathText
    bytes: int
    sha256: str


class TeacherPart(Part):
    """The model of the teacher score; the digest where it is a file."""

    name: str
    sha256: str | None


class MergeSummary(Part):
    """Counts that existing readers use; `conflicts` are among the `duplicates`."""

    rows_in: int
    rows_out: int
    duplicates: int
    conflicts: int
    unique_sources: int

    @classmethod
    def of(cls, merger: Merger) -> Self:
        """Count what a merge did."""
        kept = len(merger.first)
        return cls(
            rows_in=merger.rows,
            rows_out=kept,
            duplicates=merger.rows - kept,
            conflicts=merger.conflicts,
            unique_sources=len(merger.contents.names),
        )


class PlacePart(Part):
    """A row of an input, by its label and line, and what another row must agree with."""

    input: str
    line: int
    vmaf_model: str
    clip_mode: str
    vmaf_score: float

    @classmethod
    def of(cls, place: Place) -> Self:
        """Describe a row."""
        return cls(
            input=place.file,
            line=place.line,
            vmaf_model=place.vmaf_model,
            clip_mode=place.clip_mode,
            vmaf_score=place.vmaf_score,
        )


class ConflictPart(Part):
    """Two rows of one encode that do not agree; the first is in the table."""

    src_sha256: str
    encoder: str
    preset: str
    crf: int
    kept: PlacePart
    dropped: PlacePart

    @classmethod
    def of(cls, conflict: Conflict) -> Self:
        """Describe a conflict."""
        return cls(
            **conflict.key._asdict(),
            kept=PlacePart.of(conflict.kept),
            dropped=PlacePart.of(conflict.dropped),
        )
