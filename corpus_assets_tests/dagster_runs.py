"""Materializing through Dagster in tests."""

from __future__ import annotations

from typing import Any

import dagster as dg

from corpus_assets.orchestration.build import build_definitions

KEY = dg.AssetKey(["konvid_1k", "vmaf_pairs"])
OP = "konvid_1k__vmaf_pairs"


def materialize_pairs(
    instance: dg.DagsterInstance,
    config: dict[str, Any],
    resources: dict[str, Any] | None = None,
    **options: Any,
) -> dg.ExecuteInProcessResult:
    job = build_definitions().resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        run_config={"ops": {OP: {"config": config}}, "resources": resources or {}},
        instance=instance,
        asset_selection=[KEY],
        **options,
    )


def metadata_of(instance: dg.DagsterInstance) -> dict[str, Any]:
    """Read the metadata of the latest materialization back from the instance."""
    event = instance.get_latest_materialization_event(KEY)
    assert event is not None
    materialization = event.asset_materialization
    assert materialization is not None
    return dict(materialization.metadata)
