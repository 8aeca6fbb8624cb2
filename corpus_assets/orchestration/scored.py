"""How an asset that scores clips becomes a Dagster asset; what it does is in `artifacts`."""

import inspect
import os
from typing import Any

import dagster as dg
import orjson
import pydantic

from corpus_assets.artifacts.build import build
from corpus_assets.artifacts.request import ScoredAsset
from corpus_assets.artifacts.settings import validated
from corpus_assets.orchestration.failures import shown_as_failures
from corpus_assets.orchestration.launch import launch_of
from corpus_assets.orchestration.metadata import built_metadata, column_schema
from corpus_assets.orchestration.resources import (
    EngineResource,
    StorageResource,
    WorkersResource,
    shared_settings,
)


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
    """Return the Dagster asset."""
    config_type = config_of(asset.settings)

    @dg.asset(
        key=list(asset.key),
        group_name=asset.key[0],
        description=inspect.cleandoc(description),
        kinds={"parquet", "ffmpeg"},
        code_version=asset.code_version,
        metadata={"dagster/column_schema": column_schema(asset.spec)},
    )
    def scored(
        context: dg.AssetExecutionContext,
        config: config_type,  # type: ignore[valid-type] # Dagster reads it when it is defined
        engine: EngineResource,
        workers: WorkersResource,
        storage: StorageResource,
    ) -> dg.MaterializeResult:  # type: ignore[type-arg] # holds no value
        with shown_as_failures():
            shared = shared_settings(engine, workers, storage)
            settings_given = validated(asset.settings, dict(config))
            request = asset.resolve(settings_given, shared, os.environ)
            settings: dict[str, Any] = request.settings
            effective = orjson.dumps(settings, option=orjson.OPT_SORT_KEYS).decode()
            context.log.info("effective settings: %s", effective)
            launch = launch_of(context, settings, request.scoring.shared)
            built = build(asset, request, launch, context.log.info)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(built.manifest.artifact.content_sha256),
            metadata=built_metadata(built),
        )

    return scored
