"""Which assets of a corpus are behind it: what schedules and sensors ask before they ask for runs.

The version that the corpus has now is held against the one that the last materialization recorded
(`corpus_version`). Only failed runs record none, so that what failed is behind still.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.artifacts.sources import SOURCES, CorpusSource, Observed, observe
from corpus_assets.orchestration.observing import CORPUS_VERSION

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
    first: tuple[dg.AssetKey, ...]
    then: tuple[dg.AssetKey, ...]

    @classmethod
    def of(cls, source: CorpusSource) -> "Refresh":
        """Find the assets in the catalog."""
        own = [asset for asset in ASSETS if asset.key[0] == source.key[0]]
        first = [asset for asset in own if source.key in asset.upstream]
        then = [asset for asset in own if asset not in first]
        return cls(source, _keys(asset.key for asset in first), _keys(asset.key for asset in then))

    @property
    def corpus(self) -> str:
        """The corpus' name."""
        return self.source.key[0]

    @property
    def keys(self) -> tuple[dg.AssetKey, ...]:
        """All assets."""
        return (*self.first, *self.then)

    def look(self) -> Observed:
        """Look at the corpus where its variable says. Raises as `observe` does."""
        return observe(self.source, {}, SharedSettings(), os.environ)

    def running(self, instance: dg.DagsterInstance) -> str:
        """Say which run refreshes the corpus already; empty when none does."""
        wanted = dg.RunsFilter(statuses=UNFINISHED, tags={CORPUS_TAG: [self.corpus, ALL]})
        runs = instance.get_runs(wanted, limit=1)
        return f"run {runs[0].run_id} is {runs[0].status.value.lower()}" if runs else ""

    def wanted(self, instance: dg.DagsterInstance, observed: Observed) -> Wanted:
        """Say which runs the corpus needs as it was found."""
        runs = [
            self._run(part, behind)
            for part, version in observed.versions.items()
            if version.files and (behind := self._behind(instance, part, version.digest))
        ]
        if not runs and (late := self._late(instance)):
            runs = [self._request(None, late)]
        if not runs:
            return Wanted(reason=f"{observed.root} is as it was at the last materialization")
        return Wanted(tuple(runs))

    def _behind(
        self, instance: dg.DagsterInstance, part: str | None, digest: str
    ) -> list[dg.AssetKey]:
        return [key for key in self.first if _recorded(instance, key, part) != digest]

    def _late(self, instance: dg.DagsterInstance) -> list[dg.AssetKey]:
        """Return what is made of assets and is older than these."""
        newest = max((_event(instance, key) for key in self.first), default=0)
        return [key for key in self.then if _event(instance, key) < newest]

    def _run(self, part: str | None, behind: list[dg.AssetKey]) -> dg.RunRequest:
        return self._request(part, [*behind, *self.then])

    def _request(self, part: str | None, keys: list[dg.AssetKey]) -> dg.RunRequest:
        tags = {CORPUS_TAG: self.corpus}
        return dg.RunRequest(partition_key=part, asset_selection=keys, tags=tags)


def _keys(names: Iterable[tuple[str, str]]) -> tuple[dg.AssetKey, ...]:
    return tuple(dg.AssetKey(list(name)) for name in names)


def _recorded(instance: dg.DagsterInstance, key: dg.AssetKey, part: str | None) -> str:
    """Return the version of the corpus that an asset was last made of; empty when never."""
    wanted = dg.AssetRecordsFilter(key, asset_partitions=[part] if part else None)
    for record in instance.fetch_materializations(wanted, limit=1).records:
        if record.asset_materialization:
            value = record.asset_materialization.metadata.get(CORPUS_VERSION)
            return str(value.value) if value else ""
    return ""


def _event(instance: dg.DagsterInstance, key: dg.AssetKey) -> int:
    """Return the number of the event of the last materialization; 0 when there was none."""
    records = instance.fetch_materializations(key, limit=1).records
    return records[0].storage_id if records else 0


REFRESHES = tuple(map(Refresh.of, SOURCES))
