"""JSON lines as Arrow tables: under the columns that are declared, whatever keys a line has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from corpus_assets.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def table_of_lines(
    lines: Sequence[bytes], schema: pa.Schema, path: Path, first: int = 1
) -> pa.Table:
    """Return lines, of which the first has this number, as rows of a schema.

    The token `NaN` is a number that is none, what a line lacks is null, and keys that are not in
    the schema are left out. Raises DataError naming the line that will not do.
    """
    floats = [column.name for column in schema if pa.types.is_floating(column.type)]
    rows = []
    for number, line in enumerate(lines, first):
        rows.append(row := object_of(line, f"{path}, line {number}"))
        for name in floats:
            if type(row.get(name)) is int:
                row[name] = _number(row[name], f"{path}, line {number}: {name}")
    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except (pa.ArrowException, ValueError, OverflowError) as error:
        last = first + len(lines) - 1
        raise DataError(f"{path}, lines {first} to {last}: {error}") from error


def object_of(line: bytes, where: str) -> dict[str, Any]:
    """Return the values of a line. Raises DataError, naming where it is, for what is no object."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: no JSON object: {error}") from error
    if not isinstance(values, dict):
        raise DataError(f"{where}: no JSON object")
    return values


def _number(value: int, where: str) -> float:
    """Return a whole number of any length as Arrow takes it."""
    try:
        return float(value)
    except OverflowError:
        raise DataError(f"{where}: it is too large") from None
