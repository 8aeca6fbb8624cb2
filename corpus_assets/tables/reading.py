"""What a published table holds, read once in bounded memory: rows, columns, content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pydantic

from corpus_assets.errors import DataError
from corpus_assets.tables.batches import batches, opened
from corpus_assets.tables.content import ContentDigest
from corpus_assets.tables.corpus_row import CORPUS_ROWS, VOLATILE, CorpusRow
from corpus_assets.tables.jsonl import RowsDigest
from corpus_assets.tables.lines import object_of
from corpus_assets.tables.schema import TYPE_NAMES

if TYPE_CHECKING:
    from pathlib import Path


ReadRow = Callable[[bytes], dict[str, Any]]
"""Returns the values of a line, or raises ValueError."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a table is; `columns` are names and types in order, `content_sha256` as defined."""

    rows: int
    columns: tuple[tuple[str, str], ...]
    content_sha256: str


def read_facts(path: Path, read: ReadRow | None = None) -> TableFacts:
    """Read a table of either format; JSON lines by `read`, else as corpus rows of ours.

    Raises OSError, and DataError when it is none.
    """
    if path.suffix == ".jsonl":
        return _of_rows(path, read or _row_of_ours)
    return _of_parquet(path)


def count_rows(file: BinaryIO, path: Path) -> int:
    """Read a table of any columns and return how many rows it has; blank lines are none.

    `path` tells its format. Raises OSError, and DataError when it is none.
    """
    if path.suffix != ".jsonl":
        with opened(file) as table:
            return sum(batch.num_rows for batch in batches(table))
    rows = 0
    for number, line in enumerate(file, 1):
        if line.strip():
            rows += 1
            object_of(line, f"{path}, line {number}")
    return rows


def _of_parquet(path: Path) -> TableFacts:
    with opened(path) as file:
        schema = file.schema_arrow
        try:
            digest = ContentDigest(schema)
        except TypeError as error:
            raise DataError(f"{path} is no table of ours: {error}") from error
        for batch in batches(file):
            digest.update(pa.Table.from_batches([batch], schema))
    columns = tuple((column.name, TYPE_NAMES[column.type]) for column in schema)
    return TableFacts(digest.rows, columns, digest.hexdigest())


def _row_of_ours(line: bytes) -> dict[str, Any]:
    try:
        return CorpusRow.model_validate_json(line).model_dump()
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the line"
        raise ValueError(f"{where}: {first['msg']}") from error


def _of_rows(path: Path, read: ReadRow) -> TableFacts:
    """Validate every row on the way."""
    digest = RowsDigest(VOLATILE)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                digest.update(read(line))
            except ValueError as error:
                raise DataError(f"{path}, line {number}: {error}") from error
    columns = tuple((column.name, column.type_name) for column in CORPUS_ROWS.columns)
    return TableFacts(digest.rows, columns, digest.hexdigest())
