"""Splits of a training table: which sources are for training, validation and test.

A source goes where the digest of its content says, whatever else is in the table, so that clips
that are added move none, and the same content is never on two sides. Where the content is not
known, but one is of a source with the same key, it goes where that one does. A fold of
leave-one-source-out holds out everything of one content, and is called by its digest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import pydantic

from corpus_assets.errors import CorpusAssetsError
from corpus_assets.manifests.pair import Mismatch, located
from corpus_assets.manifests.parts import Part
from corpus_assets.manifests.reading import read_json, validated
from corpus_assets.manifests.training import TrainingManifest
from corpus_assets.tables.sources import Contents, SourceName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.manifests.source_parts import SourcesPart

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
    """A source as the table's rows name it, its content, and its split.

    `known` says whether the content is told of it; else it is that of a source with the same key,
    or the digest of the key.
    """

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
        groups = contents.grouped()
        sources = sorted((one, content) for content, names in groups.items() for one in names)
        parts = [_source(one, content, contents, shares) for one, content in sources]
        counts: Counter[Split] = Counter(part.split for part in parts)
        return cls(
            table=SplitTablePart(name=name, content_sha256=content_sha256),
            validation_share=shares.validation,
            test_share=shares.test,
            counts={"train": counts["train"], "validation": counts["validation"]}
            | {"test": counts["test"]},
            sources=tuple(parts),
            folds={digest: tuple(sorted(names)) for digest, names in groups.items()},
        )


def _source(one: SourceName, content: str, contents: Contents, shares: Shares) -> SplitSourcePart:
    return SplitSourcePart(
        corpus=one.corpus,
        source=one.source,
        content=content,
        known=content not in contents.unknown and one in contents.names[content],
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
    content, told = model.artifact.content_sha256, document.table.content_sha256
    table = [Mismatch("splits.table", content, told)] if told != content else []
    return [*_check_sides(document), *table, *_check_folds(document, model.sources)]


def _check_sides(document: SplitsDocument) -> Iterator[Mismatch]:
    shares = Shares(document.validation_share, document.test_share)
    for one in document.sources:
        if one.split != (side := shares.split_of(one.content)):
            yield Mismatch(f"splits of {one.corpus}/{one.source}", side, one.split)


def _check_folds(document: SplitsDocument, sources: SourcesPart) -> Iterator[Mismatch]:
    """Hold the folds against the sources, and both against what the manifest counts."""
    folds = document.folds
    held_out = {(content, *name) for content, names in folds.items() for name in names}
    if held_out != {(one.content, one.corpus, one.source) for one in document.sources}:
        yield Mismatch("splits.folds", "the sources, by content", "others")
    known = {one.content for one in document.sources if one.known}
    repeated = sum(len(names) > 1 for content, names in folds.items() if content in known)
    for what, expected, found in (
        ("splits.folds", sources.contents, len(folds)),
        ("splits.folds of several names", sources.repeated, repeated),
    ):
        if expected != found:
            yield Mismatch(what, str(expected), str(found))
