"""Runs that score clips into a table: what those of all corpora have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from corpus_assets.artifacts.plan import make_plan
from corpus_assets.artifacts.request import Asset, Candidate
from corpus_assets.corpora.selection import EVERYTHING
from corpus_assets.tables.clip_rows import ROW_NAMES

if TYPE_CHECKING:
    from corpus_assets.artifacts.plan import ScoringPlan
    from corpus_assets.artifacts.scored_table import ScoredTable
    from corpus_assets.artifacts.scoring import Scoring
    from corpus_assets.corpora.clip import Clip, Discovery
    from corpus_assets.corpora.selection import Selection
    from corpus_assets.libvmaf.features import FeatureSet
    from corpus_assets.manifests.engine import RecipePart
    from corpus_assets.manifests.provenance import InputRecord
    from corpus_assets.manifests.scored import ScoredManifest
    from corpus_assets.tables.schema import TableSpec


@dataclass(frozen=True, slots=True)
class ScoredRequest(ABC):
    """Every setting of a run, resolved, and what follows from it.

    The inventory's paths are relative to `root`, a folder or an archive.
    """

    scoring: Scoring
    root: Path
    features: FeatureSet
    selection: Selection

    @property
    @abstractmethod
    def spec(self) -> TableSpec:
        """The table to write."""

    @property
    @abstractmethod
    def own_settings(self) -> dict[str, Any]:
        """The effective value of the settings that only this asset takes, by name."""

    @property
    @abstractmethod
    def inputs(self) -> Mapping[str, InputRecord]:
        """The corpus, by the names that manifests give its folders. Raises OSError."""

    @property
    @abstractmethod
    def media(self) -> Sequence[Path]:
        """The folders of input files, in which nothing is written."""

    @property
    def recipe(self) -> RecipePart | None:
        """How the distorted side is made; None where it is a file."""
        return None

    @abstractmethod
    def discover(self) -> Discovery:
        """Find the clips. Raises RootError or EmptyCorpusError."""

    @abstractmethod
    def manifest(self, table: ScoredTable, common: Mapping[str, Any]) -> ScoredManifest:
        """Return the manifest: what is this table's own, and what all have in common."""

    @property
    def partition(self) -> str | None:
        """None: the table is made as a whole."""
        return None

    @property
    def settings(self) -> dict[str, Any]:
        """The effective value of every setting of the asset, by the setting's name."""
        return self.scoring.settings | self.selection.settings | self.own_settings

    @property
    def shared(self) -> dict[str, Any]:
        """The effective value of what resources carry and the artifact depends on."""
        return self.scoring.shared

    def check(self) -> None:
        """Find the clips and look at the outputs. Raises SetupError or DataError."""
        self.checked()

    def checked(self) -> Discovery:
        """Find the clips, and look at the outputs too. Raises SetupError or DataError."""
        discovery = self.discover()
        self.scoring.check_paths(self.media)
        return discovery

    def check_writable(self) -> None:
        """Try the folders that the run will write. Raises StorageError."""
        self.scoring.check_writable()

    def candidates(self) -> dict[str, Candidate]:
        """Find all clips by key. Raises RootError or EmptyCorpusError."""
        clips = replace(self, selection=EVERYTHING).discover().clips
        return {clip.key: _candidate(clip) for clip in clips}

    def limited_to(self, keys: frozenset[str]) -> Self:
        """Return the request that scores exactly these clips."""
        return replace(self, selection=replace(self.selection, keys=keys))

    def plan(self) -> ScoringPlan:
        """Look at every clip, score none, write nothing. Raises SetupError or DataError."""
        scoring = replace(self.scoring, trials_dir=None)
        scorer = scoring.scorer(scoring.engine(self.features))
        return make_plan(self.discover(), scorer, scoring.workers)


def _candidate(clip: Clip) -> Candidate:
    row_name = next(clip.labels[name] for name in ROW_NAMES if name in clip.labels)
    return Candidate(tuple(source.name for source in clip.sources), row_name)


ScoredAsset = Asset[ScoredRequest]
