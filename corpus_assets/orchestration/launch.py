"""Who launched a run, and the command line that makes its artifact again."""

from typing import Any

import dagster as dg
import orjson

from corpus_assets.artifacts.request import Asset, Launch, RequestT
from corpus_assets.artifacts.settings import EMBEDDED
from corpus_assets.manifests.run_parts import DagsterPart

MODULE = "corpus_assets.definitions"
LAUNCHED_BY = "corpus_assets/launched_by"
"""The tag of runs that a command of ours launches."""
OF_WORKERS = ("memory_gib", "dask_address")
LAUNCHER_TAGS = {
    "dagster/schedule_name": "schedule",
    "dagster/sensor_name": "sensor",
    "dagster/backfill": "backfill",
}


def config_document(asset: Asset[RequestT], request: RequestT) -> dict[str, Any]:
    """Return the Dagster run config that holds every effective setting.

    What comes with the package is named as such, so that no variable takes its place.
    """
    settings, shared = request.settings, request.shared
    if "vmaf_bin" in settings:
        settings |= {"vmaf_bin": settings["vmaf_bin"] or EMBEDDED}
    given = {name: value for name, value in settings.items() if value is not None}
    resources: dict[str, Any] = {}
    if "ffmpeg" in shared:
        resources["engine"] = {"config": {"ffmpeg": shared["ffmpeg"] or EMBEDDED}}
    if "workers" in shared:
        workers = {"count": shared["workers"], **{name: shared[name] for name in OF_WORKERS}}
        known = {name: value for name, value in workers.items() if value is not None}
        resources["workers"] = {"config": known}
    return {"ops": {asset.op: {"config": given}}, "resources": resources}


def launch_of(
    context: dg.AssetExecutionContext, asset: Asset[RequestT], request: RequestT
) -> Launch:
    """Describe the launch of an artifact that is being made."""
    config = config_document(asset, request)
    partition = ("--partition", request.partition) if request.partition else ()
    return Launch(
        argv=(
            *("dagster", "asset", "materialize", "-m", MODULE),
            *("--select", asset.name, *partition),
            *("--config-json", orjson.dumps(config, option=orjson.OPT_SORT_KEYS).decode()),
        ),
        dagster=DagsterPart(
            run_id=context.run.run_id,
            job=context.run.job_name,
            asset_key=asset.name,
            partition=request.partition,
            launched_by=_launched_by(context.run),
            code_version=asset.code_version,
        ),
    )


def _launched_by(run: dg.DagsterRun) -> str:
    """Say who launched a run, as far as its tags and origin tell."""
    if command := run.tags.get(LAUNCHED_BY):
        return command
    for tag, kind in LAUNCHER_TAGS.items():
        if name := run.tags.get(tag):
            return f"{kind} {name}"
    return "Dagster's services" if run.remote_job_origin else "dagster command or Python"
