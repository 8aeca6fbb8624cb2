"""The table: columns, order, types, and independence from how it was made."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from corpus_assets.files import sha256_of_file
from corpus_assets.tables.content import content_sha256
from corpus_assets.tables.schema import KONVID_VMAF_PAIRS
from corpus_assets_tests.making import build_pairs, manifest_of
from corpus_assets_tests.media import FRAMES

COLUMNS = {
    "key": "string",
    "frame_index": "int64",
    "vif_scale0": "float64",
    "vif_scale1": "float64",
    "vif_scale2": "float64",
    "vif_scale3": "float64",
    "adm2": "float64",
    "motion2": "float64",
    "vmaf": "float64",
}


def test_columns_rows_and_values(konvid_root: Path, tmp_path: Path) -> None:
    built = build_pairs(konvid_root)
    table = pq.read_table(built.manifest.artifact.path)
    assert table.schema.equals(KONVID_VMAF_PAIRS.schema)
    assert {c.name: c.type for c in built.manifest.artifact.columns} == COLUMNS
    assert table["key"].unique().to_pylist() == [f"KoNViD_1k_videos_{n}" for n in (10, 20, 30)]
    assert table["frame_index"].to_pylist() == [*range(FRAMES)] * 3
    report = json.loads((tmp_path / "cache/konvid_1k/KoNViD_1k_videos_20.json").read_text())
    rows = table.to_pandas().query("key == 'KoNViD_1k_videos_20'")
    for column, key in (("vmaf", "vmaf"), ("adm2", "integer_adm2"), ("motion2", "integer_motion2")):
        assert rows[column].tolist() == [frame["metrics"][key] for frame in report["frames"]]


def test_manifest_describes_the_file(konvid_root: Path) -> None:
    artifact = build_pairs(konvid_root).manifest.artifact
    path = Path(artifact.path)
    assert artifact.sha256 == sha256_of_file(path)
    assert artifact.bytes == path.stat().st_size
    assert artifact.rows == len(pd.read_parquet(path)) == 3 * FRAMES
    table = pq.read_table(path)
    assert artifact.content_sha256 == content_sha256(table.schema, [table])


def test_same_content_with_one_and_four_workers(konvid_root: Path, tmp_path: Path) -> None:
    one = build_pairs(konvid_root, workers=1, out=str(tmp_path / "1.parquet"), cache_policy="off")
    four = build_pairs(konvid_root, workers=4, out=str(tmp_path / "4.parquet"), cache_policy="off")
    assert one.manifest.artifact.content_sha256 == four.manifest.artifact.content_sha256
    assert one.manifest.artifact.sha256 == four.manifest.artifact.sha256
    assert not (tmp_path / "cache").exists()


def test_max_clips_takes_the_first_keys(konvid_root: Path) -> None:
    manifest = manifest_of(build_pairs(konvid_root, max_clips=2))
    assert manifest["counts"]["selected"] == 2
    assert manifest["skipped"] == [{"name": "30.mp4", "reason": "beyond max_clips"}]
    keys = pd.read_parquet(manifest["artifact"]["path"])["key"].unique()
    assert [*keys] == ["KoNViD_1k_videos_10", "KoNViD_1k_videos_20"]


def test_crf_changes_the_numbers(konvid_root: Path, tmp_path: Path) -> None:
    low, high = (
        build_pairs(konvid_root, crf=crf, out=str(tmp_path / f"{crf}.parquet")) for crf in (20, 45)
    )
    assert low.table.evidence.scores.mean > high.table.evidence.scores.mean + 5
    assert pa.types.is_float64(pq.read_schema(low.manifest.artifact.path).field("vmaf").type)
