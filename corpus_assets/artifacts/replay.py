"""A replay that can begin, and what came of it: the artifact made again, and how far it is off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpus_assets.artifacts.recorded import asset_of, failed_keys
from corpus_assets.artifacts.request import Launch
from corpus_assets.manifests.kinds import NAMED_BY
from corpus_assets.manifests.pair import Mismatch, describes, located
from corpus_assets.manifests.training import TrainingManifest
from corpus_assets.tables.drift import Drift, compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.artifacts.request import Built, Candidate, Request
    from corpus_assets.manifests.kinds import Manifest


@dataclass(frozen=True, slots=True)
class Sample:
    """How many clips, and the seed that chooses them."""

    clips: int
    seed: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was made, and how far it is from what is recorded.

    `failed` are the keys of clips that failed now and not then, `changed` the input files whose
    bytes were not those recorded. `same_splits` says that the splits, if there are any, are those
    recorded, without which nothing is `identical`. `drift` is None where the content is identical,
    and where `table`, the recorded one, is not there to compare with; `other` is what stands there
    instead.
    """

    built: Built
    identical: bool
    same_splits: bool
    failed: tuple[str, ...]
    changed: tuple[str, ...]
    drift: Drift | None
    table: Path | None
    other: Path | None


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay that can begin: `clips` are those to score, `obstacles` what is not as recorded."""

    path: Path
    manifest: Manifest
    request: Request
    clips: dict[str, Candidate]
    sampled: bool
    obstacles: tuple[Mismatch, ...]

    def run(self, argv: tuple[str, ...]) -> Replayed:
        """Make the artifact, and compare. Raises SetupError or DataError."""
        built = asset_of(self.manifest).build(self.request, Launch(argv), lambda _: None)
        before, now = failed_keys(self.manifest), failed_keys(built.manifest)
        same = built.content_sha256 == self.manifest.artifact.content_sha256
        same_splits = self._same_splits(built)
        there = located(self.path, self.manifest.artifact.path)
        table = there if describes(self.path, there) else None
        drift = None
        if table and (self.sampled or not same):
            drift = compare(
                table, Path(built.manifest.artifact.path), self._rows, named_by=self._named_by
            )
        return Replayed(
            built,
            identical=not drift.different if self.sampled and drift else same and same_splits,
            same_splits=same_splits,
            failed=tuple(sorted(now.keys() - before.keys())),
            changed=tuple(self._changed(built)),
            drift=drift,
            table=table,
            other=None if table or not there.exists() else there,
        )

    @property
    def _named_by(self) -> tuple[str, ...]:
        return NAMED_BY.get(self.manifest.schema_, ())

    @property
    def _rows(self) -> set[str] | None:
        """What names the rows to compare, where these are not all."""
        names = {candidate.row_name for candidate in self.clips.values()}
        return names if self.sampled else None

    def _same_splits(self, built: Built) -> bool:
        """Say whether the splits, if there are any, are those recorded."""
        then, now = self.manifest, built.manifest
        if not (isinstance(then, TrainingManifest) and isinstance(now, TrainingManifest)):
            return True
        return (then.splits and then.splits.sha256) == (now.splits and now.splits.sha256)

    def _changed(self, built: Built) -> Iterator[str]:
        """Find inputs that were not as recorded when they were scored."""
        recorded = {file.path: file.sha256 for file in self.manifest.inventory.files}
        for file in built.manifest.inventory.files:
            if recorded.get(file.path, file.sha256) != file.sha256:
                yield file.path
