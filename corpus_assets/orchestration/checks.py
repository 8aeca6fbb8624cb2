"""Asset checks: what is looked at again after a materialization."""

from pathlib import Path
from typing import Any

import dagster as dg

from corpus_assets.artifacts.request import Asset
from corpus_assets.manifests.pair import Mismatch, examine

NAME = "artifact_matches_manifest"


def pair_check(asset: Asset[Any]) -> dg.AssetChecksDefinition:
    """Return the check that every artifact of an asset is what its manifest says."""
    key = dg.AssetKey(list(asset.key))

    @dg.asset_check(
        asset=key,
        name=NAME,
        blocking=True,
        description="The files of the latest materializations are there, with the bytes and the "
        "SHA-256 that their manifests say.",
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        manifests = _manifests(context.instance, key, context.run.run_id)
        found = {str(path): examine(path) for path in manifests}
        wrong = [(path, one) for path, mismatches in found.items() for one in mismatches]
        return dg.AssetCheckResult(
            passed=bool(found) and not wrong,
            description=_said(found, wrong),
            metadata={"manifests": len(found), "mismatches": len(wrong)},
        )

    return check


def _manifests(instance: dg.DagsterInstance, key: dg.AssetKey, run: str) -> list[Path]:
    """Return the manifests that a run has materialized; of a check alone, the latest ones.

    Where the asset has partitions, there is one for each.
    """
    partitions: list[str | None] = [*sorted(instance.get_materialized_partitions(key))]
    latest = [
        record
        for partition in partitions or [None]
        for record in instance.fetch_materializations(_of(key, partition), limit=1).records
    ]
    wanted = [record for record in latest if record.run_id == run] or latest
    found = [one.asset_materialization for one in wanted]
    metadata = [one.metadata for one in found if one is not None]
    return [Path(str(one["manifest"].value)) for one in metadata if "manifest" in one]


def _of(key: dg.AssetKey, partition: str | None) -> dg.AssetRecordsFilter:
    return dg.AssetRecordsFilter(key, asset_partitions=[partition] if partition else None)


def _said(found: dict[str, list[Mismatch]], wrong: list[tuple[str, Mismatch]]) -> str:
    if not found:
        return "nothing was materialized yet"
    lines = [f"{path}: {one}" for path, one in wrong]
    return "\n".join(lines) or "as the manifests say"
