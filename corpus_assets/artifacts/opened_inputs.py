"""Inputs of a training table, opened, hashed, and held against their manifests before any work."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.errors import DataError, MissingManifestError
from corpus_assets.extraction.outcome import SourceRecord
from corpus_assets.files import CHUNK, heard, sha256_of_file, temporaries_of
from corpus_assets.manifests.earlier import check_earlier
from corpus_assets.manifests.kinds import KINDS
from corpus_assets.manifests.pair import examine
from corpus_assets.manifests.reading import read_json
from corpus_assets.manifests.statement import read_statement
from corpus_assets.manifests.training_parts import InputManifestPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from corpus_assets.artifacts.request import Log
    from corpus_assets.artifacts.training_inputs import InputTable
    from corpus_assets.manifests.statement import Statement

REPLACED = "it was replaced while it was read; run again"


@dataclass(frozen=True, slots=True)
class OpenedInput:
    """An input whose bytes are known, and stay what they are while it is read."""

    input: InputTable
    file: BinaryIO
    bytes: int
    sha256: str
    said: Statement | None
    manifest: InputManifestPart | None

    @property
    def content_sha256(self) -> str | None:
        """The digest of the content, as a manifest that is verified says."""
        known = self.said.artifact if self.said else None
        return known.content_sha256 if known else None

    def left_out(self) -> tuple[int | None, int | None]:
        """Return how many clips, or reports, were selected, and failed."""
        counts = self.said.counts if self.said else {}
        return counts.get("selected", counts.get("found")), counts.get("failed")

    def record(self, root: Path) -> SourceRecord:
        """Describe it as a file of the inventory."""
        name = self.input.table.relative_to(root).as_posix()
        return SourceRecord(name, self.bytes, self.sha256)


@contextlib.contextmanager
def opened_inputs(tables: Sequence[InputTable], log: Log) -> Iterator[list[OpenedInput]]:
    """Open inputs, and hold each against its manifest where there is one.

    Raises DataError naming all that are not what their manifests say, or cannot be read.
    """
    with contextlib.ExitStack() as stack:
        opened, wrong = [], []
        for one in tables:
            try:
                file = stack.enter_context(one.table.open("rb"))
                opened.append(_proved(one, file, log))
            except DataError as error:
                wrong.append(str(error))
            except OSError as error:
                wrong.append(f"{one.label}: {one.table}: {error.strerror}")
        if wrong:
            raise DataError("\n".join(wrong))
        yield opened


def _proved(one: InputTable, file: BinaryIO, log: Log) -> OpenedInput:
    size, sha256 = _hashed(file)
    said = _statement(one)
    if said is None:
        log(f"{one.label}: {one.table} has no manifest of ours: nothing says how it was made")
    manifest = _checked(one, said, sha256) if said else None
    return OpenedInput(one, file, size, sha256, said, manifest)


def _hashed(file: BinaryIO) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        heard(len(chunk))
        size += len(chunk)
    file.seek(0)
    return size, digest.hexdigest()


def _statement(one: InputTable) -> Statement | None:
    """Read a manifest; None where there is none, or one of a kind that is not known here.

    Raises DataError where it is not valid, or a killed run has left it without its name.
    """
    try:
        kind = read_json(one.manifest).get("schema")
    except MissingManifestError:
        if temporaries_of(one.manifest):
            raise _mismatched(one, examine(one.manifest)) from None
        return None
    return read_statement(one.manifest) if kind in KINDS else None


def _checked(one: InputTable, said: Statement, sha256: str) -> InputManifestPart:
    """Demand that the manifest is about these bytes. Raises DataError."""
    known = said.artifact
    if known and known.sha256 != sha256:
        raise _mismatched(one, examine(one.manifest) or [REPLACED])
    if not known and (mismatches := [*check_earlier(one.manifest, said)]):
        raise _mismatched(one, mismatches)
    return InputManifestPart(
        path=str(one.manifest),
        schema=said.schema_,
        sha256=sha256_of_file(one.manifest),
        verified=known is not None,
    )


def _mismatched(one: InputTable, mismatches: Sequence[object]) -> DataError:
    lines = "".join(f"\n  {mismatch}" for mismatch in mismatches)
    return DataError(
        f"{one.label}: {one.table} is not what its manifest {one.manifest.name} says; make it "
        f"again, or restore it:{lines}"
    )
