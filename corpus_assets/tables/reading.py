"""What a published table holds, read once in bounded memory: rows, columns, content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pydantic

from corpus_assets.errors import DataError
from corpus_assets.tables.batches import batches, opened
from corpus_assets.tables.content import ContentDigest
from corpus_assets.tables.corpus_row import CORPUS_ROWS, VOLATILE, CorpusRow
from corpus_assets.tables.jsonl import RowsDigest
from corpus_assets.tables.schema import TYPE_NAMES

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a table is; `columns` are names and types in order, `content_sha256` as defined."""

    rows: int
    columns: tuple[tuple[str, str], ...]
    content_sha256: str


def read_facts(path: Path) -> TableFacts:
    """Read a table of either format. Raises OSError, and DataError when it is none."""
    return _of_rows(path) if path.suffix == ".jsonl" else _of_parquet(path)


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


def _of_rows(path: Path) -> TableFacts:
    """Validate every row on the way."""
    digest = RowsDigest(VOLATILE)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                digest.update(CorpusRow.model_validate_json(line).model_dump())
            except pydantic.ValidationError as error:
                first = error.errors(include_url=False)[0]
                where = ".".join(map(str, first["loc"])) or "the line"
                raise DataError(f"{path}, line {number}: {where}: {first['msg']}") from error
    columns = tuple((column.name, column.type_name) for column in CORPUS_ROWS.columns)
    return TableFacts(digest.rows, columns, digest.hexdigest())
