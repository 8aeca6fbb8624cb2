"""`konvid_1k/full_features`: the clips of `konvid_1k/vmaf_pairs` with any feature set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.build import build
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.konvid import CODE_VERSION, CORPUS, KonvidRequest, resolved
from corpus_assets.artifacts.scored import ScoredAsset
from corpus_assets.artifacts.settings import KonvidFullSettings
from corpus_assets.libvmaf.features import FULL, feature_set
from corpus_assets.manifests.scored import KonvidFullManifest
from corpus_assets.tables.schema import TableSpec, konvid_full_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus_assets.artifacts.scored_table import ScoredTable
    from corpus_assets.artifacts.settings import SharedSettings

TABLE_NAME = "full_features_konvid.parquet"
BEFORE_PAIRS = 1
"""A report with all features serves `konvid_1k/vmaf_pairs`, whose reports would not serve here."""


@dataclass(frozen=True, slots=True)
class KonvidFullRequest(KonvidRequest):
    """Every setting of a run, resolved."""

    @property
    def spec(self) -> TableSpec:
        """One row per clip and frame."""
        return konvid_full_spec(self.features)

    @property
    def own_settings(self) -> dict[str, Any]:
        """The effective value of the settings that only this asset takes, by name."""
        return {
            "codec": self.codec,
            "crf": self.crf,
            "feature_set": self.features.choice,
            "konvid_root": str(self.root),
        }

    def manifest(self, table: ScoredTable, common: Mapping[str, Any]) -> KonvidFullManifest:
        """Return the manifest."""
        own = {"codec": self.codec, "feature_set": self.features.name}
        return KonvidFullManifest(**self.said(table), **own, **common)


def resolve(
    settings: KonvidFullSettings,
    shared: SharedSettings,
    variables: Mapping[str, str],
    _: tuple[str, ...],
) -> tuple[KonvidFullRequest]:
    """Find every setting. Raises SetupError."""
    fields = resolved(settings, shared, Environment(variables), TABLE_NAME)
    features = feature_set(settings.feature_set)
    return (KonvidFullRequest(**fields, features=features, codec=settings.codec),)


FULL_FEATURES = ScoredAsset(
    key=(CORPUS, "full_features"),
    summary="Per-frame VMAF and features of KoNViD-1k clips.",
    settings=KonvidFullSettings,
    resolver=resolve,
    builder=build,
    spec=konvid_full_spec(FULL),
    code_version=CODE_VERSION,
    table=TABLE_NAME,
    manifest=KonvidFullManifest,
    module=__name__,
    upstream=((CORPUS, "videos"),),
    priority=BEFORE_PAIRS,
)
