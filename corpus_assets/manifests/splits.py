"""Splits of a training table: which sources are for training, validation and test.

A source goes where the digest of its content says, whatever else is in the table, so that clips
that are added move none, and the same content is never on two sides. A fold of leave-one-source-out
holds out everything of one content, and is called by its digest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import pydantic

from corpus_assets.errors import CorpusAssetsError
from corpus_assets.manifests.pair import Mismatch, located
from corpus_assets.manifests.parts import Part
from corpus_assets.manifests.reading import read_json, validated
from corpus_assets.manifests.training import TrainingManifest
from corpus_assets.tables.sources import Contents, SourceName

Split = Literal["train", "validation", "test"]
SCHEMA = "corpus-assets-splits-v1"
RULE = (
    f'x = the first 8 bytes, big endian, of the SHA-256 of "{SCHEMA} <content>", divided by 2^64; '
    "test where x < test_share, else validation where x < test_share + validation_share, else train"
)


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of contents that are for validation and test, 0 to 1."""

    validation: float
    test: float

    def split_of(self, content: str) -> Split:
        """Return where a content goes, by its digest (`RULE`)."""
        digest = hashlib.sha256(f"{SCHEMA} {content}".encode()).digest()
        place = int.from_bytes(digest[:8], "big") / 2**64
        if place < self.test:
            return "test"
        return "validation" if place < self.test + self.validation else "train"


class SplitTablePart(Part):
    """The table that is split."""

    name: str
    content_sha256: str


class SplitSourcePart(Part):
    """A source as the table's rows name it, its content, whether that is known, and its split."""

    corpus: str
    source: str
    content: str
    known: bool
    split: Split


class SplitsDocument(Part):
    """`<stem>.splits.json`; `folds` has the sources that are held out together, by content."""

    schema_: Literal["corpus-assets-splits-v1"] = pydantic.Field(
        default="corpus-assets-splits-v1", alias="schema"
    )
    table: SplitTablePart
    rule: str = RULE
    validation_share: float
    test_share: float
    counts: dict[Split, int]
    sources: tuple[SplitSourcePart, ...]
    folds: dict[str, tuple[tuple[str, str], ...]]

    @classmethod
    def of(cls, name: str, content_sha256: str, contents: Contents, shares: Shares) -> Self:
        """Split the sources of a table."""
        sources = sorted(
            (one, content) for content, names in contents.names.items() for one in names
        )
        parts = [_source(one, content, contents, shares) for one, content in sources]
        counts: Counter[Split] = Counter(part.split for part in parts)
        return cls(
            table=SplitTablePart(name=name, content_sha256=content_sha256),
            validation_share=shares.validation,
            test_share=shares.test,
            counts={"train": counts["train"], "validation": counts["validation"]}
            | {"test": counts["test"]},
            sources=tuple(parts),
            folds={digest: tuple(sorted(names)) for digest, names in contents.names.items()},
        )


def _source(one: SourceName, content: str, contents: Contents, shares: Shares) -> SplitSourcePart:
    return SplitSourcePart(
        corpus=one.corpus,
        source=one.source,
        content=content,
        known=content not in contents.unknown,
        split=shares.split_of(content),
    )


def check_splits(manifest: Path, model: TrainingManifest) -> list[Mismatch]:
    """Hold the splits against the table and their own rule; `examine` does their bytes."""
    if model.splits is None:
        return []
    path = located(manifest, model.splits.path)
    if not path.is_file():
        return []
    try:
        document = validated(SplitsDocument, read_json(path), path)
    except CorpusAssetsError as error:
        return [Mismatch("splits", "as in their schema", str(error))]
    content, shares = model.artifact.content_sha256, _shares(document)
    found = [
        Mismatch(f"splits of {one.corpus}/{one.source}", expected, one.split)
        for one in document.sources
        if one.split != (expected := shares.split_of(one.content))
    ]
    if document.table.content_sha256 != content:
        found.append(Mismatch("splits.table", content, document.table.content_sha256))
    held_out = {(content, *name) for content, names in document.folds.items() for name in names}
    if held_out != {(one.content, one.corpus, one.source) for one in document.sources}:
        found.append(Mismatch("splits.folds", "the sources, by content", "others"))
    if len(document.folds) != model.sources.contents:
        expected_folds = str(model.sources.contents)
        found.append(Mismatch("splits.folds", expected_folds, str(len(document.folds))))
    return found


def _shares(document: SplitsDocument) -> Shares:
    return Shares(document.validation_share, document.test_share)
