"""Reading a table of scored clips once, in bounded memory, for everything that its rows must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus_assets.tables.batches import batches, opened
from corpus_assets.tables.clip_order import ClipOrder
from corpus_assets.tables.examination import Examination
from corpus_assets.tables.schema import FRAME_INDEX, TYPE_NAMES, TableSpec
from corpus_assets.tables.value_rules import ValueRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Claims:
    """What is said of a table of scored clips.

    `key` is the column that tells clips apart. `unavailable` are the columns without numbers: of
    the clips with these keys, or of all (None).
    """

    spec: TableSpec
    key: str
    unavailable: Mapping[str, Iterable[str] | None]


def examine_table(path: Path, claims: Claims) -> Examination:
    """Hold a parquet table against claims. Raises OSError, and DataError when it is none."""
    with opened(path) as file:
        found = _Reader(file.schema_arrow, claims)
        for batch in batches(file):
            found.update(batch)
    return found.result()


class _Reader:
    def __init__(self, schema: pa.Schema, claims: Claims) -> None:
        columns = ((c.name, TYPE_NAMES.get(c.type, str(c.type))) for c in schema)
        self._found = Examination(tuple(columns))
        self._key = claims.key
        self._order = ClipOrder(self._found.keys)
        self._rules = ValueRules(self._found.values, self._found.empty, claims.unavailable)
        fields = {c.name: schema.get_field_index(c.name) for c in claims.spec.columns}
        self._usable = [
            c.name
            for c in claims.spec.columns
            if fields[c.name] >= 0 and schema.field(fields[c.name]).type == c.type
        ]
        for column in claims.spec.columns:
            if column.name not in self._usable:
                self._found.values.add("no such column", [f"{column.name} {column.type_name}"])

    def update(self, batch: pa.RecordBatch) -> None:
        self._found.rows += batch.num_rows
        if not batch.num_rows or not {self._key, FRAME_INDEX.name} <= {*self._usable}:
            return
        keys = pc.fill_null(batch.column(self._key).cast(pa.binary()), b"")
        frames = pc.fill_null(batch.column(FRAME_INDEX.name), -1).to_numpy()
        rows = self._order.update(keys, np.asarray(frames))
        for column in self._usable:
            self._rules.update(column, batch.column(column), rows)

    def result(self) -> Examination:
        needed = [name for name in (self._key, FRAME_INDEX.name) if name not in self._usable]
        for findings in (self._found.keys, self._found.values) if needed else ():
            findings.add("cannot be said without the column", needed)
        self._rules.finish()
        self._found.clips = self._order.clips
        return self._found
