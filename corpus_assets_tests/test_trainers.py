"""The demo's tables as a trainer reads them: with pandas and `json`, knowing names and paths only.

Whatever is in the catalog is covered: an asset that joins must be made by the demo and by a run of
everything, start at a corpus, and be fit to train with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from corpus_assets.artifacts.catalog import ASSETS
from corpus_assets.artifacts.request import Asset
from corpus_assets.artifacts.sources import SOURCES
from corpus_assets.orchestration.build import build_definitions
from corpus_assets.tables.corpus_row import CORPUS_ROWS
from corpus_assets_tests.demo_run import Demo

FRAMES = [asset for asset in ASSETS if asset.table.endswith(".parquet")]
ROWS = [asset for asset in ASSETS if asset.table.endswith(".jsonl")]
TEACHER = "vmaf"
CANONICAL6 = ["adm2", "vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3", "motion2"]
BY_NAME = {asset.name: asset for asset in ASSETS}


def named(asset: Asset[Any]) -> str:
    return asset.name


@pytest.fixture(scope="module", autouse=True)
def _made(demo_results: dict[str, Any]) -> None:
    assert demo_results


def tables(demo: Demo, asset: Asset[Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the files of an asset, each with its manifest, as they are named in the formats."""
    parts = asset.partitions.keys if asset.partitions else (None,)
    paths = [demo.runs / asset.file_name(part) for part in parts]
    for path in paths:
        if path.exists():
            manifest = path.with_name(f"{path.stem}.manifest.json")
            yield path, json.loads(manifest.read_text())


def features_of(table: pd.DataFrame) -> list[str]:
    return [name for name in table.select_dtypes("float64").columns if name != TEACHER]


def source_of(table: pd.DataFrame) -> pd.Series[str]:
    """Return what rows of one source content share."""
    return table["source" if "source" in table else "key"]


def without_numbers(demo: Demo, asset: Asset[Any]) -> set[str]:
    """Return the features that a manifest says have nulls: that of the table or of its inputs."""
    found: set[str] = set()
    for _, manifest in tables(demo, asset):
        found |= {one["feature"] for one in manifest.get("unavailable_features", ())}
        for given in manifest.get("inputs", ()):
            found |= set(given["missing_features"])
    for key in asset.upstream:
        if upstream := BY_NAME.get("/".join(key)):
            found |= without_numbers(demo, upstream)
    return found


def test_one_run_of_everything_makes_the_whole_graph(demo: Demo) -> None:
    """After the demo itself, so that nothing is scored again."""
    select = ("--select", "*", "--partition", "D")
    before = {path: path.stat().st_mtime_ns for path in demo.runs.iterdir()}
    demo.dagster("asset", "materialize", "-m", "corpus_assets.definitions", *select)
    assert {path: path.stat().st_mtime_ns for path in demo.runs.iterdir()}.keys() == before.keys()
    with dg.DagsterInstance.from_config(str(demo.folder / "dagster")) as instance:
        run = instance.get_run_records(limit=1)[0].dagster_run
        made = dg.DagsterEventType.ASSET_MATERIALIZATION
        records = instance.get_records_for_run(run.run_id, of_type=made).records
    assert run.status == dg.DagsterRunStatus.SUCCESS
    keys = [record.asset_key.to_user_string() for record in records if record.asset_key]
    assert sorted(keys) == sorted(BY_NAME)
    extracted = [
        record.asset_materialization.metadata["clips_extracted"].value
        for record in records
        if record.asset_materialization
        and "clips_extracted" in record.asset_materialization.metadata
    ]
    assert set(extracted) == {0}


def test_the_graph_starts_at_corpora_and_every_step_has_a_lineage() -> None:
    definitions = build_definitions()
    graph = definitions.resolve_asset_graph()
    corpora = {dg.AssetKey(list(source.key)) for source in SOURCES}
    for asset in ASSETS:
        key = dg.AssetKey(list(asset.key))
        assert {*graph.get_ancestor_asset_keys(key)} & corpora, asset.name
        made_of_tables = any("/".join(one) in BY_NAME for one in asset.upstream)
        spec = definitions.get_assets_def(key).specs_by_key[key]
        assert ("dagster/column_lineage" in spec.metadata) == made_of_tables, asset.name


