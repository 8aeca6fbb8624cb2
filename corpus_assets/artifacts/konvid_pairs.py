"""`konvid_1k/vmaf_pairs`: KoNViD-1k clips against an encode of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.build import build
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.scored import ScoredAsset, ScoredRequest
from corpus_assets.artifacts.scoring import Scoring
from corpus_assets.artifacts.settings import VmafPairsSettings
from corpus_assets.corpora.konvid_1k import VIDEOS_FOLDER, discover, recipe
from corpus_assets.libvmaf.command import RECIPE_VERSION
from corpus_assets.libvmaf.features import CANONICAL6
from corpus_assets.manifests.engine import RecipePart
from corpus_assets.manifests.provenance import InputRecord, input_record
from corpus_assets.manifests.scored import KonvidPairsManifest, KonvidStats
from corpus_assets.tables.schema import KONVID_VMAF_PAIRS, TableSpec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from corpus_assets.artifacts.scored_table import ScoredTable
    from corpus_assets.artifacts.settings import SharedSettings
    from corpus_assets.corpora.clip import Discovery

CORPUS = "konvid_1k"
TABLE_NAME = "konvid_vmaf_pairs.parquet"
TABLE_VERSION = 1


@dataclass(frozen=True, slots=True)
class VmafPairsRequest(ScoredRequest):
    """Every setting of a run, resolved."""

    crf: int

    @property
    def spec(self) -> TableSpec:
        """One row per clip and frame."""
        return KONVID_VMAF_PAIRS

    @property
    def own_settings(self) -> dict[str, Any]:
        """The effective value of the settings that only this asset takes, by name."""
        return {"crf": self.crf, "konvid_root": str(self.root)}

    @property
    def inputs(self) -> dict[str, InputRecord]:
        """The root and the folder of clips."""
        folders = {"konvid_root": self.root, "videos_dir": self.root / VIDEOS_FOLDER}
        return {name: input_record(folder) for name, folder in folders.items()}

    @property
    def media(self) -> tuple[Path, ...]:
        """The folder of clips."""
        return (self.root / VIDEOS_FOLDER,)

    @property
    def recipe(self) -> RecipePart:
        """The encode of the clip itself."""
        return RecipePart.of(recipe(self.crf))

    def discover(self) -> Discovery:
        """Find the clips. Raises RootError or EmptyCorpusError."""
        return discover(self.root, self.crf, self.selection, self.scoring.links)

    def manifest(self, table: ScoredTable, common: Mapping[str, Any]) -> KonvidPairsManifest:
        """Return the manifest."""
        counts = table.counts
        return KonvidPairsManifest(
            crf=self.crf,
            cache_enabled=self.scoring.cache_policy != "off",
            failed_clips=tuple(failed.clip.key for failed in table.evidence.failures),
            stats=KonvidStats(
                clips_selected=counts.selected,
                clips_processed=counts.selected - counts.failed,
                clips_failed=counts.failed,
                frames=table.artifact.rows,
                elapsed_s=table.elapsed_seconds,
            ),
            recipe=self.recipe,
            **common,
        )


def resolve(
    settings: VmafPairsSettings,
    shared: SharedSettings,
    variables: Mapping[str, str],
    _: tuple[str, ...],
) -> tuple[VmafPairsRequest]:
    """Find every setting. Raises SetupError."""
    environment = Environment(variables)
    request = VmafPairsRequest(
        scoring=Scoring.resolve(
            settings,
            shared,
            environment,
            table=TABLE_NAME,
            cache_dir=environment.corpus_cache_dir(settings.cache_dir, shared, CORPUS),
        ),
        root=environment.konvid_root(settings.konvid_root),
        features=CANONICAL6,
        selection=settings.selection(settings.max_clips, "max_clips"),
        crf=settings.crf,
    )
    return (request,)


VMAF_PAIRS = ScoredAsset(
    key=(CORPUS, "vmaf_pairs"),
    summary="Per-frame VMAF and canonical-6 features of KoNViD-1k clips.",
    settings=VmafPairsSettings,
    resolver=resolve,
    builder=build,
    spec=KONVID_VMAF_PAIRS,
    code_version=f"table {TABLE_VERSION}, recipe {RECIPE_VERSION}",
    manifest=KonvidPairsManifest,
    module=__name__,
    upstream=((CORPUS, "videos"),),
)
