"""The training tables in Dagster: the whole graph in one run, lineage, pages, configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import pytest

from corpus_assets.artifacts import catalog
from corpus_assets.orchestration.build import build_definitions
from corpus_assets_tests.archives import write_archive
from corpus_assets_tests.media import NETFLIX_SIZE
from corpus_assets_tests.rows import ONE, row, write_rows

COMBINED, MERGED = (dg.AssetKey(["training", name]) for name in ("full_features", "fr_corpus"))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def archive(media: Path, tmp_path: Path) -> Path:
    return write_archive(tmp_path / "bvi.zip", {"DOne": media / "ten.mp4"})


def made(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str, Any]:
    event = instance.get_latest_materialization_event(key)
    assert event is not None
    assert event.asset_materialization is not None
    return dict(event.asset_materialization.metadata)


def test_the_whole_graph_in_one_run(
    instance: dg.DagsterInstance,
    konvid_root: Path,
    netflix_root: Path,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VMAF_KONVID_1K_DIR", str(konvid_root))
    monkeypatch.setenv("VMAF_NETFLIX_CORPUS_DIR", str(netflix_root))
    monkeypatch.setenv("VMAF_BVI_DVC_ZIP", str(archive))
    width, height = NETFLIX_SIZE
    six = {"feature_set": "canonical6"}
    size = {"width": width, "height": height}
    ops = {
        "netflix_public__full_features": {"config": six | size},
        "bvi_dvc__full_features": {"config": six},
        "training__full_features": {"config": {"splits": True}},
    }
    everything = [dg.AssetKey(list(asset.key)) for asset in catalog.ASSETS]
    job = build_definitions().resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        {"ops": ops}, instance=instance, asset_selection=everything, partition_key="D"
    )
    assert result.success
    combined = made(instance, COMBINED)
    labels = [record.data["label"] for record in combined["inputs"].records]
    assert {"bvi_dvc/D", "netflix_public"} <= {*labels}
    table = pq.read_table(combined["artifact"].value)
    assert combined["dagster/row_count"].value == table.num_rows
    assert Path(combined["splits"].value).is_file()
    assert combined["contents_repeated"].value == 0
    lineage = combined["dagster/column_lineage"].value.deps_by_column
    netflix, bvi = (dg.AssetKey([name, "full_features"]) for name in ("netflix_public", "bvi_dvc"))
    assert {
        dg.TableColumnDep(netflix, "source"),
        dg.TableColumnDep(bvi, "key"),
    } <= {*lineage["source"]}
    assert dg.TableColumnDep(bvi, "vmaf") in lineage["vmaf"]
    assert "corpus" not in lineage
    merged = made(instance, MERGED)
    assert merged["rows_out"].value == merged["dagster/row_count"].value == 1
    rows = dg.AssetKey(["bvi_dvc", "corpus_rows"])
    of_rows = merged["dagster/column_lineage"].value.deps_by_column
    assert of_rows["crf"] == [dg.TableColumnDep(rows, "crf")]
    manifest = json.loads(Path(combined["manifest"].value).read_text())
    assert manifest["dagster"]["asset_key"] == "training/full_features"
    assert "training__full_features" in manifest["run_provenance"]["argv"][-1]


def test_lineage_runs_from_videos_to_training_tables() -> None:
    graph = build_definitions().resolve_asset_graph()
    for end, corpora in ((COMBINED, {"netflix_public", "bvi_dvc"}), (MERGED, {"bvi_dvc"})):
        above = graph.get_ancestor_asset_keys(end)
        assert {dg.AssetKey([corpus, "videos"]) for corpus in corpora} <= {*above}
    upstream = {key.path[-1] for key in graph.get(COMBINED).parent_keys}
    assert upstream == {"full_features"}, "pairs of six features are no input"


def test_what_pages_say_of_keys() -> None:
    """Of each table what is looked at: of a combined one, not that frames are there once."""
    said = {
        spec.asset_key: spec.description or ""
        for checks in build_definitions().asset_checks or ()
        for spec in checks.check_specs
        if spec.name == "keys_unique"
    }
    assert "cannot be told" in said[COMBINED]
    assert said[MERGED] == "Every encode (src_sha256, encoder, preset, crf) is there once."
    assert said[dg.AssetKey(["konvid_1k", "vmaf_pairs"])].startswith("Every clip is there once")


def test_run_config_and_the_command_line_that_repeats_it(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    shard = write_rows(tmp_path / "shard.jsonl", row("a.mp4", ONE))
    config = {"shards": [str(shard)], "splits": True, "test_share": 0.5}
    job = build_definitions().resolve_implicit_global_asset_job_def()
    ops: dict[str, Any] = {"training__fr_corpus": {"config": config}}
    for _ in ("as set", "as recorded"):
        result = job.execute_in_process({"ops": ops}, instance=instance, asset_selection=[MERGED])
        assert result.success
        manifest = json.loads(Path(made(instance, MERGED)["manifest"].value).read_text())
        argv = manifest["run_provenance"]["argv"]
        assert argv[:5] == ["dagster", "asset", "materialize", "-m", "corpus_assets.definitions"]
        assert manifest["run_provenance"]["args"] == {
            "corpus_rows": "none",
            "manifest_out": str(tmp_path / "runs" / "fr_train_corpus.manifest.json"),
            "output": str(tmp_path / "runs" / "fr_train_corpus.jsonl"),
            "shards": [str(shard)],
            "splits": True,
            "test_share": 0.5,
            "validation_share": 0.1,
        }
        ops = json.loads(argv[-1])["ops"]


def test_inputs_by_label_are_a_mapping(instance: dg.DagsterInstance) -> None:
    job = build_definitions().resolve_implicit_global_asset_job_def()
    ops = {"training__full_features": {"config": {"inputs": {"a/b": "/nowhere/x.parquet"}}}}
    result = job.execute_in_process(
        {"ops": ops}, instance=instance, asset_selection=[COMBINED], raise_on_error=False
    )
    (failure,) = (event for event in result.all_events if event.is_step_failure)
    said = failure.step_failure_data.user_failure_data
    assert said is not None
    assert said.description is not None
    assert said.description.startswith("inputs: '/nowhere/x.parquet' is not allowed")
    assert said.metadata["exit_code"].value == 2
