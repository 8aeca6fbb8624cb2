"""`konvid_1k/vmaf_pairs`: KoNViD-1k clips against an encode of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.build import build
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.konvid import CODE_VERSION, CORPUS, KonvidRequest, resolved
from corpus_assets.artifacts.scored import ScoredAsset
from corpus_assets.artifacts.settings import VmafPairsSettings
from corpus_assets.libvmaf.features import CANONICAL6
from corpus_assets.manifests.scored import KonvidPairsManifest
from corpus_assets.tables.schema import KONVID_VMAF_PAIRS, TableSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus_assets.artifacts.scored_table import ScoredTable
    from corpus_assets.artifacts.settings import SharedSettings

TABLE_NAME = "konvid_vmaf_pairs.parquet"


@dataclass(frozen=True, slots=True)
class VmafPairsRequest(KonvidRequest):
    """Every setting of a run, resolved."""

    @property
    def spec(self) -> TableSpec:
        """One row per clip and frame."""
        return KONVID_VMAF_PAIRS

    @property
    def own_settings(self) -> dict[str, Any]:
        """The effective value of the settings that only this asset takes, by name."""
        return {"crf": self.crf, "konvid_root": str(self.root)}

    def manifest(self, table: ScoredTable, common: Mapping[str, Any]) -> KonvidPairsManifest:
        """Return the manifest."""
        return KonvidPairsManifest(**self.said(table), **common)


def resolve(
    settings: VmafPairsSettings,
    shared: SharedSettings,
    variables: Mapping[str, str],
    _: tuple[str, ...],
) -> tuple[VmafPairsRequest]:
    """Find every setting. Raises SetupError."""
    fields = resolved(settings, shared, Environment(variables), TABLE_NAME)
    return (VmafPairsRequest(**fields, features=CANONICAL6),)


VMAF_PAIRS = ScoredAsset(
    key=(CORPUS, "vmaf_pairs"),
    summary="Per-frame VMAF and canonical-6 features of KoNViD-1k clips.",
    settings=VmafPairsSettings,
    resolver=resolve,
    builder=build,
    spec=KONVID_VMAF_PAIRS,
    code_version=CODE_VERSION,
    table=TABLE_NAME,
    manifest=KonvidPairsManifest,
    module=__name__,
    upstream=((CORPUS, "videos"),),
)
