"""What an asset is asked to make, and the assets there are to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from corpus_assets.artifacts.scored_table import ScoredTable
    from corpus_assets.artifacts.scoring import Scoring
    from corpus_assets.artifacts.settings import ScoringSettings, SharedSettings
    from corpus_assets.corpora.clip import Discovery
    from corpus_assets.libvmaf.features import FeatureSet
    from corpus_assets.manifests.parts import DagsterPart
    from corpus_assets.manifests.scored import ScoredManifest
    from corpus_assets.tables.schema import TableSpec


class ScoredRequest(Protocol):
    """Every setting of a run of a scored asset, resolved, and what follows from it."""

    @property
    def scoring(self) -> Scoring:
        """The part that all scored assets share."""

    @property
    def features(self) -> FeatureSet:
        """The features to compute."""

    @property
    def spec(self) -> TableSpec:
        """The table to write."""

    @property
    def root(self) -> Path:
        """The folder that the inventory's paths are relative to."""

    @property
    def settings(self) -> dict[str, Any]:
        """The effective value of every setting of the asset, by the setting's name."""

    @property
    def inputs(self) -> Mapping[str, Path]:
        """The corpus' folders, by the names that manifests give them."""

    @property
    def media(self) -> Sequence[Path]:
        """The folders of input files, in which nothing is written."""

    def discover(self) -> Discovery:
        """Find the clips. Raises RootError or EmptyCorpusError."""

    def manifest(self, table: ScoredTable, common: Mapping[str, Any]) -> ScoredManifest:
        """Return the manifest: what is this table's own, and what all have in common."""


Resolve = Callable[["ScoringSettings", "SharedSettings", Mapping[str, str]], ScoredRequest]


@dataclass(frozen=True, slots=True)
class ScoredAsset:
    """An asset that scores clips into a table: everything that launchers need to know of it."""

    key: tuple[str, str]
    summary: str
    settings: type[ScoringSettings]
    resolve: Callable[[Any, SharedSettings, Mapping[str, str]], ScoredRequest]
    spec: TableSpec
    code_version: str
    module: str

    @property
    def name(self) -> str:
        """The asset key as people write it."""
        return "/".join(self.key)

    @property
    def op(self) -> str:
        """The name under which Dagster's run config knows the asset."""
        return "__".join(self.key)


@dataclass(frozen=True, slots=True)
class Launch:
    """Who launched a run: the command line that repeats it, and Dagster's facts."""

    argv: tuple[str, ...]
    dagster: DagsterPart | None = None
