"""A table read whole into memory, from an open file."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from corpus_assets.errors import DataError
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

    In JSON lines, the token `NaN` is a number that is none, and what a row lacks is null.
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
    pieces = [schema.empty_table()]
    known, first = set(schema.names), 1
    while lines := list(itertools.islice(file, LINES)):
        rows = [json.loads(line) for line in lines]
        for number, row in enumerate(rows, first):
            if unknown := ", ".join(sorted(row.keys() - known)):
                raise DataError(f"{path}, line {number}: {unknown}: no such column is declared")
        pieces.append(pa.Table.from_pylist(rows, schema=schema))
        first += len(lines)
    return pa.concat_tables(pieces)
