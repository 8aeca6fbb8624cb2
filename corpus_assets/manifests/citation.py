"""A citation of an artifact as a model: the facts that a model card needs."""

from __future__ import annotations

from typing import Any, Literal, Self

import pydantic

from corpus_assets.corpora.citations import CitedCorpus
from corpus_assets.manifests.left_out import LeftOutFacts
from corpus_assets.manifests.parts import Part
from corpus_assets.manifests.scored import GeometryPart


class ArtifactFacts(Part):
    """The table; `columns` is a count."""

    name: str | None
    rows: int | None
    columns: int | None
    sha256: str | None
    content_sha256: str | None


class CorpusFacts(Part):
    """The corpus: how it is cited, what is known of its `terms`, and the site that states them."""

    name: str
    authors: tuple[str, ...]
    title: str
    venue: str
    year: int
    doi: str | None
    url: str | None
    terms: str
    site: str

    @classmethod
    def of(cls, corpus: CitedCorpus) -> Self:
        """Describe a corpus."""
        known = corpus.reference
        return cls(
            name=corpus.name,
            authors=known.authors,
            title=known.title,
            venue=known.venue,
            year=known.year,
            doi=known.doi or None,
            url=known.url or None,
            terms=corpus.terms,
            site=corpus.site,
        )


class InputFacts(Part):
    """A table that a training table is made of; `manifest_schema` is null without a manifest."""

    label: str
    rows: int | None
    sha256: str | None
    manifest_schema: str | None
    missing_features: tuple[str, ...]


class UnavailableFacts(Part):
    """A feature without numbers; `clips` is a count, null for all."""

    feature: str
    reason: str
    clips: int | None


class EncodeFacts(Part):
    """The encode that made the distorted side; null where it is not recorded."""

    encoder: str | None
    preset: str | None
    crf: int | None
    pix_fmt: str | None


class EngineFacts(Part):
    """What computed; `kernels` with version and columns, null where libvmaf did everything."""

    kind: str
    version: str
    libvmaf_version: str
    kernels: str | None


class ModelFacts(Part):
    """The model of the teacher score; the digest where it is a file."""

    name: str | None
    sha256: str | None


class Citation(Part):
    """All facts; null stands for what is not recorded, or does not apply to such an artifact.

    `unit` is what `counts` counts. `corpora` are all that are in the table, `corpus` is the only
    one, `inputs` are the tables that a training table is made of. `selection` are the settings that
    chose what is in the table. `foreign_reports` is how many of the reports that the numbers are
    from are other tools'.
    """

    schema_: Literal["corpus-assets-citation-v1"] = pydantic.Field(
        default="corpus-assets-citation-v1", alias="schema"
    )
    manifest: str
    manifest_schema: str
    artifact: ArtifactFacts
    corpus: CorpusFacts | None
    corpora: tuple[CorpusFacts, ...]
    inputs: tuple[InputFacts, ...] | None
    unit: Literal["clips", "pairs", "reports", "inputs"]
    counts: dict[str, int]
    selection: dict[str, Any]
    skipped: LeftOutFacts | None
    failed: LeftOutFacts | None
    foreign_reports: int | None
    feature_set: str | None
    features: tuple[str, ...] | None
    unavailable_features: tuple[UnavailableFacts, ...] | None
    geometry: GeometryPart | None
    encode: EncodeFacts | None
    engine: EngineFacts | None
    model: ModelFacts | None
    created: str | None
    tool: str | None
    replay: str | None
    command: str | None
