"""`bvi_dvc/full_features`: BVI-DVC's clips against an encode of themselves, a table a tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.build import build
from corpus_assets.artifacts.environment import Environment
from corpus_assets.artifacts.request import Partitions
from corpus_assets.artifacts.scored import ScoredAsset, ScoredRequest
from corpus_assets.artifacts.scoring import Scoring
from corpus_assets.artifacts.settings import BviFullSettings
from corpus_assets.corpora.bvi_dvc import CORPUS, TIERS, Inventory, recipe
from corpus_assets.errors import EmptyCorpusError, SetupError
from corpus_assets.libvmaf.command import RECIPE_VERSION
from corpus_assets.libvmaf.features import FULL, feature_set
from corpus_assets.manifests.engine import RecipePart
from corpus_assets.manifests.provenance import InputRecord, input_record
from corpus_assets.manifests.scored import BviFullManifest, BviStats
from corpus_assets.tables.schema import TableSpec, bvi_spec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from corpus_assets.artifacts.scored_table import ScoredTable
    from corpus_assets.artifacts.settings import SharedSettings
    from corpus_assets.corpora.clip import Discovery, Encode

TABLE_NAME = "full_features_bvi_dvc_{partition}.parquet"
TABLE_VERSION = 1


@dataclass(frozen=True, slots=True)
class BviFullRequest(ScoredRequest):
    """Every setting of a run for one tier, resolved."""

    inventory: Inventory
    tier: str
    encode: Encode
    codec: str

    @property
    def spec(self) -> TableSpec:
        """One row per clip and frame."""
        return bvi_spec(self.features)

    @property
    def partition(self) -> str:
        """The tier."""
        return self.tier

    @property
    def own_settings(self) -> dict[str, Any]:
        """The effective value of the settings that only this asset takes, by name."""
        return {
            "bvi_dir": None,
            "bvi_zip": None,
            self.inventory.setting: str(self.root),
            "codec": self.codec,
            "crf": self.encode.crf,
            "feature_set": self.features.choice,
            "preset": self.encode.preset,
        }

    @property
    def inputs(self) -> dict[str, InputRecord]:
        """The archive, with the digest of its directory, or the folder."""
        record = input_record(self.root, self.inventory.directory_sha256)
        return {self.inventory.setting: record}

    @property
    def media(self) -> tuple[Path, ...]:
        """The folder; an archive is a file, which nothing of ours can stand in."""
        return () if self.inventory.directory_sha256 else (self.root,)

    @property
    def recipe(self) -> RecipePart:
        """The encode of the clip itself."""
        return RecipePart.of(self.encode)

    def discover(self) -> Discovery:
        """Find the clips. Raises EmptyCorpusError."""
        return self.inventory.discover(self.tier, self.encode, self.codec, self.selection)

    def manifest(self, table: ScoredTable, common: Mapping[str, Any]) -> BviFullManifest:
        """Return the manifest."""
        return BviFullManifest(
            crf=self.encode.crf,
            codec=self.codec,
            feature_set=self.features.name,
            extractors=common["engine"].extractors,
            stats=BviStats(
                input_mode="zip" if self.inventory.directory_sha256 else "dir",
                tier=self.tier,
                clips_selected=table.counts.selected,
                frames=table.artifact.rows,
                columns=len(table.artifact.columns),
            ),
            recipe=self.recipe,
            **common,
        )


def resolve(
    settings: BviFullSettings,
    shared: SharedSettings,
    variables: Mapping[str, str],
    tiers: tuple[str, ...],
) -> tuple[BviFullRequest, ...]:
    """Find every setting; all tiers with selected clips where none is named. Raises SetupError.

    Raises EmptyCorpusError when no tier is named and no clip is selected.
    """
    environment = Environment(variables)
    inventory = environment.bvi_inventory(settings.bvi_zip, settings.bvi_dir, settings.links)
    selection = settings.selection(settings.max_clips, "max_clips")
    if not tiers and not inventory.tiers:
        raise EmptyCorpusError(inventory.without("BVI-DVC"))
    tiers = tiers or inventory.selected_tiers(selection)
    if len(tiers) > 1 and (settings.out or settings.manifest_out):
        raise SetupError(
            f"out and manifest_out name one file, and tiers {', '.join(tiers)} make one each; "
            "make one tier, or set output_dir"
        )
    return tuple(
        BviFullRequest(
            scoring=Scoring.resolve(
                settings,
                shared,
                environment,
                table=TABLE_NAME.format(partition=tier),
                cache_dir=environment.bvi_cache_dir(settings.cache_dir, shared),
            ),
            root=inventory.path,
            features=feature_set(settings.feature_set),
            selection=selection,
            inventory=inventory,
            tier=tier,
            encode=recipe(settings.crf, settings.preset),
            codec=settings.codec,
        )
        for tier in tiers
    )


FULL_FEATURES: ScoredAsset = ScoredAsset(
    key=(CORPUS, "full_features"),
    summary="Per-frame VMAF and features of BVI-DVC clips, a table a tier.",
    settings=BviFullSettings,
    resolver=resolve,
    builder=build,
    spec=bvi_spec(FULL),
    code_version=f"table {TABLE_VERSION}, recipe {RECIPE_VERSION}",
    table=TABLE_NAME,
    manifest=BviFullManifest,
    module=__name__,
    partitions=Partitions(
        setting="tier",
        keys=TIERS,
        description="The tier. Default: all that have selected clips.",
    ),
    upstream=((CORPUS, "videos"),),
)
