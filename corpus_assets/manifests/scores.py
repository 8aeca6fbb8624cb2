"""How far two recorded tables are apart, where each is what its manifest says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from corpus_assets.errors import DataError
from corpus_assets.manifests.earlier import check_earlier
from corpus_assets.manifests.kinds import NAMED_BY
from corpus_assets.manifests.pair import RecordedArtifact, examine_artifact, located
from corpus_assets.manifests.statement import Statement
from corpus_assets.tables.drift import Drift, compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corpus_assets.manifests.pair import Mismatch


@dataclass(frozen=True, slots=True)
class Scores:
    """How far the tables are apart.

    `state`: `same` where one content digest is recorded of both; `compared`, with the drift; or
    `not compared`, with the reason.
    """

    state: Literal["same", "compared", "not compared"]
    reason: str | None = None
    drift: Drift | None = None


@dataclass(frozen=True, slots=True)
class RecordedTable:
    """A table, by its manifest and what that says."""

    manifest: Path
    said: Statement

    @property
    def path(self) -> Path:
        """Where the table is, if it is there."""
        return located(self.manifest, self.said.artifact_path or "")

    @property
    def content_sha256(self) -> str | None:
        """The recorded digest of the content."""
        return self.said.artifact.content_sha256 if self.said.artifact else None

    @property
    def named_by(self) -> tuple[str, ...]:
        """The columns that name the rows of a training table; none for a table of a corpus."""
        return NAMED_BY.get(self.said.schema_, ())

    def obstacles(self) -> Iterator[str]:
        """Say why what is there is not the table that was recorded."""
        try:
            yield from (f"{self.manifest}: {mismatch}" for mismatch in self._mismatches())
        except OSError as error:
            yield f"{self.manifest}: {error.filename or self.path}: {error.strerror}"

    def _mismatches(self) -> Iterable[Mismatch]:
        if not self.said.artifact:
            return check_earlier(self.manifest, self.said)
        recorded = RecordedArtifact.model_validate(self.said.artifact, from_attributes=True)
        return examine_artifact(self.manifest, recorded)


def scores_apart(old: RecordedTable, new: RecordedTable) -> Scores:
    """Compare two tables in bounded memory, unless their digests say that they are the same.

    A table that is there must be what its manifest says in either case.
    """
    same = bool(old.content_sha256) and old.content_sha256 == new.content_sha256
    try:
        if same:
            there = [table for table in (old, new) if table.path.exists()]
            reasons = [reason for table in there for reason in table.obstacles()]
            return Scores("not compared", "; ".join(reasons)) if reasons else Scores("same")
        if reasons := [*old.obstacles(), *new.obstacles()]:
            return Scores("not compared", "; ".join(reasons))
        return Scores("compared", drift=compare(old.path, new.path, named_by=old.named_by))
    except DataError as error:
        return Scores("not compared", str(error))
