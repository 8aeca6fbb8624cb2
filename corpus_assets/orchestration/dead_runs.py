"""Runs of `corpus-assets run` whose process was killed: said to have failed by the next one.

A killed process cannot say so itself, and Dagster watches only runs that its own services start.
"""

import os
import platform
from pathlib import Path

import dagster as dg

PROCESS = "corpus_assets/process"
"""The tag that says which process a run is in."""


def this_process() -> str:
    """Return a name for this process that no other one has."""
    return f"{_place()} {os.getpid()} {_started(os.getpid())}"


def report_dead_runs(instance: dg.DagsterInstance) -> None:
    """Mark runs as failed that count as started and whose process on this machine is gone."""
    started = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])
    for run in instance.get_runs(started):
        if _is_dead(run.tags.get(PROCESS, "")) and _still_started(instance, run.run_id):
            instance.report_run_failed(run, "The process of this run was killed.")


def _is_dead(process: str) -> bool:
    node, _, rest = process.rpartition(" ")[0].rpartition(" ")
    if node != _place() or not rest.isdigit():
        return False
    return _started(int(rest)) != process.rpartition(" ")[2]


def _still_started(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Look again: it may have ended well between the two looks."""
    run = instance.get_run_by_id(run_id)
    return run is not None and run.status == dg.DagsterRunStatus.STARTED


def _place() -> str:
    """Return where process numbers mean the same: a machine, or a container on it."""
    namespace = Path("/proc/self/ns/pid")
    return f"{platform.node()}/{namespace.readlink() if namespace.is_symlink() else ''}"


def _started(pid: int) -> str:
    """Return when a process was started, in the kernel's ticks; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
