"""The tables that a training table is made of: opened once, held against their manifests."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from corpus_assets.errors import DataError, MissingManifestError, SettingError
from corpus_assets.extraction.outcome import SourceRecord
from corpus_assets.files import CHUNK, heard, sha256_of_file, temporaries_of
from corpus_assets.manifests import comparable
from corpus_assets.manifests.document import SUFFIX, manifest_path
from corpus_assets.manifests.earlier import check_earlier
from corpus_assets.manifests.kinds import KINDS
from corpus_assets.manifests.pair import artifact_of, examine, located
from corpus_assets.manifests.reading import read_json
from corpus_assets.manifests.statement import read_statement
from corpus_assets.manifests.training import InputManifestPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from corpus_assets.artifacts.request import Log
    from corpus_assets.manifests.statement import Statement


@dataclass(frozen=True, slots=True)
class InputTable:
    """A table by its label, and its manifest, which need not be there."""

    label: str
    table: Path
    manifest: Path

    @classmethod
    def at(cls, setting: str, label: str, path: Path) -> InputTable:
        """Find a table, or that of a manifest. Raises SettingError."""
        if path.name.endswith(SUFFIX):
            name = artifact_of(path)
            if name is None:
                raise SettingError(setting, str(path), "it is no manifest that names its artifact")
            table, manifest = located(path, _recorded_path(path)), path
        else:
            table, manifest = path, manifest_path(path)
        if not table.is_file():
            raise SettingError(setting, str(table), "no such file")
        return cls(label, table, manifest)


@dataclass(frozen=True, slots=True)
class Teacher:
    """A model of the teacher score; `exact` where the lack of a digest says that it is built in."""

    name: str
    sha256: str | None
    exact: bool

    def agrees(self, other: Teacher) -> bool:
        """Say whether two may be the same model."""
        unknown = None in {self.sha256, other.sha256} and not (self.exact and other.exact)
        return self.name == other.name and (unknown or self.sha256 == other.sha256)

    def __str__(self) -> str:
        return f"{self.name} sha256:{self.sha256[:12]}…" if self.sha256 else self.name


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

    @property
    def model(self) -> Teacher | None:
        """The model of the teacher score; None where nothing says it."""
        facts = comparable.model(self.said) if self.said else {}
        if "name" not in facts:
            return None
        exact = self.manifest is not None and self.manifest.verified
        return Teacher(facts["name"], facts.get("sha256"), exact)

    def left_out(self) -> tuple[int | None, int | None]:
        """Return how many clips, or reports, were selected, and failed."""
        counts = self.said.counts if self.said else {}
        return counts.get("selected", counts.get("found")), counts.get("failed")


def common_root(tables: Sequence[InputTable]) -> Path:
    """Return the folder below which all of them are."""
    return Path(os.path.commonpath([str(one.table.parent) for one in tables]))


def source_record(opened: OpenedInput, root: Path) -> SourceRecord:
    """Describe an input as a file of the inventory."""
    name = opened.input.table.relative_to(root).as_posix()
    return SourceRecord(name, opened.bytes, opened.sha256)


@contextlib.contextmanager
def opened_input(one: InputTable, log: Log) -> Iterator[OpenedInput]:
    """Open an input, hash it, and hold it against its manifest where there is one.

    Raises DataError when it is not what the manifest says, OSError.
    """
    with one.table.open("rb") as file:
        size, sha256 = _hashed(file)
        said = _statement(one)
        if said is None:
            log(f"{one.label}: {one.table} has no manifest of ours: nothing says how it was made")
        manifest = _checked(one, said, sha256) if said else None
        yield OpenedInput(one, file, size, sha256, said, manifest)


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
    if known is None:
        mismatches = list(check_earlier(one.manifest, said))
    else:
        mismatches = [] if known.sha256 == sha256 else examine(one.manifest)
    if mismatches or (known and known.sha256 != sha256):
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


def _recorded_path(manifest: Path) -> str:
    said = read_statement(manifest)
    return said.artifact_path or ""
