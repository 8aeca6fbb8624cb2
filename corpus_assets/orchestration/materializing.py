"""One Dagster step: the settings resolved, each artifact built, and what Dagster is told of it."""

import os
from collections.abc import Mapping
from typing import Any

import dagster as dg
import orjson

from corpus_assets.artifacts.request import Asset, Built, RequestT
from corpus_assets.artifacts.settings import SharedSettings, validated
from corpus_assets.errors import DataError
from corpus_assets.files import sha256_of_bytes
from corpus_assets.orchestration.launch import launch_of
from corpus_assets.orchestration.metadata import built_metadata


def materialized(
    context: dg.AssetExecutionContext,
    asset: Asset[RequestT],
    config: Mapping[str, Any],
    shared: SharedSettings,
) -> dg.MaterializeResult:  # type: ignore[type-arg] # holds no value
    """Build the artifact of every partition of the step, or the only one.

    A partition whose data is not right does not stop the others, which are recorded as materialized
    although the step fails. Raises SetupError, or DataError naming the partitions that were not
    made.
    """
    partitions = tuple(context.partition_keys) if asset.partitions else ()
    settings = validated(asset.settings, config)
    built: dict[str | None, Built] = {}
    failed: dict[str | None, DataError] = {}
    requests = asset.resolve(settings, shared, os.environ, partitions)
    for request in requests:
        try:
            built[request.partition] = _built(context, asset, request)
        except DataError as error:
            failed[request.partition] = error
    if failed and len(requests) == 1:
        raise failed[requests[0].partition]
    if failed:
        _record(context, asset, built)
        raise DataError(_some_failed(failed, list(built)))
    metadata = {partition: built_metadata(one) for partition, one in built.items()}
    for partition, entries in metadata.items():
        if partition is not None:
            context.add_asset_metadata(entries, partition_key=partition)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(_content(built)), metadata=metadata.get(None, {})
    )


def _built(context: dg.AssetExecutionContext, asset: Asset[RequestT], request: RequestT) -> Built:
    effective = orjson.dumps(asset.args(request), option=orjson.OPT_SORT_KEYS).decode()
    context.log.info("effective settings: %s", effective)
    return asset.build(request, launch_of(context, asset, request), context.log.info)


def _record(
    context: dg.AssetExecutionContext,
    asset: Asset[RequestT],
    built: Mapping[str | None, Built],
) -> None:
    """Tell Dagster of the partitions that were made in a step that will fail."""
    for partition, one in built.items():
        context.log_event(
            dg.AssetMaterialization(
                dg.AssetKey(list(asset.key)),
                metadata=built_metadata(one),
                partition=partition,
                tags={"dagster/data_version": one.content_sha256},
            )
        )


def _content(built: Mapping[str | None, Built]) -> str:
    """Return the content digest of the artifact; of several, the digest of theirs."""
    if len(built) == 1:
        return next(iter(built.values())).content_sha256
    lines = "".join(f"{partition} {one.content_sha256}\n" for partition, one in built.items())
    return sha256_of_bytes(lines.encode())


def _some_failed(failed: Mapping[str | None, DataError], done: list[str | None]) -> str:
    reasons = "".join(f"\n{partition}: {error}" for partition, error in failed.items())
    written = f"; written: {', '.join(map(str, done))}" if done else ""
    return f"not made: {', '.join(map(str, failed))}{written}{reasons}"
