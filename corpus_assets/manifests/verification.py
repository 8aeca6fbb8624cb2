"""Everything that a manifest says of its artifact and of itself, held against what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pydantic

from corpus_assets.errors import CorpusAssetsError, DataError
from corpus_assets.manifests.agreement import check_agreement
from corpus_assets.manifests.counts import check_counts
from corpus_assets.manifests.earlier import check_earlier
from corpus_assets.manifests.inputs import bytes_of_inputs, check_inputs
from corpus_assets.manifests.kinds import KINDS
from corpus_assets.manifests.pair import Mismatch, examine, located
from corpus_assets.manifests.reading import read_json, read_manifest
from corpus_assets.manifests.splits import check_splits
from corpus_assets.manifests.statement import common
from corpus_assets.manifests.training import MergedManifest, TrainingManifest
from corpus_assets.tables.merged_row import read_row
from corpus_assets.tables.reading import read_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.manifests.kinds import Manifest

ERRORS_SHOWN = 5
NOT_RECORDED = "bytes, SHA-256, columns and content of the artifact, which are not recorded"
ROWS_NOT_RECORDED = "the number of rows, which is not recorded"


@dataclass(frozen=True, slots=True)
class Verification:
    """What is not as the manifest says, and what it does not say, so that nothing is proved."""

    mismatches: tuple[Mismatch, ...]
    unproved: tuple[str, ...] = ()
    artifact: Path | None = None
    """The file that was looked at: beside the manifest, else where it was written."""


def verify(manifest: Path, *, inputs: bool = False) -> Verification:
    """Check the artifact's bytes and content, and the manifest's schema and counts.

    With `inputs`, also every file that it was made from, and the programs. All mismatches are
    returned, what cannot be read among them. The table is read in bounded memory.
    """
    try:
        return _verify(manifest, inputs=inputs)
    except OSError as error:
        found = f"{error.strerror}: {error.filename or manifest}"
        return Verification((Mismatch("manifest", "files that can be read", found),))


def bytes_to_read(manifest: Path, *, inputs: bool = False) -> int:
    """Return about how many bytes of files a verification hashes; 0 where no manifest says it."""
    try:
        model = read_manifest(manifest)
    except CorpusAssetsError:
        return 0
    return model.artifact.bytes + (bytes_of_inputs(model) if inputs else 0)


def _verify(manifest: Path, *, inputs: bool) -> Verification:
    try:
        document = read_json(manifest)
    except CorpusAssetsError:
        return Verification(tuple(examine(manifest)))
    if "artifact" not in document:
        return _without_artifact(manifest, document)
    light = examine(manifest)
    kind = KINDS.get(str(document.get("schema")))
    if kind is None:
        known = Mismatch("schema", f"one of {', '.join(KINDS)}", str(document.get("schema")))
        return Verification((*light, known))
    try:
        model = kind.model_validate_json(orjson.dumps(document), strict=True)
    except pydantic.ValidationError as error:
        return Verification((*light, *_invalid(error)))
    content = _content(manifest, model)
    origin = check_inputs(model) if inputs else ()
    facts = (*check_counts(model), *check_agreement(model))
    artifact = located(manifest, model.artifact.path)
    splits = check_splits(manifest, model) if isinstance(model, TrainingManifest) else ()
    return Verification((*light, *content, *facts, *splits, *origin), artifact=artifact)


def _without_artifact(manifest: Path, document: dict[str, Any]) -> Verification:
    """Look at what manifests of earlier scripts have, of any schema."""
    try:
        said = common(document)
    except pydantic.ValidationError as error:
        return Verification(tuple(_invalid(error)), (NOT_RECORDED,))
    rows = (ROWS_NOT_RECORDED,) if said.rows is None else ()
    return Verification(tuple(check_earlier(manifest, said)), (NOT_RECORDED, *rows))


def _invalid(error: pydantic.ValidationError) -> Iterator[Mismatch]:
    for one in error.errors(include_url=False)[:ERRORS_SHOWN]:
        where = ".".join(map(str, one["loc"])) or "manifest"
        yield Mismatch(where, "as in its schema", str(one["msg"]).removeprefix("Value error, "))


def _content(manifest: Path, model: Manifest) -> Iterator[Mismatch]:
    """Compare the table itself."""
    recorded, merged = model.artifact, isinstance(model, MergedManifest)
    artifact = located(manifest, recorded.path)
    if not artifact.is_file():
        return
    try:
        facts = read_facts(artifact, read_row if merged else None)
    except DataError as error:
        yield Mismatch("artifact", "a table", str(error))
        return
    if facts.rows != recorded.rows:
        yield Mismatch("rows", str(recorded.rows), str(facts.rows))
    columns = tuple((column.name, column.type) for column in recorded.columns)
    if facts.columns != columns:
        yield Mismatch("columns", _listed(columns), _listed(facts.columns))
    if facts.content_sha256 != recorded.content_sha256:
        yield Mismatch("content_sha256", recorded.content_sha256, facts.content_sha256)


def _listed(columns: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns)
