"""Asset checks: what is looked at again after a materialization."""

from collections.abc import Iterator
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
        found = {str(path): examine(path) for path in _manifests(context.instance, key)}
        wrong = [(path, one) for path, mismatches in found.items() for one in mismatches]
        return dg.AssetCheckResult(
            passed=bool(found) and not wrong,
            description=_said(found, wrong),
            metadata={"manifests": len(found), "mismatches": len(wrong)},
        )

    return check


def _manifests(instance: dg.DagsterInstance, key: dg.AssetKey) -> Iterator[Path]:
    """Yield the manifest of the latest materialization, of each partition where there are any."""
    partitions = instance.get_materialized_partitions(key)
    wanted: list[str | None] = [*sorted(partitions)] or [None]
    for partition in wanted:
        latest = dg.AssetRecordsFilter(key, asset_partitions=[partition] if partition else None)
        for record in instance.fetch_materializations(latest, limit=1).records:
            if record.asset_materialization:
                yield Path(str(record.asset_materialization.metadata["manifest"].value))


def _said(found: dict[str, list[Mismatch]], wrong: list[tuple[str, Mismatch]]) -> str:
    if not found:
        return "nothing was materialized yet"
    lines = [f"{path}: {one}" for path, one in wrong]
    return "\n".join(lines) or "as the manifests say"
