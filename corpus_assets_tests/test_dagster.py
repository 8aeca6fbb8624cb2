"""The asset in Dagster: definitions, metadata, settings, and the command line tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from corpus_assets.artifacts.konvid_pairs import VMAF_PAIRS
from corpus_assets.orchestration.build import build_definitions
from corpus_assets.orchestration.score_metadata import histogram
from corpus_assets_tests.dagster_runs import KEY, OP, materialize_pairs, metadata_of
from corpus_assets_tests.media import FRAMES


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def test_definitions_load() -> None:
    definitions = build_definitions()
    dg.Definitions.validate_loadable(definitions)
    keys = {spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()}
    assert keys == {
        "bvi_dvc/corpus_rows",
        "bvi_dvc/full_features",
        "bvi_dvc/videos",
        "konvid_1k/full_features",
        "konvid_1k/videos",
        "netflix_public/videos",
        "konvid_1k/vmaf_pairs",
        "netflix_public/full_features",
        "training/fr_corpus",
        "training/full_features",
    }
    assert set(definitions.resources or {}) == {"engine", "workers", "storage"}


def test_metadata_read_back(instance: dg.DagsterInstance, konvid_root: Path) -> None:
    (konvid_root / "KoNViD_1k_videos" / "40.mp4").touch()
    assert materialize_pairs(instance, {"konvid_root": str(konvid_root)}).success
    metadata = metadata_of(instance)
    values = {name: value.value for name, value in metadata.items()}
    manifest = json.loads(Path(values["manifest"]).read_text())
    assert values["dagster/row_count"] == 3 * FRAMES == manifest["artifact"]["rows"]
    assert values["artifact"] == manifest["artifact"]["path"]
    assert values["sha256"] == manifest["artifact"]["sha256"]
    counts = {
        name: values[f"clips_{name}"] for name in ("selected", "extracted", "cached", "failed")
    }
    assert counts == {"selected": 4, "extracted": 3, "cached": 0, "failed": 1}
    assert counts == {name: manifest["counts"][name] for name in counts}
    (failure,) = metadata["failures"].records
    assert failure.data["key"] == "KoNViD_1k_videos_40"
    assert failure.data["reason"] == "KoNViD_1k_videos/40.mp4 is empty (0 bytes)"
    columns = {column.name: column for column in values["dagster/column_schema"].columns}
    assert [*columns] == [column["name"] for column in manifest["artifact"]["columns"]]
    assert all(column.description for column in columns.values())
    assert values["frames_per_second"] > 0
    assert 0 < values["vmaf_mean"] < 100
    assert "█" in values["vmaf_histogram"]
    event = instance.get_latest_materialization_event(KEY)
    assert event is not None
    tags = event.asset_materialization.tags or {}  # type: ignore[union-attr]
    assert tags["dagster/data_version"] == manifest["artifact"]["content_sha256"]
    assert (
        tags["dagster/code_version"]
        == VMAF_PAIRS.code_version
        == manifest["dagster"]["code_version"]
    )


def test_args_and_argv_are_the_effective_settings(
    instance: dg.DagsterInstance, konvid_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the launchpad does it: some settings in the config, the rest from the environment."""
    monkeypatch.setenv("VMAF_KONVID_1K_DIR", str(konvid_root))
    config = {
        "crf": 41,
        "max_clips": 2,
        "include": ["*_10", "*_20", "*_30"],
        "exclude": ["*_20"],
        "max_failed_share": 0.5,
        "out": str(tmp_path / "mine" / "t.parquet"),
    }
    materialize_pairs(instance, config, {"workers": {"config": {"count": 1}}})
    first = json.loads((tmp_path / "mine" / "t.manifest.json").read_text())
    provenance = first["run_provenance"]
    assert provenance["args"] == {
        "accelerate": "auto",
        "cache_dir": str(tmp_path / "cache" / "konvid_1k"),
        "cache_policy": "reuse",
        "clip_timeout": None,
        "crf": 41,
        "exclude": ["*_20"],
        "ffmpeg": None,
        "follow_symlinks": False,
        "include": ["*_10", "*_20", "*_30"],
        "konvid_root": str(konvid_root),
        "manifest_out": str(tmp_path / "mine" / "t.manifest.json"),
        "max_clips": 2,
        "max_failed_share": 0.5,
        "model": "vmaf_v0.6.1",
        "out": str(tmp_path / "mine" / "t.parquet"),
        "symlink_roots": [],
        "vmaf_bin": None,
        "memory_gib": None,
        "dask_address": None,
        "workers": 1,
    }
    argv = provenance["argv"]
    assert argv[:7] == [
        *("dagster", "asset", "materialize", "-m", "corpus_assets.definitions"),
        *("--select", "konvid_1k/vmaf_pairs"),
    ]
    assert argv[7] == "--config-json"
    document = json.loads(argv[8])
    given = {name: value for name, value in provenance["args"].items() if value is not None}
    assert {**document["ops"][OP]["config"], "workers": 1} == given | {"vmaf_bin": "embedded"}
    assert document["resources"]["engine"] == {"config": {"ffmpeg": "embedded"}}
    monkeypatch.delenv("VMAF_KONVID_1K_DIR")
    for name in ("VMAF_BIN", "CORPUS_ASSETS_FFMPEG", "VMAF_MODEL_PATH"):
        monkeypatch.setenv(name, "/nowhere")
    replayed = materialize_pairs(instance, document["ops"][OP]["config"], document["resources"])
    assert replayed.success
    second = json.loads((tmp_path / "mine" / "t.manifest.json").read_text())
    assert second["run_provenance"]["args"] == provenance["args"]
    assert second["artifact"] == first["artifact"]


