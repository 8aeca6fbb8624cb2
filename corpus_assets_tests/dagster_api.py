"""Dagster's GraphQL interface, asked as its web UI asks."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MODULE = "corpus_assets.definitions"
LOADED = """{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError {
  __typename ... on PythonError { message } } } } } }"""
LAUNCH = """mutation($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on InvalidSubsetError { message }
    ... on PythonError { message } } }"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
TERMINATE = """mutation($id: String!) {
  terminateRun(runId: $id) { __typename ... on TerminateRunFailure { message } } }"""
MATERIALIZATION = """query($key: AssetKeyInput!) {
  assetOrError(assetKey: $key) { ... on Asset { assetMaterializations(limit: 1) {
    runId
    metadataEntries { label
      ... on IntMetadataEntry { intValue }
      ... on TextMetadataEntry { text }
      ... on PathMetadataEntry { path }
      ... on TableMetadataEntry { table { records } } } } } } }"""
CHECKS = """query($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode {
    assetChecksOrError { ... on AssetChecks { checks {
      name executionForLatestMaterialization { runId status } } } } } } }"""
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


@dataclass(frozen=True, slots=True)
class DagsterApi:
    """Dagster's webserver on a port of this machine."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str, **variables: Any) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            body = json.dumps({"query": query, "variables": variables})
            connection.request("POST", "/graphql", body, {"content-type": "application/json"})
            answer = json.load(connection.getresponse())
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def assert_loaded(self) -> None:
        """Fail with Dagster's message where the definitions cannot be loaded."""
        (entry,) = self.ask(LOADED)["workspaceOrError"]["locationEntries"]
        location = entry["locationOrLoadError"]
        assert location["__typename"] == "RepositoryLocation", location

    def launch(
        self, asset: str, partition: str | None = None, config: Mapping[str, Any] | None = None
    ) -> str:
        """Start a materialization, with run config as the Launchpad has it; return the run's id."""
        selector = {
            "repositoryName": "__repository__",
            "repositoryLocationName": MODULE,
            "pipelineName": "__ASSET_JOB",
            "assetSelection": [_key(asset)],
        }
        tags = [{"key": "dagster/partition", "value": partition}] if partition else []
        params = {
            "selector": selector,
            "runConfigData": config or {},
            "executionMetadata": {"tags": tags},
        }
        launched = self.ask(LAUNCH, params=params)["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def status(self, run: str) -> str:
        return str(self.ask(STATUS, id=run)["runOrError"]["status"])

    def end_of(self, run: str) -> str:
        """Wait for the end of a run, and return its status."""
        until(lambda: self.status(run) in ENDED, 120)
        return self.status(run)

    def terminate(self, run: str) -> None:
        answer = self.ask(TERMINATE, id=run)["terminateRun"]
        assert answer["__typename"] == "TerminateRunSuccess", answer

    def materialization(self, asset: str) -> tuple[str, dict[str, Any]]:
        """Return the run of the latest materialization, and its metadata by label."""
        found = self.ask(MATERIALIZATION, key=_key(asset))["assetOrError"]
        (latest,) = found["assetMaterializations"]
        entries = {
            entry.pop("label"): next(iter(entry.values()), None)
            for entry in latest["metadataEntries"]
        }
        return latest["runId"], entries

    def checks(self, asset: str, run: str) -> dict[str, str]:
        """Return how the checks of an asset ended in a run, by name."""
        found = self.ask(CHECKS, key=_key(asset))["assetNodeOrError"]["assetChecksOrError"][
            "checks"
        ]
        executions = {one["name"]: one["executionForLatestMaterialization"] for one in found}
        return {
            name: str(execution["status"])
            for name, execution in executions.items()
            if execution and execution["runId"] == run
        }


def _key(asset: str) -> dict[str, Sequence[str]]:
    return {"path": asset.split("/")}


def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for something, and return how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() < started + seconds, f"not within {seconds:.0f} s"
        time.sleep(0.1)
    return time.monotonic() - started
