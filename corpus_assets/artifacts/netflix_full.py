"""`netflix_public/full_features`: the raw pairs of Netflix Public, per frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.build import build
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.scored import ScoredAsset, ScoredRequest
from corpus_assets.artifacts.scoring import Scoring
from corpus_assets.artifacts.settings import NetflixSettings
from corpus_assets.corpora.netflix_public import DISTORTED, REFERENCES, Geometry, discover
from corpus_assets.libvmaf.command import RECIPE_VERSION
from corpus_assets.libvmaf.features import FULL, feature_set
from corpus_assets.manifests.provenance import InputRecord, input_record
from corpus_assets.manifests.scored import GeometryPart, NetflixManifest, NetflixStats
from corpus_assets.tables.schema import TableSpec, netflix_spec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from corpus_assets.artifacts.scored_table import ScoredTable
    from corpus_assets.artifacts.settings import SharedSettings
    from corpus_assets.corpora.clip import Discovery

CORPUS = "netflix_public"
TABLE_NAME = "full_features_netflix.parquet"
TABLE_VERSION = 1


@dataclass(frozen=True, slots=True)
class NetflixRequest(ScoredRequest):
    """Every setting of a run, resolved."""

    geometry: Geometry
    codec: str

    @property
    def spec(self) -> TableSpec:
        """One row per pair and frame."""
        return netflix_spec(self.features)

    @property
    def own_settings(self) -> dict[str, Any]:
        """The effective value of the settings that only this asset takes, by name."""
        return {
            "codec": self.codec,
            "data_root": str(self.root),
            "feature_set": self.features.choice,
            "height": None if self.geometry.assumed else self.geometry.height,
            "pix_fmt": self.geometry.pixel_format,
            "width": None if self.geometry.assumed else self.geometry.width,
        }

    @property
    def inputs(self) -> dict[str, InputRecord]:
        """The root."""
        return {"data_root": input_record(self.root)}

    @property
    def media(self) -> tuple[Path, ...]:
        """The folders of raw files."""
        return (self.root / REFERENCES, self.root / DISTORTED)

    def discover(self) -> Discovery:
        """Find the pairs. Raises RootError or EmptyCorpusError."""
        links = self.scoring.links
        return discover(self.root, self.geometry, self.codec, self.selection, links)

    def manifest(self, table: ScoredTable, common: Mapping[str, Any]) -> NetflixManifest:
        """Return the manifest."""
        return NetflixManifest(
            codec=self.codec,
            feature_set=self.features.name,
            geometry=GeometryPart(
                width=self.geometry.width,
                height=self.geometry.height,
                pix_fmt=self.geometry.pixel_format,
                assumed=self.geometry.assumed,
            ),
            stats=NetflixStats(
                pairs=table.counts.extracted + table.counts.cached,
                rows=table.artifact.rows,
                elapsed_s=table.elapsed_seconds,
            ),
            **common,
        )


def resolve(
    settings: NetflixSettings,
    shared: SharedSettings,
    variables: Mapping[str, str],
    _: tuple[str, ...],
) -> tuple[NetflixRequest]:
    """Find every setting. Raises SetupError."""
    environment = Environment(variables)
    request = NetflixRequest(
        scoring=Scoring.resolve(
            settings,
            shared,
            environment,
            table=TABLE_NAME,
            cache_dir=environment.corpus_cache_dir(settings.cache_dir, shared, CORPUS),
        ),
        root=environment.netflix_root(settings.data_root),
        geometry=settings.geometry,
        features=feature_set(settings.feature_set),
        selection=settings.selection(settings.max_pairs, "max_pairs"),
        codec=settings.codec,
    )
    return (request,)


FULL_FEATURES = ScoredAsset(
    key=(CORPUS, "full_features"),
    summary="Per-frame VMAF and features of the raw pairs of Netflix Public.",
    settings=NetflixSettings,
    resolver=resolve,
    builder=build,
    spec=netflix_spec(FULL),
    code_version=f"table {TABLE_VERSION}, recipe {RECIPE_VERSION}",
    table=TABLE_NAME,
    manifest=NetflixManifest,
    module=__name__,
    upstream=((CORPUS, "videos"),),
)
