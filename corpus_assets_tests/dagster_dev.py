"""Dagster's own services, started from a fresh folder, and ended whatever happens."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from corpus_assets_tests.dagster_api import MODULE, DagsterApi, until

SETTINGS = """telemetry:
  enabled: false
nux:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
"""


@contextmanager
def dagster_dev(folder: Path, variables: Mapping[str, str]) -> Iterator[DagsterApi]:
    """Run the services with a new history in `folder`; end them and all that they have started."""
    home, log = folder / "dagster", folder / "dagster.log"
    home.mkdir()
    (home / "dagster.yaml").write_text(SETTINGS)
    service = DagsterApi(_free_port())
    argv = [
        *(sys.executable, "-m", "dagster", "dev", "-m", MODULE),
        *("-h", "127.0.0.1", "-p", str(service.port)),
    ]
    with TemporaryDirectory(prefix="dagster-", ignore_cleanup_errors=True) as scratch:
        environment = {"DAGSTER_HOME": str(home), "TMPDIR": scratch, **variables}
        process = _started(argv, folder, _environment(folder) | environment, log)
        try:
            until(lambda: _answers(service) or process.poll() is not None, 120)
            assert process.poll() is None, log.read_text()
            service.assert_loaded()
            yield service
        finally:
            _end(process)


def _started(
    argv: list[str], folder: Path, environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start a process group of its own, which Linux asks to end when this process is killed."""
    setpriv = shutil.which("setpriv")
    prefix = [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
    with log.open("wb") as output, _interrupts_not_ignored():
        return subprocess.Popen(
            [*prefix, *argv],
            cwd=folder,
            env={**environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


@contextmanager
def _interrupts_not_ignored() -> Iterator[None]:
    """Let a child take SIGINT: shells start background jobs with it ignored.

    `dagster dev` that ignores SIGINT ignores SIGTERM too.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment without the user's settings, with all that is kept in the folder."""
    own = ("VMAF_", "CORPUS_ASSETS_", "DAGSTER_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {
        **kept,
        "HOME": str(folder),
        "CORPUS_ASSETS_CACHE_DIR": str(folder / "cache"),
        "CORPUS_ASSETS_OUTPUT_DIR": str(folder / "runs"),
    }


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(service: DagsterApi) -> bool:
    try:
        return bool(service.ask("{ version }"))
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the services end by themselves, then kill what is left of their process group."""
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