def test_failure_is_one_clear_message(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    result = materialize_pairs(instance, {"konvid_root": str(tmp_path)}, raise_on_error=False)
    (event,) = [event for event in result.all_events if event.is_step_failure]
    failure = event.step_failure_data.user_failure_data
    assert failure is not None
    assert failure.description is not None
    assert "has no folder KoNViD_1k_videos" in failure.description


def test_bad_resource_config_is_one_clear_message(
    instance: dg.DagsterInstance, konvid_root: Path
) -> None:
    resources = {"workers": {"config": {"count": 0}}}
    config = {"konvid_root": str(konvid_root)}
    result = materialize_pairs(instance, config, resources, raise_on_error=False)
    (event,) = [event for event in result.all_events if event.is_step_failure]
    failure = event.step_failure_data.user_failure_data
    assert failure is not None
    assert failure.description == (
        "workers: 0 is not allowed; it should be greater than or equal to 1"
    )


def run_dagster(
    *arguments: str, folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables, "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "dagster", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_dagster_asset_materialize(konvid_root: Path, tmp_path: Path) -> None:
    select = ("-m", "corpus_assets.definitions", "--select", "konvid_1k/vmaf_pairs")
    done = run_dagster(
        "asset", "materialize", *select, folder=tmp_path, VMAF_KONVID_1K_DIR=str(konvid_root)
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "runs" / "konvid_vmaf_pairs.manifest.json").read_text())
    assert manifest["counts"]["extracted"] == 3
    assert manifest["artifact"]["rows"] == 3 * FRAMES
    assert "checks: 7 of 7 passed" in done.stderr + done.stdout
    failed = run_dagster("asset", "materialize", *select, folder=tmp_path)
    assert failed.returncode == 1
    assert "konvid_root is not set" in failed.stderr + failed.stdout


def test_nothing_is_read_from_the_environment_at_import(tmp_path: Path) -> None:
    variables = {"VMAF_KONVID_1K_DIR": "/nowhere", "CORPUS_ASSETS_WORKERS": "nonsense"}
    done = run_dagster(
        "definitions", "validate", "-m", "corpus_assets.definitions", folder=tmp_path, **variables
    )
    assert done.returncode == 0, done.stderr


def test_definitions_load_nothing_heavy() -> None:
    heavy = {"av", "imageio_ffmpeg", "IPython", "matplotlib", "pandas"}
    code = f"import sys, corpus_assets.definitions; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_histogram_draws_every_bin() -> None:
    counts = [0] * 20
    counts[19], counts[0] = 10, 5
    lines: list[Any] = histogram(counts, "frames").splitlines()
    assert lines[3] == " 95-100 " + "█" * 24 + " 10"
    assert lines[22] == "  0-5   " + "█" * 12 + " 5"
    assert len(lines) == 24
    assert len(histogram([10**9] * 20, "frames")) < 1000
