"""Inputs of a training table: hashed, and held against their manifests before any work.

They are open one at a time, for there may be more than a process can have open. What is read later
is what was hashed, as far as size, time and inode tell.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.artifacts.stamped import stamp_of, unchanged
from corpus_assets.errors import DataError, MissingManifestError
from corpus_assets.extraction.outcome import SourceRecord
from corpus_assets.files import sha256_of_file, sha256_of_open, temporaries_of
from corpus_assets.manifests.earlier import check_rows
from corpus_assets.manifests.kinds import KINDS
from corpus_assets.manifests.pair import INTERRUPTED, Mismatch, examine
from corpus_assets.manifests.reading import read_json
from corpus_assets.manifests.statement import read_statement
from corpus_assets.manifests.training_parts import InputManifestPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from corpus_assets.artifacts.request import Log
    from corpus_assets.artifacts.training_inputs import InputTable
    from corpus_assets.corpora.clip import Stamp
    from corpus_assets.manifests.statement import Statement


@dataclass(frozen=True, slots=True)
class ProvedInput:
    """An input whose bytes are known."""

    input: InputTable
    stamp: Stamp
    sha256: str
    said: Statement | None
    manifest: InputManifestPart | None

    @property
    def bytes(self) -> int:
        """Its size."""
        return self.stamp.size

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
    def opened(self) -> Iterator[BinaryIO]:
        """Open the file. Raises DataError where it is not, or does not stay, what was hashed."""
        path = self.input.table
        with _errors_named(self.input):
            file = path.open("rb")
        with file, unchanged(file, path, self.stamp):
            yield file


def proved_inputs(tables: Sequence[InputTable], log: Log) -> list[ProvedInput]:
    """Hash inputs, and hold each against its manifest where there is one.

    Raises DataError naming all that are not what their manifests say, or cannot be read.
    """
    proved, wrong = [], []
    for one in tables:
        try:
            proved.append(_proved(one, log))
        except DataError as error:
            wrong.append(str(error))
    if wrong:
        raise DataError("\n".join(wrong))
    return proved


def _proved(one: InputTable, log: Log) -> ProvedInput:
    said = _statement(one)
    if said is None:
        log(f"{one.label}: {one.table} has no manifest of ours: nothing says how it was made")
    with _errors_named(one), one.table.open("rb") as file:
        stamp = stamp_of(file)
        with unchanged(file, one.table, stamp):
            sha256 = sha256_of_open(file)
            file.seek(0)
            manifest = _checked(one, said, file, sha256) if said else None
    return ProvedInput(one, stamp, sha256, said, manifest)


@contextlib.contextmanager
def _errors_named(one: InputTable) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{one.label}: {one.table}: {error.strerror or error}") from error


def _statement(one: InputTable) -> Statement | None:
    """Read a manifest; None where there is none, or one of a kind that is not known here.

    Raises DataError where it is not valid, where a killed run has left it without its name, and
    where there must be one.
    """
    try:
        kind = read_json(one.manifest).get("schema")
    except MissingManifestError:
        if temporaries_of(one.manifest):
            raise _mismatched(one, examine(one.manifest)) from None
        kind = None
    if kind in KINDS:
        return read_statement(one.manifest)
    if one.made_by:
        raise DataError(
            f"{one.label}: {one.table} has no manifest of ours, so that nothing says with which "
            f"model it was scored; materialize {one.made_by} again, or take it as another tool's, "
            f"naming it in the setting {one.setting}"
        )
    return None


def _checked(one: InputTable, said: Statement, file: BinaryIO, sha256: str) -> InputManifestPart:
    """Demand that the manifest is about these bytes. Raises DataError."""
    known = said.artifact
    if known and known.sha256 != sha256:
        interrupted = [each for each in examine(one.manifest) if each.what == INTERRUPTED]
        raise _mismatched(one, [Mismatch("sha256", known.sha256, sha256), *interrupted])
    if not known and (mismatches := [*check_rows(file, one.table, said)]):
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
