"""Which assets of a corpus are behind it: what schedules and sensors ask before they ask for runs.

An asset is behind unless the last materialization of the file that a run would write now was made
of the version that the corpus has now, with the settings and the code that the run would use.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.artifacts.sources import SOURCES, CorpusSource, Observed, observe
from corpus_assets.orchestration.made import last_made

CORPUS_TAG = "corpus_assets/refresh"
"""Tag of the runs that refresh a corpus, with its name, or `all`."""
ALL = "all"
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.MANAGED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The runs that a corpus needs now, or the reason why it needs none."""

    runs: tuple[dg.RunRequest, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refresh:
    """A corpus and its assets: those that are made of it, and those that are made of these."""

    source: CorpusSource
    first: tuple[Asset[Any], ...]
    then: tuple[Asset[Any], ...]

    @property
    def corpus(self) -> str:
        """The corpus' name."""
        return self.source.key[0]

    @property
    def keys(self) -> tuple[dg.AssetKey, ...]:
        """All assets."""
        return tuple(map(_key, (*self.first, *self.then)))

    def look(self) -> Observed:
        """Look at the corpus where its variable says. Raises as `observe` does."""
        return observe(self.source, {}, SharedSettings(), os.environ)

    def running(self, instance: dg.DagsterInstance) -> str:
        """Say which run refreshes the corpus already; empty when none does."""
        wanted = dg.RunsFilter(statuses=UNFINISHED, tags={CORPUS_TAG: [self.corpus, ALL]})
        runs = instance.get_runs(wanted, limit=1)
        return f"run {runs[0].run_id} is {runs[0].status.value.lower()}" if runs else ""

    def wanted(self, instance: dg.DagsterInstance, observed: Observed) -> Wanted:
        """Say which runs the corpus needs as it was found. Raises SetupError."""
        runs = list(self._runs(instance, observed))
        if not runs and (late := self._late(instance, observed)):
            runs = [self._request(None, late)]
        if not runs:
            return Wanted(reason=f"{observed.root} is as it was at the last materialization")
        return Wanted(tuple(runs))

    def _runs(self, instance: dg.DagsterInstance, observed: Observed) -> Iterator[dg.RunRequest]:
        """Ask for a run for each part that has files and something that is behind them."""
        for part, version in observed.versions.items():
            behind = [
                asset
                for asset in (self.first if version.files else ())
                if last_made(instance, asset, part).version != version.digest
            ]
            if behind:
                yield self._request(part, [*behind, *self.then])

    def _late(self, instance: dg.DagsterInstance, observed: Observed) -> list[Asset[Any]]:
        """Return what is made of assets and is older than these."""
        parts = [part for part, version in observed.versions.items() if version.files]
        made = [last_made(instance, asset, part) for asset in self.first for part in parts]
        newest = max(one.event for one in made)
        return [asset for asset in self.then if last_made(instance, asset, None).event < newest]

    def _request(self, part: str | None, assets: list[Asset[Any]]) -> dg.RunRequest:
        return dg.RunRequest(
            partition_key=part,
            asset_selection=list(map(_key, assets)),
            tags={CORPUS_TAG: self.corpus},
        )


def _key(asset: Asset[Any]) -> dg.AssetKey:
    return dg.AssetKey(list(asset.key))


def _refresh(source: CorpusSource) -> Refresh:
    """Find a corpus' assets in the catalog."""
    own = [asset for asset in ASSETS if asset.key[0] == source.key[0]]
    first = [asset for asset in own if source.key in asset.upstream]
    return Refresh(source, tuple(first), tuple(asset for asset in own if asset not in first))


REFRESHES = tuple(map(_refresh, SOURCES))
