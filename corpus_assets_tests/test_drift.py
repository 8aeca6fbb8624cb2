"""Two tables compared clip by clip, wherever row groups cut them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus_assets.cli.drift import Sides, drift_lines
from corpus_assets.errors import DataError
from corpus_assets.tables.clip_rows import table_schema
from corpus_assets.tables.column_drift import ColumnDrift
from corpus_assets.tables.content import content_sha256
from corpus_assets.tables.corpus_row import CORPUS_ROWS
from corpus_assets.tables.drift import ClipDrift, Drift, compare
from corpus_assets.tables.schema_drift import SchemaDrift

VALUES = [1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0, 8.0]
SIDES = Sides("recorded", "now")


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
    assert drift == Drift(clips=3)
    assert not drift.different


def test_what_moved_and_how_far(tmp_path: Path) -> None:
    moved = [1.5, 2.25, None, 4.0, 5.0, 6.0, 7.0, 8.25]
    new = write(tmp_path / "b.parquet", 3, vmaf=moved, codec=["x264"] * 7 + ["x265"])
    drift = compare(write(tmp_path / "a.parquet", vmaf=[*VALUES[:2], 3.0, *VALUES[3:]]), new)
    assert drift.drifted == 2
    assert drift.worst == (
        ClipDrift("a", 3, 3, (ColumnDrift("vmaf", 3, 0.5, 0.375),)),
        ClipDrift("c", 2, 2, (ColumnDrift("codec", 1, 0, 0), ColumnDrift("vmaf", 1, 0.25, 0.125))),
    )
    assert drift.largest == {"vmaf": (0.5, "a"), "codec": (0.0, "c")}


NAN = float("nan")
OTHER_NAN = float(np.frombuffer(b"\1\0\0\0\0\0\xf8\xff", dtype="<f8")[0])


@pytest.mark.parametrize(
    ("old", "new", "differ"),
    [
        (1.0, 1.0, False),
        (None, None, False),
        (NAN, NAN, False),
        (NAN, OTHER_NAN, False),
        (None, NAN, True),
        (0.0, -0.0, True),
        (None, 0.0, True),
        (2**62, 2**62, False),
        (2**62, 2**62 + 1, True),
        (None, 0, True),
        ("", None, True),
        (1, 1.0, False),
        (1, 1.5, True),
        (-0.0, 0, True),
        ("1", 1, False),
        ("1", 2, True),
    ],
)
def test_rows_differ_where_the_content_does(
    tmp_path: Path, old: object, new: object, differ: bool
) -> None:
    before = write(tmp_path / "a.parquet", vmaf=pa.array([old] * 8, kind(old, new)))
    after = write(tmp_path / "b.parquet", vmaf=pa.array([new] * 8, kind(new, old)))
    drift = compare(before, after)
    expected = [3, 3, 2] if differ else []
    assert [one.rows for clip in drift.worst for one in clip.columns] == expected
    far = 0.5 if new == 1.5 else 0.0
    assert drift.largest == ({"vmaf": (far, "a")} if differ else {})
    assert drift.different == (digest(before) != digest(after))


def kind(*values: object) -> pa.DataType:
    """Return the type of the first value that is none."""
    names = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    return next((names[type(one)] for one in values if one is not None), pa.float64())


def digest(path: Path) -> str:
    return content_sha256(table_schema(path), [pq.read_table(path)])


def test_columns_lost_added_retyped_and_reordered(tmp_path: Path) -> None:
    old = write(tmp_path / "a.parquet", cambi=VALUES)
    whole = pq.read_table(old)
    new = tmp_path / "b.parquet"

    def against(table: pa.Table) -> SchemaDrift:
        pq.write_table(table, new)
        drift = compare(old, new)
        assert (drift.clips, drift.drifted, drift.different) == (3, 0, True)
        return drift.schema

    assert against(whole.drop_columns("cambi")) == SchemaDrift(only_old=("cambi",))
    more = whole.append_column("psnr_y", whole["vmaf"])
    assert against(more) == SchemaDrift(only_new=("psnr_y",))
    assert against(whole.select(whole.column_names[::-1])) == SchemaDrift(reordered=True)
    index = whole.column_names.index("frame_index")
    doubles = whole.set_column(index, "frame_index", whole["frame_index"].cast(pa.float64()))
    assert against(doubles) == SchemaDrift(types={"frame_index": ("int64", "float64")})
    twice = whole.append_column("vmaf", whole["vmaf"])
    pq.write_table(twice, new)
    with pytest.raises(DataError, match="more than one column has the name vmaf"):
        compare(old, new)


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
        ({"key": pa.array([None] * 8, pa.string())}, "a row has no key"),
        ({"key": pa.array([b"\xff"] * 8).view(pa.string())}, "a name of a clip is no text: "),
        ({"key": [0, 0, 0, 1, 1, 1, 2, 2]}, "column key names the clips, and is int64, no string"),
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


def test_what_is_said_of_columns_and_of_names_that_steer_a_terminal(tmp_path: Path) -> None:
    clip = "\x1b[31mclip\nof two lines"
    old = write(tmp_path / "a.parquet", key=[clip] * 8, gone=VALUES)
    new = write(tmp_path / "b.parquet", key=[clip] * 8, vmaf=["1.5"] * 8)
    table = pq.read_table(new)
    pq.write_table(table.append_column("n\new", table["frame_index"]), new)
    shown = r"\x1b[31mclip\nof two lines"
    assert list(drift_lines(compare(old, new), SIDES)) == [
        "1 of 1 clips differ",
        "  columns recorded alone: gone",
        r"  columns now alone: n\new",
        "  vmaf: float64 recorded, string now",
        f"  vmaf: a null, a sign or a text differs, in {shown}",
        f"  {shown}: vmaf a null, a sign or a text differs (8 rows)",
    ]
    assert list(drift_lines(compare(old, old), SIDES)) == []
