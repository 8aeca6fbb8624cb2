"""Corpora on disk as observable sources: their data version says when a table is behind."""

import inspect
import os
from collections.abc import Callable

import dagster as dg

from corpus_assets.artifacts.sources import SOURCES, CorpusSource, observe
from corpus_assets.orchestration.beta import relied_on
from corpus_assets.orchestration.failures import shown_as_failures
from corpus_assets.orchestration.observing import details, log_observation
from corpus_assets.orchestration.resources import StorageResource, storage_settings

DESCRIPTION = """The corpus on disk, where its variable says{parts}.

The data version is a digest over the names of the files that clips are made of and, for each, a
token that a `touch` does not change. An observation asks the file system, and reads only files
that were read before and look changed, 4 GiB at most; of an archive, only its directory.
"""


def observable(source: CorpusSource) -> dg.SourceAsset:
    """Return a corpus as a Dagster asset that can be observed."""
    parts = ", a version a tier" if source.partitions else ""
    partitions = dg.StaticPartitionsDefinition(list(source.partitions))
    with relied_on():
        return dg.observable_source_asset(
            key=list(source.key),
            group_name=source.key[0],
            partitions_def=partitions if source.partitions else None,
            description=inspect.cleandoc(DESCRIPTION.format(parts=parts)),
        )(_by_part(source) if source.partitions else _whole(source))


def _whole(source: CorpusSource) -> Callable[..., dg.ObserveResult]:
    def look(storage: StorageResource) -> dg.ObserveResult:
        with shown_as_failures():
            observed = observe(source, {}, storage_settings(storage), os.environ)
        version = dg.DataVersion(observed.versions[None].digest)
        return dg.ObserveResult(data_version=version, metadata=details(observed, None))

    return look


def _by_part(source: CorpusSource) -> Callable[..., dg.DataVersionsByPartition]:
    """Return what observes every part, one without clips too: it may have had some.

    Dagster's own events of parts hold no metadata, so these are recorded here, and none there.
    """

    def look(
        context: dg.OpExecutionContext, storage: StorageResource
    ) -> dg.DataVersionsByPartition:
        with shown_as_failures():
            observed = observe(source, {}, storage_settings(storage), os.environ)
        log_observation(context, dg.AssetKey(list(source.key)), observed)
        with relied_on():
            return dg.DataVersionsByPartition({})

    return look


CORPORA = tuple(map(observable, SOURCES))
