"""Partitions that were made in a step that fails: recorded as Dagster itself would have done."""

from collections.abc import Mapping

import dagster as dg

from corpus_assets.artifacts.request import Asset, Built, RequestT
from corpus_assets.orchestration.metadata import materialization_metadata
from corpus_assets.orchestration.observing import DATA_VERSION, Origin


def record_partitions(
    context: dg.AssetExecutionContext,
    asset: Asset[RequestT],
    built: Mapping[str | None, Built],
    origin: Origin | None,
) -> None:
    """Tell Dagster of the partitions that were made, so that it knows when they become stale."""
    for partition, one in built.items():
        if partition is not None:
            context.log_event(
                dg.AssetMaterialization(
                    dg.AssetKey(list(asset.key)),
                    metadata=materialization_metadata(asset, one)
                    | (origin.metadata(partition) if origin else {}),
                    partition=partition,
                    tags={
                        DATA_VERSION: one.content_sha256,
                        "dagster/code_version": asset.code_version,
                        "dagster/data_version_is_user_provided": "true",
                        **(origin.tags(partition) if origin else {}),
                    },
                )
            )
