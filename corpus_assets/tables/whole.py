"""A table read whole into memory, from an open file."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from corpus_assets.errors import DataError
from corpus_assets.tables.lines import table_of_lines
from corpus_assets.tables.schema import TYPE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

JSON_LINES = ".jsonl"
LINES = 10_000
"""Rows that are Python objects at once."""


def is_json_lines(path: Path) -> bool:
    """Say whether a table is JSON lines, by its name."""
    return path.suffix == JSON_LINES


def read_whole(file: BinaryIO, path: Path, columns: Iterable[tuple[str, str]]) -> pa.Table:
    """Read a table of columns that are known by name and type. Raises DataError or OSError.

    Of JSON lines, keys without such a column are left out.
    """
    types = {name: arrow for arrow, name in TYPE_NAMES.items()}
    schema = pa.schema([(name, types[type_name]) for name, type_name in columns])
    try:
        table = _rows(file, path, schema) if is_json_lines(path) else pq.read_table(file)
    except (pa.ArrowException, ValueError) as error:
        raise DataError(f"{path} cannot be read as a table: {error}") from error
    if table.schema.names != schema.names:
        raise DataError(f"{path} has other columns than its manifest says")
    return table


def _rows(file: BinaryIO, path: Path, schema: pa.Schema) -> pa.Table:
    pieces, first = [schema.empty_table()], 1
    while lines := list(itertools.islice(file, LINES)):
        pieces.append(table_of_lines(lines, schema, path, first))
        first += len(lines)
    return pa.concat_tables(pieces)
