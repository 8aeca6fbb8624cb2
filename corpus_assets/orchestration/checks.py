"""Asset checks: what is looked at after a materialization; what they say is in `manifests`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from corpus_assets.artifacts.request import Asset
from corpus_assets.manifests.checks import CHECKS, Check, judge
from corpus_assets.manifests.evidence import Evidence
from corpus_assets.manifests.verdict import Verdict, together
from corpus_assets.orchestration.summary import level, summary

NOTHING = Verdict(("nothing was materialized yet",))


def artifact_checks(asset: Asset[Any]) -> dg.AssetChecksDefinition:
    """Return the checks of an asset's artifacts, which read each table once for all of them."""
    key = dg.AssetKey(list(asset.key))
    concerned = [check for check in CHECKS if check.concerns(asset.manifest)]
    specs = [
        dg.AssetCheckSpec(
            check.name,
            asset=key,
            description=check.described(asset.manifest),
            blocking=check.blocking,
        )
        for check in concerned
    ]

    @dg.multi_asset_check(specs=specs, name=f"{asset.op}__checks", can_subset=True)
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        wanted = {one.name for one in context.selected_asset_check_keys}
        made = _evidence(context.instance, key, context.run.run_id)
        judged = [(evidence.path, judge(evidence, wanted)) for evidence in made]
        results = [
            _result(check, key, {str(path): verdicts[check.name] for path, verdicts in judged})
            for check in concerned
            if check.name in wanted
        ]
        context.log.log(level(results), "checks: %s", summary(results))
        yield from results

    return checks


def _result(check: Check, key: dg.AssetKey, verdicts: Mapping[str, Verdict]) -> dg.AssetCheckResult:
    verdict = together(verdicts) if verdicts else NOTHING
    facts = {
        name: list(fact) if isinstance(fact, tuple) else fact
        for name, fact in verdict.facts.items()
    }
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check.name,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.WARN if check.warns else dg.AssetCheckSeverity.ERROR,
        description=verdict.text,
        metadata={"manifests": len(verdicts), **facts},
    )


def _evidence(instance: dg.DagsterInstance, key: dg.AssetKey, run: str) -> list[Evidence]:
    """Return what a run has materialized, whatever others have since; of checks alone, the latest.

    Where the asset has partitions, there is one for each.
    """
    materialized = dg.DagsterEventType.ASSET_MATERIALIZATION
    of_run = instance.get_records_for_run(run, of_type=materialized).records
    records = [record for record in of_run if record.asset_key == key] or _latest(instance, key)
    found = {
        str(made.metadata["manifest"].value): (record, made.metadata.get("content_sha256"))
        for record in records
        if (made := record.asset_materialization) and "manifest" in made.metadata
    }
    return [
        Evidence(Path(path), _began(instance, record), str(content.value) if content else None)
        for path, (record, content) in found.items()
    ]


def _latest(instance: dg.DagsterInstance, key: dg.AssetKey) -> list[dg.EventLogRecord]:
    partitions: list[str | None] = [*sorted(instance.get_materialized_partitions(key))]
    return [
        record
        for partition in partitions or [None]
        for record in instance.fetch_materializations(_of(key, partition), limit=1).records
    ]


def _began(instance: dg.DagsterInstance, record: dg.EventLogRecord) -> float | None:
    """Return when the run of an event began, in seconds since 1970, if that is known."""
    run = instance.get_run_record_by_id(record.run_id)
    return run.start_time if run else None


def _of(key: dg.AssetKey, partition: str | None) -> dg.AssetRecordsFilter:
    return dg.AssetRecordsFilter(key, asset_partitions=[partition] if partition else None)