@pytest.mark.parametrize("asset", ASSETS, ids=named)
def test_every_asset_has_been_made(demo: Demo, asset: Asset[Any]) -> None:
    for path, manifest in (found := [*tables(demo, asset)]):
        assert manifest["artifact"]["path"] == str(path)
    assert found


@pytest.mark.parametrize("asset", FRAMES, ids=named)
def test_features_stack_to_a_matrix(demo: Demo, asset: Asset[Any]) -> None:
    for path, manifest in tables(demo, asset):
        table = pd.read_parquet(path)
        assert [*table.columns] == [column["name"] for column in manifest["artifact"]["columns"]]
        assert len(table) == manifest["artifact"]["rows"] > 0
        features = features_of(table)
        assert {*features} >= {*CANONICAL6}
        empty = [name for name in features if table[name].isna().any()]
        assert {*empty} <= without_numbers(demo, asset), "no null but those that are told of"
        usable = [name for name in features if name not in empty]
        matrix = table[usable].to_numpy(np.float32)
        assert matrix.shape == (len(table), len(usable))
        assert np.isfinite(matrix).all()
        labels = table[TEACHER].to_numpy(np.float32)
        assert ((labels >= 0) & (labels <= 100)).all()
        assert table["frame_index"].dtype == np.int64
        texts = table.drop(columns=[*features, TEACHER, "frame_index"])
        assert all(isinstance(text, str) and text for text in texts.to_numpy().ravel())


@pytest.mark.parametrize("asset", FRAMES, ids=named)
def test_frames_of_a_clip_are_in_order(demo: Demo, asset: Asset[Any]) -> None:
    for path, _ in tables(demo, asset):
        table = pd.read_parquet(path)
        starts = table["frame_index"] == 0
        steps = table["frame_index"].diff()[~starts]
        assert starts.iloc[0]
        assert (steps == 1).all()


@pytest.mark.parametrize("asset", FRAMES, ids=named)
def test_one_source_can_be_left_out(demo: Demo, asset: Asset[Any]) -> None:
    table = pd.concat([pd.read_parquet(path) for path, _ in tables(demo, asset)])
    sources = source_of(table)
    held_out = [left_out(table, sources, source) for source in sources.unique()]
    assert sum(held_out) == len(table)


def left_out(table: pd.DataFrame, sources: pd.Series[str], source: str) -> int:
    """Fit on all sources but one, where there are others, and return the rows of that one."""
    train, test = table[sources != source], table[sources == source]
    assert not {*source_of(train)} & {*source_of(test)}
    if len(train):
        known, unknown = (rows[CANONICAL6].to_numpy(np.float32) for rows in (train, test))
        weights, *_ = np.linalg.lstsq(known, train[TEACHER].to_numpy(np.float32), rcond=None)
        assert np.isfinite(unknown @ weights).all()
    return len(test)


@pytest.mark.parametrize("asset", ROWS, ids=named)
def test_rows_load_with_the_json_module(demo: Demo, asset: Asset[Any]) -> None:
    for path, manifest in tables(demo, asset):
        with path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        assert len(rows) == manifest["artifact"]["rows"] > 0
        names = [column.name for column in CORPUS_ROWS.columns]
        assert len(names) == 54
        assert all([*row] == names for row in rows)
        means = [f"{name}_mean" for name in CANONICAL6]
        matrix = np.array([[row[name] for name in means] for row in rows], np.float32)
        assert matrix.shape == (len(rows), 6)
        assert np.isfinite(matrix).all(), "every report of the demo is ours, and whole"
        assert all(0 <= row["vmaf_score"] <= 100 for row in rows)
        sources = [row["src_sha256"] for row in rows]
        for source in sources:
            train = [row for row in rows if row["src_sha256"] != source]
            assert len(train) == len(rows) - sources.count(source)
            assert source not in {row["src_sha256"] for row in train}
