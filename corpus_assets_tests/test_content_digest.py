"""content_sha256: independent of chunks, files and libraries; sensitive to everything else."""

from __future__ import annotations

import hashlib
import math
import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus_assets.tables.content import content_sha256

SCHEMA = pa.schema([("key", pa.string()), ("frame_index", pa.int64()), ("x", pa.float64())])
ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.text(max_size=5)),
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.one_of(st.none(), st.floats()),
    ),
    min_size=1,
    max_size=20,
)
Row = tuple[str | None, int | None, float | None]


def table_of(rows: list[Row]) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA)


def digest_by_hand(rows: list[Row]) -> str:
    """The layout of tables/content.py, written down once more with the standard library alone."""

    def column(values: list[object], name: str, kind: str) -> str:
        validity = bytes(value is not None for value in values)
        lengths, data = b"", b""
        for value in values:
            if kind == "string":
                text = str("" if value is None else value).encode()
                lengths += struct.pack("<q", len(text))
                data += text
            elif kind == "int64":
                data += struct.pack("<q", value or 0)
            elif isinstance(value, float) and math.isnan(value):
                data += b"\0\0\0\0\0\0\xf8\x7f"
            else:
                data += struct.pack("<d", 0.0 if value is None else value)
        digests = [hashlib.sha256(part).hexdigest() for part in (validity, lengths, data)]
        if kind != "string":
            digests[1] = "-"
        return f'"{name}" {kind} {" ".join(digests)}\n'

    parts = zip(*rows, strict=True)
    kinds = (("key", "string"), ("frame_index", "int64"), ("x", "float64"))
    lines = "".join(column(list(c), *kind) for c, kind in zip(parts, kinds, strict=True))
    head = f"corpus_assets table content 1\nrows {len(rows)}\n"
    return hashlib.sha256((head + lines).encode()).hexdigest()


@given(rows=ROWS, cut=st.integers(0, 20))
def test_layout_and_chunk_independence(rows: list[Row], cut: int) -> None:
    table = table_of(rows)
    expected = digest_by_hand(rows)
    assert content_sha256(SCHEMA, [table]) == expected
    assert content_sha256(SCHEMA, [table[:cut], table[cut:]]) == expected


@given(rows=ROWS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None
)
def test_file_format_does_not_matter(rows: list[Row], tmp_path: Path) -> None:
    table, path = table_of(rows), tmp_path / "t.parquet"
    digests = set()
    for compression, version in (("snappy", "1.0"), ("zstd", "2.6"), ("none", "2.4")):
        pq.write_table(table, path, compression=compression, version=version, row_group_size=3)
        digests.add(content_sha256(SCHEMA, [pq.read_table(path, schema=SCHEMA)]))
    assert digests == {content_sha256(SCHEMA, [table])}


@pytest.mark.parametrize(
    "other",
    [
        [("b", 0, 1.0)],
        [("a", 1, 1.0)],
        [("a", 0, 1.0000000000000002)],
        [("a", 0, None)],
        [("a", 0, math.nan)],
        [("a", 0, 1.0), ("a", 1, 1.0)],
        [(None, 0, 1.0)],
    ],
)
def test_any_change_shows(other: list[Row]) -> None:
    assert content_sha256(SCHEMA, [table_of([("a", 0, 1.0)])]) != content_sha256(
        SCHEMA, [table_of(other)]
    )


def test_text_borders_and_zero_against_null() -> None:
    def digest(rows: list[Row]) -> str:
        return content_sha256(SCHEMA, [table_of(rows)])

    assert digest([("ab", 0, 0.0), ("c", 0, 0.0)]) != digest([("a", 0, 0.0), ("bc", 0, 0.0)])
    assert digest([("", 0, 0.0)]) != digest([(None, 0, 0.0)])
    assert digest([("", 0, 0.0)]) != digest([("", 0, None)])
    assert digest([("", 0, 0.0)]) != digest([("", 0, -0.0)])


def test_undefined_types_are_refused() -> None:
    with pytest.raises(TypeError, match="no content layout for bool"):
        content_sha256(pa.schema([("x", pa.bool_())]), [])
