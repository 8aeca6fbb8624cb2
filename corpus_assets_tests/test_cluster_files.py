"""The files in docs/cluster give workers that score clips, as far as one machine can tell."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.artifacts.settings import SharedSettings
from corpus_assets_tests.dagster_api import until
from corpus_assets_tests.making import build_asset, build_pairs

FOLDER = Path(__file__).parents[1] / "docs" / "cluster"
SBATCH = """#!/bin/sh
echo "$@" >> {folder}/submitted
cp "$1" {folder}/script
setsid sh {folder}/script > {folder}/job.log 2>&1 &
echo $! > {folder}/job
echo "Submitted batch job 7"
"""


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


@contextlib.contextmanager
def running(argv: list[str], log: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a process group of its own, and end all of it."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            argv,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def score_at(address: str, root: Path, tmp_path: Path) -> None:
    """Make the table there and here, and compare."""
    there = build_asset(
        VMAF_PAIRS,
        SharedSettings(dask_address=address),
        konvid_root=str(root),
        cache_dir=str(tmp_path / "there"),
    )
    assert there.table.counts.extracted == 3
    here = build_pairs(root, out=str(tmp_path / "here.parquet"), cache_dir=str(tmp_path / "here"))
    assert here.content_sha256 == there.content_sha256


def addresses(log: Path) -> list[str]:
    """Return what was printed of schedulers; Dask warns where the usual port is taken."""
    lines = log.read_text().splitlines(keepends=True)
    return [line.strip() for line in lines if line.startswith("tcp://") and line.endswith("\n")]


def test_slurm_jobs_score_clips(konvid_root: Path, tmp_path: Path) -> None:
    """With an `sbatch` that runs the job here at once."""
    tools = tmp_path / "slurm"
    tools.mkdir()
    put(tools, "sbatch", SBATCH.format(folder=tools))
    put(tools, "scancel", f"#!/bin/sh\nkill -- -$(cat {tools}/job)\n")
    path = f"{tools}:{os.environ['PATH']}"
    log = tmp_path / "log"
    with running([sys.executable, str(FOLDER / "slurm.py")], log, PATH=path):
        until(lambda: bool(addresses(log)), 60)
        try:
            score_at(addresses(log)[0], konvid_root, tmp_path)
        finally:
            subprocess.run([str(tools / "scancel")], check=False)
    script = (tools / "script").read_text()
    for line in ("#SBATCH --cpus-per-task=8", "#SBATCH --mem=15G", "#SBATCH -t 08:00:00"):
        assert line in script
    assert 'export TMPDIR="$(mktemp -d)"' in script, "two jobs on a machine share no slots"
    assert "--nthreads 8" in script
    assert "--lifetime 470m" in script


def test_kubernetes_containers_score_clips(konvid_root: Path, tmp_path: Path) -> None:
    """With what the containers start, and the variables that the operator gives them."""
    document: dict[str, Any] = yaml.safe_load((FOLDER / "kubernetes.yaml").read_text())
    assert (document["apiVersion"], document["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    name, spec = document["metadata"]["name"], document["spec"]
    assert spec["scheduler"]["service"]["selector"]["dask.org/cluster-name"] == name
    (scheduler,) = spec["scheduler"]["spec"]["containers"]
    (worker,) = spec["worker"]["spec"]["containers"]
    assert scheduler["image"] == worker["image"]
    claims = {volume["name"] for volume in spec["worker"]["spec"]["volumes"]}
    assert {mount["name"] for mount in worker["volumeMounts"]} == claims
    tools = Path(sys.executable).parent
    start, *arguments = scheduler["args"]
    argv = [str(tools / start), *arguments, "--port", "0", "--dashboard-address", "127.0.0.1:0"]
    told = tmp_path / "scheduler.json"
    with running([*argv, "--scheduler-file", str(told)], tmp_path / "log"):
        until(told.exists, 60)
        address = yaml.safe_load(told.read_text())["address"]
        given = {"DASK_SCHEDULER_ADDRESS": address, "DASK_WORKER_NAME": "corpus-assets-worker-1"}
        start, *arguments = [
            given.get(word.removeprefix("$(").removesuffix(")"), word) for word in worker["args"]
        ]
        argv = [str(tools / start), *arguments, "--local-directory", str(tmp_path)]
        with running(argv, tmp_path / "worker.log", **given):
            score_at(address, konvid_root, tmp_path)
