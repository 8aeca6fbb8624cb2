"""A published table read clip by clip, in bounded memory."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus_assets.errors import DataError
from corpus_assets.tables.batches import batches, opened
from corpus_assets.tables.content import QUIET_NAN
from corpus_assets.tables.corpus_row import CORPUS_ROWS
from corpus_assets.tables.lines import table_of_lines

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

ROW_NAMES = ("dis_basename", "key", "src")
"""The columns that name a row's clip; a table of a corpus has one of them, with rows in its order.
"""
COMBINED_NAMES = ("corpus", "source")
MERGED_NAMES = ("src", "encoder", "preset", "crf", "src_sha256")
"""The columns that name the rows of training tables, which stand in the order of the inputs."""
BATCH_LINES = 1 << 10
BITS = pa.binary(8)


def named_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of a training table, named by some columns, in the table's order.

    Rows of one name that stand apart are told apart by a number. Columns of doubles are given as
    `exact` has them. Raises OSError, and DataError when it is no table with these columns.
    """
    pieces: Counter[str] = Counter()
    for name, rows in _joined(path, columns):
        pieces[name] += 1
        yield name if pieces[name] == 1 else f"{name} ({pieces[name]})", rows


def clip_rows(path: Path, only: Container[str] | None = None) -> Iterator[tuple[str, pa.Table]]:
    """Yield the name and the rows of every clip, or of those in `only`, in the table's order.

    Columns of doubles are given as `exact` has them, so that equal rows are equal content. Raises
    OSError, and DataError when it is no table, or its clips are not in the order of their names.
    """
    before = ""
    for name, rows in _joined(path):
        if name <= before:
            raise DataError(f"{path}: the rows of {name} come after those of {before}")
        before = name
        if only is None or name in only:
            yield name, rows


def _joined(path: Path, columns: tuple[str, ...] = ()) -> Iterator[tuple[str, pa.Table]]:
    """Join the pieces of a clip that batches have cut."""
    pieces = (piece for batch in _batches(path) for piece in _pieces(batch, path, columns))
    for name, group in itertools.groupby(pieces, key=lambda piece: piece[0]):
        yield name, pa.concat_tables(rows for _, rows in group)


def table_schema(path: Path) -> pa.Schema:
    """Return the columns of a table. Raises OSError, and DataError when it is none of ours."""
    if path.suffix == ".jsonl":
        return CORPUS_ROWS.schema
    with opened(path) as file:
        schema = file.schema_arrow
    if twice := [name for name, count in Counter(schema.names).items() if count > 1]:
        raise DataError(f"{path}: more than one column has the name {twice[0]}")
    return schema


def exact(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return doubles as their bytes, of which -0.0 has others than 0.0, and every NaN the same."""
    if column.type != pa.float64():
        return column
    nan = pc.is_nan(column)
    if pc.any(nan).as_py():
        column = pc.if_else(nan, pa.scalar(QUIET_NAN), column)
    return pa.chunked_array([chunk.view(BITS) for chunk in column.chunks], BITS)


def inexact(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the doubles of which `exact` returned the bytes, and any other column as it is."""
    if column.type != BITS:
        return column
    return pa.chunked_array([chunk.view(pa.float64()) for chunk in column.chunks], pa.float64())


def _batches(path: Path) -> Iterator[pa.Table]:
    for batch in _of_lines(path) if path.suffix == ".jsonl" else _of_parquet(path):
        yield pa.table(list(map(exact, batch.columns)), batch.column_names)


def _of_parquet(path: Path) -> Iterator[pa.Table]:
    with opened(path) as file:
        for batch in batches(file):
            yield pa.Table.from_batches([batch])


def _of_lines(path: Path) -> Iterator[pa.Table]:
    first = 1
    with path.open("rb") as file:
        while lines := list(itertools.islice(file, BATCH_LINES)):
            yield table_of_lines(lines, CORPUS_ROWS.schema, path, first)
            first += len(lines)


def _pieces(
    batch: pa.Table, path: Path, columns: tuple[str, ...]
) -> Iterator[tuple[str, pa.Table]]:
    """Cut a batch where the clip changes."""
    names = _joined_names(batch, path, columns) if columns else _names(batch, path)
    try:
        texts = names.dictionary.to_pylist()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: a name of a clip is no text: {error}") from error
    indices = names.indices.to_numpy(zero_copy_only=False)
    starts = [0, *(np.flatnonzero(np.diff(indices)) + 1).tolist()]
    for start, end in itertools.pairwise([*starts, batch.num_rows]):
        yield texts[indices[start]], batch.slice(start, end - start)


def _joined_names(batch: pa.Table, path: Path, columns: tuple[str, ...]) -> pa.DictionaryArray:
    """Return the name of every row, of several columns."""
    if missing := [name for name in columns if name not in batch.column_names]:
        raise DataError(f"{path} has no column {missing[0]}, which names its rows")
    texts = [pc.fill_null(batch.column(name).cast(pa.string()), "") for name in columns]
    names = pc.binary_join_element_wise(*texts, " ")
    return names.combine_chunks().dictionary_encode()


def _names(batch: pa.Table, path: Path) -> pa.DictionaryArray:
    """Return the name of every row's clip."""
    column = next((name for name in ROW_NAMES if name in batch.column_names), None)
    if column is None:
        raise DataError(f"{path} has no column that names a clip: {', '.join(ROW_NAMES)}")
    kind = batch.column(column).type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise DataError(f"{path}: column {column} names the clips, and is {kind}, no string")
    names = batch.column(column).combine_chunks().dictionary_encode()
    if names.null_count:
        raise DataError(f"{path}: a row has no {column}")
    return names
