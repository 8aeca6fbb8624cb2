"""Runs whose process was killed, and runs that only look so."""

from __future__ import annotations

import dagster as dg
import pytest

from corpus_assets.orchestration import dead_runs
from corpus_assets.orchestration.dead_runs import PROCESS, report_dead_runs, this_process


def started(instance: dg.DagsterInstance, process: str) -> str:
    """Record a run that counts as started in a process."""
    run = dg.DagsterRun("job", tags={PROCESS: process}, status=dg.DagsterRunStatus.STARTED)
    return instance.add_run(run).run_id


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_only_runs_of_processes_that_are_gone_have_failed() -> None:
    place, number, begun = this_process().rsplit(" ", 2)
    with dg.DagsterInstance.ephemeral() as instance:
        dead = started(instance, f"{place} {number} {int(begun) - 1}")
        alive = [
            started(instance, this_process()),
            started(instance, f"elsewhere/{place} {number} 1"),
            started(instance, "nonsense"),
            started(instance, ""),
        ]
        report_dead_runs(instance)
        assert status(instance, dead) == dg.DagsterRunStatus.FAILURE
        assert {status(instance, run) for run in alive} == {dg.DagsterRunStatus.STARTED}


def test_a_run_that_ends_well_meanwhile_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = started(instance, f"{this_process()}0")
        real = dead_runs._is_dead

        def slow(process: str) -> bool:
            run = instance.get_run_by_id(run_id)
            assert run is not None
            event = dg.DagsterEvent(dg.DagsterEventType.RUN_SUCCESS.value, run.job_name)
            instance.report_dagster_event(event, run_id)
            return real(process)

        monkeypatch.setattr(dead_runs, "_is_dead", slow)
        report_dead_runs(instance)
        assert status(instance, run_id) == dg.DagsterRunStatus.SUCCESS
