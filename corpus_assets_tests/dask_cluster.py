"""A Dask cluster on loopback: a real scheduler and workers, each a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from distributed import Client

from corpus_assets_tests.dagster_api import until

START_SECONDS = 60
LEFT_ALONE = ("--idle-timeout", "600")
"""A scheduler whose test was killed ends, and its workers then do."""
LOOPBACK = ("--host", "127.0.0.1", "--no-dashboard")


@dataclass
class Cluster:
    """A scheduler, its workers, and the folder of their logs."""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    address: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(
        self,
        *,
        threads: int = 1,
        preload: str = "",
        main: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a worker under a nanny; with `main`, a program, without one and after it."""
        number = len(self.processes)
        scratch = self.folder / f"worker-{number}"
        scratch.mkdir()
        arguments = [
            *(self.address, *LOOPBACK, "--nthreads", str(threads)),
            *("--local-directory", str(scratch)),
        ]
        if preload:
            (scratch / "preloaded.py").write_text(preload)
            arguments += ["--preload", str(scratch / "preloaded.py")]
        start = ["-m", "distributed.cli.dask_worker"]
        if main:
            start = _after(main, "distributed.cli.dask_worker")
            arguments.append("--no-nanny")
        process = _started([*start, *arguments], scratch / "log", variables or {})
        self.processes.append(process)
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.processes), timeout=START_SECONDS)
        return process

    def pids(self) -> list[int]:
        """Return the process identities of the workers themselves, not of their nannies."""
        with Client(self.address, set_as_default=False) as client:
            return list(client.run(os.getpid).values())


def _after(main: str, module: str) -> list[str]:
    """Return what runs a command of Dask's after a program."""
    return ["-c", f"{main}\nfrom {module} import main\nmain()"]


@contextmanager
def dask_cluster(
    folder: Path, workers: int = 2, *, main: str = "", **options: object
) -> Iterator[Cluster]:
    """Run a scheduler, after the program `main`, with some workers; end them whatever happens."""
    folder.mkdir(parents=True)
    told = folder / "scheduler.json"
    start = _after(main, "distributed.cli.dask_scheduler")
    argv = [*start, *LOOPBACK, "--port", "0", "--scheduler-file", str(told), *LEFT_ALONE]
    scheduler = _started(argv, folder / "log", {})
    cluster = Cluster(folder, scheduler, "")
    try:
        until(told.exists, START_SECONDS)
        cluster.address = json.loads(told.read_text())["address"]
        for _ in range(workers):
            cluster.add_worker(**options)  # type: ignore[arg-type] # options of a worker
        yield cluster
    finally:
        for process in (*cluster.processes, scheduler):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _started(
    arguments: list[str], log: Path, variables: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a process group of its own."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VMAF_", "CORPUS_ASSETS_", "DAGSTER_", "DASK_"))
    }
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=clean | dict(variables),
            start_new_session=True,
        )
