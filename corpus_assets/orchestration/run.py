"""Materializing one asset from a program, on the instance that Dagster's own tools would use."""

import contextlib
import os
import signal
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from corpus_assets.artifacts.accelerating import TURNED_OFF
from corpus_assets.errors import CancelledError, DataError, SetupError, StorageError
from corpus_assets.orchestration.build import build_definitions
from corpus_assets.orchestration.dead_runs import PROCESS, report_dead_runs, this_process
from corpus_assets.orchestration.failures import EXIT_CODE
from corpus_assets.orchestration.launch import LAUNCHED_BY
from corpus_assets.orchestration.summary import is_warning, said, summary

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
STATE_FOLDER = ".dagster_state"
NO_OUTPUT_CAPTURE = {
    "module": "dagster.core.storage.noop_compute_log_manager",
    "class": "NoOpComputeLogManager",
}


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended: its metadata, or the reason it failed in the user's words.

    `checks` is one line about all asset checks; `warnings` has those that failed without failing
    the run, and says where kernels were given up.
    """

    run_id: str
    succeeded: bool
    metadata: Mapping[str, Any]
    reason: str = ""
    exit_code: int = 0
    checks: str = ""
    warnings: tuple[str, ...] = ()


def instance() -> dg.DagsterInstance:
    """Return the instance of DAGSTER_HOME, else of this folder's dagster.yaml, else a new one here.

    History is kept in every case. Output is not captured: its helper processes would answer a
    Ctrl-C with tracebacks, and the run's log is on the terminal. Raises SetupError.
    """
    overrides: dict[str, Any] = {"compute_logs": NO_OUTPUT_CAPTURE}
    if home := os.environ.get("DAGSTER_HOME"):
        folder = Path(home)
        if not folder.is_absolute() or not folder.is_dir():
            raise SetupError(f"DAGSTER_HOME: {home} must be the absolute path of a folder")
    elif Path("dagster.yaml").is_file():
        folder = Path.cwd()
    else:
        folder = Path(STATE_FOLDER).absolute()
    if not (folder / "dagster.yaml").exists():
        overrides |= {"telemetry": {"enabled": False}, "nux": {"enabled": False}}
    try:
        folder.mkdir(exist_ok=True)
        return dg.DagsterInstance.local_temp(str(folder), overrides=overrides)
    except OSError as error:
        remedy = "set DAGSTER_HOME to a folder that you can write"
        raise StorageError("history", folder, str(error.strerror), remedy) from error
    except (dg.DagsterError, yaml.YAMLError, ImportError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise SetupError(f"{folder / 'dagster.yaml'} cannot be used: {first}") from error


def materialize(
    asset_key: str, run_config: Mapping[str, Any], partition: str | None = None
) -> RunResult:
    """Materialize one asset in this process and record it; errors of the asset are returned.

    Raises CancelledError when the run was cancelled.
    """
    key = dg.AssetKey.from_user_string(asset_key)
    job = build_definitions().resolve_implicit_global_asset_job_def()
    with (
        contextlib.closing(_Disposed(instance())) as opened,
        _hang_up_ends_the_run(),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", dg.PreviewWarning)
        report_dead_runs(opened.instance)
        result = job.execute_in_process(
            run_config={**run_config, **QUIET},
            instance=opened.instance,
            asset_selection=[key],
            partition_key=partition,
            raise_on_error=False,
            tags={LAUNCHED_BY: "corpus-assets run", PROCESS: this_process()},
        )
        if _interrupted(result):
            opened.instance.report_run_canceled(result.dagster_run)
            raise CancelledError("cancelled; clips that were finished are in the cache")
    checks = result.get_asset_check_evaluations()
    fallen = [one for one in checks if not one.passed]
    warned = tuple(f"{one.check_name}: {said(one)}" for one in fallen if is_warning(one))
    failed = [one for one in fallen if not is_warning(one)]
    if failed or not result.success:
        reason, exit_code = _reason(result, failed)
        return RunResult(result.run_id, False, {}, reason, exit_code, warnings=warned)
    (materialization,) = result.asset_materializations_for_node(key.to_python_identifier())
    metadata = {name: _plain(value) for name, value in materialization.metadata.items()}
    line = summary(checks)
    warned = (*_kernels_given_up(metadata), *warned)
    return RunResult(result.run_id, True, metadata, checks=line, warnings=warned)


@dataclass(frozen=True, slots=True)
class _Disposed:
    """Closes an instance, under the name that `contextlib.closing` looks for."""

    instance: dg.DagsterInstance

    def close(self) -> None:
        self.instance.dispose()


def _kernels_given_up(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    said = str(metadata.get("acceleration", ""))
    return (f"acceleration: {said}",) if said.startswith(TURNED_OFF) else ()


def _plain(value: dg.MetadataValue[Any]) -> Any:  # noqa: ANN401 (whatever the asset recorded)
    """Return a metadata value without Dagster's wrapping; a table as a list of its records."""
    if isinstance(value, dg.TableMetadataValue):
        return [dict(record.data) for record in value.records]
    return value.value


@contextlib.contextmanager
def _hang_up_ends_the_run() -> Iterator[None]:
    """Let the end of the terminal cancel the run as SIGTERM does, unless it is to be ignored."""
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _interrupted(result: dg.ExecuteInProcessResult) -> bool:
    errors = [e.step_failure_data.error for e in result.all_events if e.is_step_failure]
    name = dg.DagsterExecutionInterruptedError.__name__
    return any(error is not None and error.cls_name == name for error in errors)


def _reason(
    result: dg.ExecuteInProcessResult, failed: Sequence[dg.AssetCheckEvaluation]
) -> tuple[str, int]:
    """Return what failed checks say, or the asset of its failure, or the error of another."""
    if failed:
        lines = (f"{check.check_name}: {check.description}" for check in failed)
        return "\n".join(lines), DataError.exit_code
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            own = failure.user_failure_data
            if own and own.description:
                return own.description, int(str(own.metadata[EXIT_CODE].value))
            error = failure.error
            return str(error.to_string() if error else failure), 1
    return "the run failed before the asset started; see Dagster's history", 1
