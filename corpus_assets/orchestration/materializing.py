"""One Dagster step: the settings resolved, each artifact built, and what Dagster is told of it."""

import contextlib
import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import orjson

from corpus_assets.artifacts.request import WARNING, Asset, Built, Request, RequestT
from corpus_assets.artifacts.settings import SharedSettings, validated
from corpus_assets.errors import DataError
from corpus_assets.files import sha256_of_bytes
from corpus_assets.orchestration.launch import launch_of
from corpus_assets.orchestration.metadata import materialization_metadata
from corpus_assets.orchestration.observing import look
from corpus_assets.orchestration.partitions import record_partitions


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
    requests = asset.resolve(settings, shared, os.environ, partitions)
    _check_all(requests)
    origin = look(context, asset, settings, shared)
    built: dict[str | None, Built] = {}
    try:
        _build_all(context, asset, requests, built)
    except BaseException:
        record_partitions(context, asset, built, origin)
        raise
    metadata = {
        partition: materialization_metadata(asset, one)
        | (origin.metadata(partition) if origin else {})
        for partition, one in built.items()
    }
    for partition, entries in metadata.items():
        if partition is not None:
            context.add_asset_metadata(entries, partition_key=partition)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(_content(built)),
        metadata=metadata.get(None, {}),
        tags=origin.tags(next(iter(built))) if origin else None,
    )


def _check_all(requests: Sequence[Request]) -> None:
    """Find what is set up wrong before the first of several artifacts is made.

    What is wrong with the data of one is said when its turn comes. Raises SetupError.
    """
    for request in requests if len(requests) > 1 else ():
        with contextlib.suppress(DataError):
            request.check()


def _build_all(
    context: dg.AssetExecutionContext,
    asset: Asset[RequestT],
    requests: Sequence[RequestT],
    built: dict[str | None, Built],
) -> None:
    """Build one artifact after the other into `built`. Raises SetupError, DataError at the end."""
    failed: dict[str | None, DataError] = {}
    for request in requests:
        try:
            built[request.partition] = _built(context, asset, request)
        except DataError as error:
            failed[request.partition] = error
    if failed:
        raise _some_failed(failed, list(built))


def _built(context: dg.AssetExecutionContext, asset: Asset[RequestT], request: RequestT) -> Built:
    effective = orjson.dumps(asset.args(request), option=orjson.OPT_SORT_KEYS).decode()
    context.log.info("effective settings: %s", effective)

    def log(text: str) -> None:
        context.log.log(logging.WARNING if text.startswith(WARNING) else logging.INFO, text)

    return asset.build(request, launch_of(context, asset, request), log)


def _content(built: Mapping[str | None, Built]) -> str:
    """Return the content digest of the artifact; of several, the digest of theirs."""
    if len(built) == 1:
        return next(iter(built.values())).content_sha256
    lines = "".join(f"{partition} {one.content_sha256}\n" for partition, one in built.items())
    return sha256_of_bytes(lines.encode())


def _some_failed(failed: Mapping[str | None, DataError], done: Sequence[str | None]) -> DataError:
    """Return the error of the only artifact, or one that names the partitions of several."""
    if len(failed) + len(done) == 1:
        return next(iter(failed.values()))
    reasons = "".join(f"\n{partition}: {error}" for partition, error in failed.items())
    written = f"; written: {', '.join(map(str, done))}" if done else ""
    return DataError(f"not made: {', '.join(map(str, failed))}{written}{reasons}")
