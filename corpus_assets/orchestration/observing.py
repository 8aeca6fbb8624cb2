"""What Dagster is told of a corpus that was looked at, by an observation or by a run of its assets.

A run looks at its corpus before anything else and records what it found as an observation, so
that what it makes counts as made of that, and not of what was there at the observation before.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pydantic

from corpus_assets.artifacts.request import Asset, RequestT
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets.artifacts.sources import SOURCES, CorpusSource, Observed, is_usual_root, observe

CORPUS_VERSION = "corpus_version"
"""Metadata of a materialization: the version of the corpus, or of its part, that it is made of."""
DATA_VERSION = "dagster/data_version"
BEFORE_ALL = "1"
"""An event before every observation: what is made of a corpus elsewhere counts as behind."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The corpus that a run looked at, and the event that observed it."""

    key: dg.AssetKey
    observed: Observed
    event: str

    def metadata(self, partition: str | None) -> dict[str, str]:
        """Return the metadata of what is made of it."""
        return {CORPUS_VERSION: self.observed.versions[partition].digest}

    def tags(self, partition: str | None) -> dict[str, str]:
        """Return the tags by which Dagster tells what is made of it from what is behind.

        It goes by the version, and for partitions by the event.
        """
        name = self.key.to_user_string()
        digest = self.observed.versions[partition].digest
        return {
            f"dagster/input_data_version/{name}": digest,
            f"dagster/input_event_pointer/{name}": self.event,
        }


def details(observed: Observed, partition: str | None) -> dict[str, Any]:
    """Return the metadata of an observation."""
    version = observed.versions[partition]
    return {
        "root": dg.MetadataValue.path(str(observed.root)),
        "digest": version.digest,
        "files": version.files,
        "bytes": version.bytes,
        "files_hashed": observed.hashed,
        "seconds": observed.seconds,
        "remembered": observed.remembered,
    }


def log_observation(
    context: dg.OpExecutionContext | dg.AssetExecutionContext, key: dg.AssetKey, observed: Observed
) -> None:
    """Record an observation of every part of a corpus."""
    for partition, version in observed.versions.items():
        context.log_event(
            dg.AssetObservation(
                key,
                partition=partition,
                metadata=details(observed, partition),
                tags={DATA_VERSION: version.digest},
            )
        )


def look(
    context: dg.AssetExecutionContext,
    asset: Asset[RequestT],
    settings: pydantic.BaseModel,
    shared: SharedSettings,
) -> Origin | None:
    """Look at the corpus of a run; None where it is made of no corpus. Raises as `observe` does."""
    for source in SOURCES:
        if source.key in asset.upstream:
            return _look(context, source, settings.model_dump(), shared)
    return None


def _look(
    context: dg.AssetExecutionContext,
    source: CorpusSource,
    settings: Mapping[str, Any],
    shared: SharedSettings,
) -> Origin:
    key = dg.AssetKey(list(source.key))
    observed = observe(source, settings, shared, os.environ)
    if not is_usual_root(source, observed.root, shared, os.environ):
        return Origin(key, observed, BEFORE_ALL)
    log_observation(context, key, observed)
    records = context.instance.fetch_observations(key, limit=1).records
    return Origin(key, observed, str(records[0].storage_id) if records else BEFORE_ALL)
