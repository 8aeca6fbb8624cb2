"""One function that returns everything Dagster loads; nothing is read from the environment."""

import datetime as dt
from collections.abc import Mapping, Sequence

import dagster as dg

from corpus_assets.artifacts import catalog
from corpus_assets.errors import SettingError
from corpus_assets.orchestration.assets import ASSETS
from corpus_assets.orchestration.checks import artifact_checks
from corpus_assets.orchestration.jobs import JOBS
from corpus_assets.orchestration.page import owned_by
from corpus_assets.orchestration.resources import EngineResource, StorageResource, WorkersResource
from corpus_assets.orchestration.schedules import WEEKLY, schedules
from corpus_assets.orchestration.sensors import QUIET_SECONDS, sensors

LENIENT = dg.FreshnessPolicy.time_window(
    fail_window=dt.timedelta(days=365), warn_window=dt.timedelta(days=180)
)
"""What was not made for so long; a corpus that does not change is not made again meanwhile."""


def build_definitions(
    *,
    cron: str = WEEKLY,
    crons: Mapping[str, str] | None = None,
    quiet_seconds: float = QUIET_SECONDS,
    freshness: dg.FreshnessPolicy | None = LENIENT,
    owners: Sequence[str] = (),
) -> dg.Definitions:
    """Return fresh definitions: assets, checks, jobs, schedules, sensors and shared resources.

    `cron` says when the schedules tick, `crons` when those of single corpora do, or the one for
    `all`; `quiet_seconds` how long a corpus must be left alone before its sensor acts; `freshness`
    is the policy of every asset; `owners`, mail addresses or `team:` and a name, stand on the page
    of every artifact. Raises SettingError for a corpus that there is not.

    Clips already run side by side within an asset, so that a process per step would only cost time.
    """
    if unknown := sorted(set(crons or {}) - set(JOBS)):
        raise SettingError("crons", unknown[0], f"there are {', '.join(JOBS)}")
    return dg.Definitions(
        assets=[_with_policy(asset, freshness) for asset in owned_by(owners, ASSETS)],
        asset_checks=[artifact_checks(asset) for asset in catalog.ASSETS],
        jobs=list(JOBS.values()),
        schedules=schedules(dict.fromkeys(JOBS, cron) | dict(crons or {})),
        sensors=sensors(quiet_seconds),
        resources={
            "engine": EngineResource(),
            "workers": WorkersResource(),
            "storage": StorageResource(),
        },
        executor=dg.in_process_executor,
    )


def _with_policy(
    asset: dg.AssetsDefinition | dg.SourceAsset, policy: dg.FreshnessPolicy | None
) -> dg.AssetsDefinition | dg.SourceAsset:
    """Give an asset a policy; a corpus has none, because Dagster does not make it."""
    if policy is None or isinstance(asset, dg.SourceAsset):
        return asset
    return asset.map_asset_specs(lambda spec: spec.replace_attributes(freshness_policy=policy))
