"""One function that returns everything Dagster loads; nothing is read from the environment."""

import dagster as dg

from corpus_assets.artifacts import catalog
from corpus_assets.orchestration.assets import ASSETS
from corpus_assets.orchestration.checks import artifact_checks
from corpus_assets.orchestration.resources import EngineResource, StorageResource, WorkersResource


def build_definitions() -> dg.Definitions:
    """Return fresh definitions: assets, checks and shared resources.

    Clips already run side by side within an asset, so that a process per step would only cost time.
    """
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=[artifact_checks(asset) for asset in catalog.ASSETS],
        resources={
            "engine": EngineResource(),
            "workers": WorkersResource(),
            "storage": StorageResource(),
        },
        executor=dg.in_process_executor,
    )
