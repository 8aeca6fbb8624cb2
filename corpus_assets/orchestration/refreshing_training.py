"""Which training tables are older than what they are made of, or were made in another way."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg
import orjson

from corpus_assets.artifacts.catalog import ASSETS, TRAINING
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.orchestration.made import last_made, last_written
from corpus_assets.orchestration.refreshing import CORPUS_TAG, EVERY, Wanted, key_of, unfinished

NAME = "training"


@dataclass(frozen=True, slots=True)
class TrainingRefresh:
    """The training tables, which wait until no refresh of a corpus is going on."""

    name: str = NAME
    assets: tuple[Asset[Any], ...] = TRAINING

    @property
    def keys(self) -> tuple[dg.AssetKey, ...]:
        """All assets."""
        return tuple(map(key_of, self.assets))

    def running(self, instance: dg.DagsterInstance) -> str:
        """Say which run makes them, or what they are made of; empty when none does."""
        return unfinished(instance, (self.name, *(refresh.name for refresh in EVERY)))

    def needed(self, instance: dg.DagsterInstance) -> Wanted:
        """Say which run is needed. Raises SetupError."""
        if running := self.running(instance):
            return Wanted(reason=running)
        behind = [asset for asset in self.assets if _is_behind(instance, asset)]
        if not behind:
            return Wanted(reason="no table is newer than the training tables")
        keys = list(map(key_of, behind))
        return Wanted((dg.RunRequest(asset_selection=keys, tags={CORPUS_TAG: self.name}),))

    def state(self, instance: dg.DagsterInstance) -> str:
        """Return what tells whether anything upstream has changed: files, and their events."""
        facts = [
            (asset.name, _request(asset).settings, newest_of(instance, asset))
            for asset in self.assets
        ]
        return orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode()


def newest_of(instance: dg.DagsterInstance, asset: Asset[Any]) -> int:
    """Return the last event of a run that wrote a table of which an asset is made; 0 without."""
    return max((last_written(instance, one, part) for one, part in _upstream(asset)), default=0)


def _upstream(asset: Asset[Any]) -> Iterator[tuple[Asset[Any], str | None]]:
    for one in ASSETS:
        if one.key in asset.upstream:
            for part in one.partitions.keys if one.partitions else (None,):
                yield one, part


def _is_behind(instance: dg.DagsterInstance, asset: Asset[Any]) -> bool:
    """Say whether an asset that can be made was not, or before a table that it is made of."""
    if not _request(asset).inputs:
        return False
    made = last_made(instance, asset, None).event
    return not made or made < newest_of(instance, asset)


def _request(asset: Asset[Any]) -> Any:  # noqa: ANN401 (a request of the asset's kind)
    """Return what a run with default settings would do now."""
    (request,) = asset.resolve(asset.settings(), SharedSettings(), os.environ, ())
    return request


TRAINING_REFRESH = TrainingRefresh()
