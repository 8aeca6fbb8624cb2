"""Which assets of a corpus are behind it: what schedules and sensors ask before they ask for runs.

A refresh is of a corpus and its assets; an asset that takes much longer than the others of its
corpus has a refresh of its own, so that nobody makes it who only wants those.

An asset is behind unless the last materialization of the file that a run would write now was made
of the version that the corpus has now, with the settings and the code that the run would use.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.konvid_full import FULL_FEATURES as KONVID_FULL
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.artifacts.sources import SOURCES, CorpusSource, Observed, observe
from corpus_assets.errors import UnsetRootError
from corpus_assets.orchestration.made import last_made

CORPUS_TAG = "corpus_assets/refresh"
"""Tag of the runs of a refresh, with its name, or `all`."""
ALL = "all"
APART = (KONVID_FULL,)
"""Several times the work of the other asset of its corpus: 4 with kernels, 20 without."""
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
    """The runs that are needed now, or the reason why none is."""

    runs: tuple[dg.RunRequest, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refresh:
    """A corpus and assets: those that are made of it, and those that are made of these.

    `beside` are the names of all refreshes of the corpus, which wait for each other: they share its
    cache, and a clip that two runs score at once is scored twice.
    """

    name: str
    source: CorpusSource
    first: tuple[Asset[Any], ...]
    then: tuple[Asset[Any], ...]
    beside: tuple[str, ...]

    @property
    def keys(self) -> tuple[dg.AssetKey, ...]:
        """All assets."""
        return tuple(map(key_of, (*self.first, *self.then)))

    def look(self) -> Observed:
        """Look at the corpus where its variable says. Raises as `observe` does."""
        return observe(self.source, {}, SharedSettings(), os.environ)

    def running(self, instance: dg.DagsterInstance) -> str:
        """Say which run refreshes the corpus already; empty when none does."""
        return unfinished(instance, self.beside)

    def needed(self, instance: dg.DagsterInstance) -> Wanted:
        """Say what it needs; one that is not set up needs nothing. Raises as `observe` does."""
        if running := self.running(instance):
            return Wanted(reason=running)
        try:
            return self.wanted(instance, self.look())
        except UnsetRootError as error:
            return Wanted(reason=str(error))

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
            asset_selection=list(map(key_of, assets)),
            tags={CORPUS_TAG: self.name},
        )


def unfinished(instance: dg.DagsterInstance, names: Iterable[str]) -> str:
    """Say which run of these refreshes, or of all, has not ended; empty when all have."""
    wanted = dg.RunsFilter(statuses=UNFINISHED, tags={CORPUS_TAG: [*names, ALL]})
    runs = instance.get_runs(wanted, limit=1)
    return f"run {runs[0].run_id} is {runs[0].status.value.lower()}" if runs else ""


def key_of(asset: Asset[Any]) -> dg.AssetKey:
    """Return an asset's key as Dagster has it."""
    return dg.AssetKey(list(asset.key))


def _refreshes(source: CorpusSource) -> Iterator[Refresh]:
    """Find a corpus' assets in the catalog."""
    corpus = source.key[0]
    own = [asset for asset in ASSETS if asset.key[0] == corpus]
    apart = {"_".join(asset.key): asset for asset in own if asset in APART}
    first = [asset for asset in own if source.key in asset.upstream and asset not in APART]
    then = [asset for asset in own if source.key not in asset.upstream]
    beside = (corpus, *apart)
    yield Refresh(corpus, source, tuple(first), tuple(then), beside)
    for name, asset in apart.items():
        yield Refresh(name, source, (asset,), (), beside)


EVERY = tuple(refresh for source in SOURCES for refresh in _refreshes(source))
"""Every refresh of a corpus."""
REFRESHES = tuple(refresh for refresh in EVERY if refresh.name == refresh.source.key[0])
"""The refresh of each corpus, without what has one of its own."""
