"""Assets of KoNViD-1k: thin; what they do is in `artifacts`."""

import dagster as dg
import orjson

from corpus_assets.artifacts import konvid_pairs
from corpus_assets.artifacts.settings import VmafPairsSettings
from corpus_assets.orchestration.failures import shown_as_failures
from corpus_assets.orchestration.launch import launch_of
from corpus_assets.orchestration.metadata import built_metadata, column_schema
from corpus_assets.orchestration.resources import (
    EngineResource,
    StorageResource,
    WorkersResource,
    shared_settings,
)
from corpus_assets.tables.schema import KONVID_VMAF_PAIRS

GROUP = "konvid_1k"


class VmafPairsConfig(VmafPairsSettings, dg.Config):
    """Settings of `konvid_1k/vmaf_pairs`; all are optional."""


@dg.asset(
    key=list(konvid_pairs.ASSET_KEY),
    group_name=GROUP,
    kinds={"parquet", "ffmpeg"},
    code_version=konvid_pairs.CODE_VERSION,
    metadata={"dagster/column_schema": column_schema(KONVID_VMAF_PAIRS)},
)
def vmaf_pairs(
    context: dg.AssetExecutionContext,
    config: VmafPairsConfig,
    engine: EngineResource,
    workers: WorkersResource,
    storage: StorageResource,
) -> dg.MaterializeResult:  # type: ignore[type-arg] # holds no value
    """Per-frame VMAF and canonical-6 features of KoNViD-1k clips against an encode of themselves.

    Each clip is encoded (libx264, preset veryfast, CRF 35 unless set otherwise, 8 bit) and scored
    against that encode. Writes `konvid_vmaf_pairs.parquet`, one row per clip and frame, and
    `konvid_vmaf_pairs.manifest.json`. A clip that cannot be scored is listed in the manifest.
    """
    with shown_as_failures():
        request = konvid_pairs.resolve(config, shared_settings(engine, workers, storage))
        effective = orjson.dumps(request.settings, option=orjson.OPT_SORT_KEYS).decode()
        context.log.info("effective settings: %s", effective)
        launch = launch_of(context, request.settings, request.shared)
        built = konvid_pairs.build(request, launch, context.log.info)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(built.manifest.artifact.content_sha256),
        metadata=built_metadata(built, KONVID_VMAF_PAIRS),
    )
