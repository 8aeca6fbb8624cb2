"""How an asset becomes a Dagster asset; what it does is in `artifacts`."""

import inspect
from collections.abc import Callable
from typing import Any

import dagster as dg
import pydantic

from corpus_assets.artifacts.request import Asset, RequestT
from corpus_assets.artifacts.scored import ScoredAsset
from corpus_assets.orchestration.beta import relied_on
from corpus_assets.orchestration.failures import shown_as_failures
from corpus_assets.orchestration.materializing import materialized
from corpus_assets.orchestration.page import definition_metadata, tags_of
from corpus_assets.orchestration.resources import (
    EngineResource,
    StorageResource,
    WorkersResource,
    shared_settings,
    storage_settings,
)

POOL = "scoring"
"""The concurrency pool of assets that score clips (`dagster.yaml`, `concurrency`)."""
PRIORITY = "dagster/priority"
"""Tag of a step: of those that are ready, Dagster starts the one with the highest number."""


def config_of(settings: type[pydantic.BaseModel]) -> type[dg.Config]:
    """Return settings as Dagster's configuration: names, types, defaults and descriptions.

    Ranges and rules are left to the asset, so that a value that breaks one fails the run with
    the message that every launcher shows.
    """
    fields: dict[str, Any] = {
        name: (field.annotation, pydantic.Field(field.default, description=field.description))
        for name, field in settings.model_fields.items()
    }
    return pydantic.create_model(
        f"{settings.__name__}Config", __base__=dg.Config, __doc__=settings.__doc__, **fields
    )


def scored_asset(asset: ScoredAsset, description: str) -> dg.AssetsDefinition:
    """Return the Dagster asset of a table that scoring clips makes."""
    config_type = config_of(asset.settings)

    @_defined(asset, description, {"parquet", "ffmpeg"})
    def scored(
        context: dg.AssetExecutionContext,
        config: config_type,  # type: ignore[valid-type] # Dagster reads it when it is defined
        engine: EngineResource,
        workers: WorkersResource,
        storage: StorageResource,
    ) -> dg.MaterializeResult:  # type: ignore[type-arg] # holds no value
        with shown_as_failures():
            shared = shared_settings(engine, workers, storage)
            return materialized(context, asset, dict(config), shared)

    return scored


def rows_asset(asset: Asset[RequestT], description: str, kind: str = "json") -> dg.AssetsDefinition:
    """Return the Dagster asset of a table that no program is needed for."""
    config_type = config_of(asset.settings)

    @_defined(asset, description, {kind})
    def rows(
        context: dg.AssetExecutionContext,
        config: config_type,  # type: ignore[valid-type] # as above
        storage: StorageResource,
    ) -> dg.MaterializeResult:  # type: ignore[type-arg] # as above
        with shown_as_failures():
            shared = storage_settings(storage)
            return materialized(context, asset, dict(config), shared)

    return rows


def partitions_of(asset: Asset[RequestT]) -> dg.StaticPartitionsDefinition | None:
    """Return an asset's partitions as Dagster has them."""
    return dg.StaticPartitionsDefinition(list(asset.partitions.keys)) if asset.partitions else None


def _defined(
    asset: Asset[RequestT], description: str, kinds: set[str]
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Return the decorator with what is known of an asset before it runs.

    One run may cover several partitions, so that a range of them shares its start and its look
    at the corpus.
    """
    partitions = partitions_of(asset)
    with relied_on():
        return dg.asset(
            key=list(asset.key),
            group_name=asset.key[0],
            description=inspect.cleandoc(description),
            kinds=kinds,
            code_version=asset.code_version,
            metadata=definition_metadata(asset),
            tags=tags_of(asset),
            op_tags={PRIORITY: str(asset.priority)},
            deps=[dg.AssetKey(list(key)) for key in asset.upstream],
            pool=POOL if "ffmpeg" in kinds else None,
            partitions_def=partitions,
            backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        )
