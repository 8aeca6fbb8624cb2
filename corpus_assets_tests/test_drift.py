"""Two tables compared clip by clip, wherever row groups cut them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus_assets.errors import DataError
from corpus_assets.tables.corpus_row import CORPUS_ROWS
from corpus_assets.tables.drift import ClipDrift, ColumnDrift, compare

VALUES = [1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0, 8.0]


def write(path: Path, group: int = 100, **changed: Any) -> Path:
    columns = {
        "key": ["a"] * 3 + ["b"] * 3 + ["c"] * 2,
        "frame_index": [0, 1, 2, 0, 1, 2, 0, 1],
        "codec": ["x264"] * 8,
        "vmaf": VALUES,
    }
    pq.write_table(pa.table(columns | changed), path, row_group_size=group)
    return path


@pytest.mark.parametrize("group", [1, 2, 3, 5, 100])
def test_equal_tables_whatever_their_row_groups(tmp_path: Path, group: int) -> None:
    drift = compare(write(tmp_path / "a.parquet"), write(tmp_path / "b.parquet", group))
    assert (drift.clips, drift.drifted, drift.worst, drift.largest) == (3, 0, (), {})


def test_what_moved_and_how_far(tmp_path: Path) -> None:
    moved = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.5, 8.25]
    new = write(tmp_path / "b.parquet", 3, vmaf=moved, codec=["x264"] * 7 + ["x265"])
    drift = compare(write(tmp_path / "a.parquet"), new)
    assert drift.drifted == 2
    assert drift.worst == (
        ClipDrift("c", 2, 2, (ColumnDrift("codec", 1, 0, 0), ColumnDrift("vmaf", 2, 0.5, 0.375))),
        ClipDrift("a", 3, 3, (ColumnDrift("vmaf", 1, 0, 0),)),
    )
    assert drift.largest["vmaf"] == (0.5, "c")


def test_clips_and_rows_of_one_table_alone(tmp_path: Path) -> None:
    old = write(tmp_path / "a.parquet")
    whole = pq.read_table(old)
    new = tmp_path / "b.parquet"
    pq.write_table(whole.slice(3, 4), new)
    drift = compare(old, new)
    assert [(one.clip, one.rows_old, one.rows_new) for one in drift.worst] == [
        ("a", 3, 0),
        ("c", 2, 1),
    ]
    assert compare(old, new, only={"b"}).drifted == 0
    assert [one.rows_new for one in compare(new, old).worst] == [3, 2]


def test_numbers_that_have_no_distance(tmp_path: Path) -> None:
    endless = [float("inf"), float("-inf"), None, 4.0, 5.0, 6.0, 7.0, 8.0]
    huge = [2**62] * 8
    old = write(tmp_path / "a.parquet", vmaf=endless, size=huge)
    assert compare(old, write(tmp_path / "b.parquet", vmaf=endless, size=huge)).drifted == 0
    (clip,) = compare(old, write(tmp_path / "b.parquet", size=huge)).worst
    assert clip.columns == (ColumnDrift("vmaf", 2, float("inf"), float("inf")),)
    moved = write(tmp_path / "b.parquet", vmaf=endless, size=[2**62 + 2**10, *huge[1:]])
    assert compare(old, moved).largest == {"size": (1024.0, "a")}


def test_a_table_without_rows(tmp_path: Path) -> None:
    full, empty = write(tmp_path / "a.parquet"), tmp_path / "b.parquet"
    pq.write_table(pq.read_table(full).slice(0, 0), empty)
    assert [one.rows_new for one in compare(full, empty).worst] == [0, 0, 0]


def test_corpus_rows(tmp_path: Path) -> None:
    blank = {"string": "", "int64": 0, "float64": 0.0, "bool": False}
    row = {column.name: blank[column.type_name] for column in CORPUS_ROWS.columns}
    row |= {"src": "bvi-dvc:a", "adm2_mean": float("nan")}
    paths = (tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    changed = row | {"run_id": "1" * 32, "vmaf_score": 0.5}
    for path, one in zip(paths, (row, changed), strict=True):
        path.write_text(json.dumps(one) + "\n")
    drift = compare(*paths)
    (clip,) = drift.worst
    assert clip == ClipDrift("bvi-dvc:a", 1, 1, (ColumnDrift("vmaf_score", 1, 0.5, 0.5),))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"key": ["b"] * 3 + ["a"] * 5}, "the rows of a come after those of b"),
        ({"key": ["a", "b", "a"] + ["b"] * 5}, "the rows of a come after those of b"),
        ({"key": [None] * 8}, "a row has no key"),
    ],
)
def test_rows_that_are_not_in_order(tmp_path: Path, columns: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        compare(write(tmp_path / "a.parquet", **columns), write(tmp_path / "b.parquet"))


def test_what_is_no_table(tmp_path: Path) -> None:
    for name, text in {"a.parquet": "PAR1", "a.jsonl": "[1]\n", "b.jsonl": "{\n"}.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match=name):
            compare(tmp_path / name, tmp_path / name)
    pq.write_table(pa.table({"vmaf": [1.0]}), tmp_path / "c.parquet")
    with pytest.raises(DataError, match="no column that names a clip"):
        compare(tmp_path / "c.parquet", tmp_path / "c.parquet")
