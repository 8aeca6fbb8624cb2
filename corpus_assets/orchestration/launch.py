"""Who launched a run, and the command line that makes its artifact again."""

from typing import Any

import dagster as dg
import orjson

from corpus_assets.artifacts.request import Launch
from corpus_assets.artifacts.settings import EMBEDDED
from corpus_assets.manifests.parts import DagsterPart

MODULE = "corpus_assets.definitions"


def config_document(op: str, settings: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Return the Dagster run config that holds every effective setting.

    What comes with the package is named as such, so that no variable takes its place.
    """
    resources: dict[str, Any] = {
        "engine": {"config": {"ffmpeg": shared["ffmpeg"] or EMBEDDED}},
        "workers": {"config": {"count": shared["workers"]}},
    }
    effective = settings | {"vmaf_bin": settings["vmaf_bin"] or EMBEDDED}
    given = {name: value for name, value in effective.items() if value is not None}
    return {"ops": {op: {"config": given}}, "resources": resources}


def launch_of(
    context: dg.AssetExecutionContext, settings: dict[str, Any], shared: dict[str, Any]
) -> Launch:
    """Describe the launch of the asset that is being materialized."""
    config = config_document(context.op_execution_context.op.name, settings, shared)
    return Launch(
        argv=(
            *("dagster", "asset", "materialize", "-m", MODULE),
            *("--select", context.asset_key.to_user_string()),
            *("--config-json", orjson.dumps(config, option=orjson.OPT_SORT_KEYS).decode()),
        ),
        dagster=DagsterPart(
            run_id=context.run.run_id,
            job=context.run.job_name,
            asset_key=context.asset_key.to_user_string(),
            code_version=context.assets_def.code_versions_by_key.get(context.asset_key),
        ),
    )
