"""Partitions that were made in a step that fails: recorded as Dagster itself would have done."""

from collections.abc import Mapping

import dagster as dg

from corpus_assets.artifacts.request import Asset, Built, RequestT
from corpus_assets.orchestration.metadata import built_metadata

DATA_VERSION = "dagster/data_version"
NEVER_OBSERVED = ("INITIAL", "NULL")
"""Version and event of an upstream asset of which Dagster knows nothing."""


def record_partitions(
    context: dg.AssetExecutionContext, asset: Asset[RequestT], built: Mapping[str | None, Built]
) -> None:
    """Tell Dagster of the partitions that were made, so that it knows when they become stale."""
    for partition, one in built.items():
        if partition is not None:
            context.log_event(
                dg.AssetMaterialization(
                    dg.AssetKey(list(asset.key)),
                    metadata=built_metadata(one),
                    partition=partition,
                    tags={
                        DATA_VERSION: one.content_sha256,
                        "dagster/code_version": asset.code_version,
                        "dagster/data_version_is_user_provided": "true",
                        **_upstream(context.instance, asset, partition),
                    },
                )
            )


def _upstream(
    instance: dg.DagsterInstance, asset: Asset[RequestT], partition: str
) -> dict[str, str]:
    """Return the versions of what a partition was made of, in the tags that Dagster reads."""
    tags: dict[str, str] = {}
    for key in asset.upstream:
        name = "/".join(key)
        version, event = _latest(instance, dg.AssetKey(list(key)), partition)
        tags[f"dagster/input_data_version/{name}"] = version
        tags[f"dagster/input_event_pointer/{name}"] = event
    return tags


def _latest(instance: dg.DagsterInstance, key: dg.AssetKey, partition: str) -> tuple[str, str]:
    wanted = dg.AssetRecordsFilter(key, asset_partitions=[partition])
    for record in instance.fetch_observations(wanted, limit=1).records:
        if record.asset_observation and record.asset_observation.tags.get(DATA_VERSION):
            return record.asset_observation.tags[DATA_VERSION], str(record.storage_id)
    return NEVER_OBSERVED
