"""Whoever launches a run: equal artifacts, manifests that differ only in facts of the launch."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from corpus_assets.orchestration.build import build_definitions
from corpus_assets_tests.dagster_runs import KEY, OP, materialize_pairs
from corpus_assets_tests.test_cli import corpus_assets
from corpus_assets_tests.test_dagster import run_dagster

CONFIG = {"crf": 36, "max_clips": 2, "cache_policy": "off"}
JSON = json.dumps({"ops": {OP: {"config": CONFIG}}})
SELECT = ("-m", "corpus_assets.definitions", "--select", KEY.to_user_string())


def by_our_command(folder: Path) -> None:
    done = corpus_assets(
        *("run", "konvid_1k/vmaf_pairs", "--crf", "36", "--max-clips", "2"),
        *("--cache-policy", "off"),
        folder=folder,
    )
    assert done.returncode == 0, done.stderr


def by_dagsters_command(folder: Path) -> None:
    done = run_dagster("asset", "materialize", *SELECT, "--config-json", JSON, folder=folder)
    assert done.returncode == 0, done.stderr


def by_python(_: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialize_pairs(instance, CONFIG).success


def by_a_job(_: Path) -> None:
    """As a schedule does it: its tag, and a run of a job."""
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions().resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(
            run_config={"ops": {OP: {"config": CONFIG}}},
            instance=instance,
            asset_selection=[KEY],
            tags={"dagster/schedule_name": "weekly"},
        )
        assert result.success


def lasting(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest without when it was made, how long it took, and who launched it."""
    stats = {k: v for k, v in manifest["stats"].items() if k != "elapsed_s"}
    return {
        **{k: v for k, v in manifest.items() if k not in {"created", "dagster"}},
        "stats": stats,
    }


def test_all_launchers_make_the_same(
    konvid_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VMAF_KONVID_1K_DIR", str(konvid_root))
    launchers: dict[str, Callable[[Path], None]] = {
        "corpus-assets run": by_our_command,
        "dagster command or Python": by_python,
        "schedule weekly": by_a_job,
    }
    runs, made = tmp_path / "runs", []
    for name, launch in [*launchers.items(), ("dagster command or Python", by_dagsters_command)]:
        launch(tmp_path)
        manifest = json.loads((runs / "konvid_vmaf_pairs.manifest.json").read_text())
        assert manifest["dagster"].pop("launched_by") == name
        assert manifest["dagster"].pop("run_id")
        made.append((manifest["dagster"], lasting(manifest)))
    assert made[0][0] == {
        "asset_key": "konvid_1k/vmaf_pairs",
        "code_version": made[0][0]["code_version"],
        "job": "__ASSET_JOB",
        "partition": None,
    }
    assert all(one == made[0] for one in made)


def test_the_recorded_command_makes_it_again(
    konvid_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another folder and another environment, as it stands."""
    monkeypatch.setenv("VMAF_KONVID_1K_DIR", str(konvid_root))
    by_a_job(tmp_path)
    path = tmp_path / "runs" / "konvid_vmaf_pairs.manifest.json"
    first = json.loads(path.read_text())
    path.unlink()
    Path(first["artifact"]["path"]).unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    hostile = {"VMAF_BIN": "/nowhere", "VMAF_MODEL_PATH": "/nowhere", "CORPUS_ASSETS_FFMPEG": "/x"}
    tools = Path(sys.executable).parent
    environment = {name: value for name, value in os.environ.items() if "CORPUS" not in name}
    environment |= hostile | {"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONWARNINGS": "ignore"}
    line = shlex.join(first["run_provenance"]["argv"])
    subprocess.run(
        ["/bin/sh", "-c", line], cwd=elsewhere, env=environment, check=True, capture_output=True
    )
    assert lasting(json.loads(path.read_text())) == lasting(first)
