"""The combined table: rows of the tables of several corpora, under the columns that all have.

    corpus, source, frame_index, codec, the features of `full`, vmaf

`source` is that of the input, else its `key`: two clips of one source are rows of one source here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from corpus_assets.corpora.listing import shown
from corpus_assets.corpora.netflix_public import DEFAULT_CODEC
from corpus_assets.errors import DataError
from corpus_assets.libvmaf.features import FULL, TEACHER
from corpus_assets.tables.schema import (
    CODEC,
    FRAME_INDEX,
    KEY,
    SOURCE,
    VMAF,
    Column,
    TableSpec,
    feature_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Column("corpus", pa.string(), "name of the corpus, that of the input's label")
COMBINED_SOURCE = Column(
    SOURCE.name, pa.string(), "name of the reference, else the clip's key; with corpus, the source"
)
COMBINED = TableSpec((CORPUS, COMBINED_SOURCE, FRAME_INDEX, CODEC, *feature_columns(FULL), VMAF))
"""`full_features_combined.parquet`, one row per (clip, frame)."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which columns of an input become which of the combined table.

    `missing` are features that it lacks, `ignored` columns that the combined table has not.
    """

    source: str
    taken: tuple[str, ...]
    missing: tuple[str, ...]
    ignored: tuple[str, ...]

    @property
    def assumed(self) -> dict[str, str]:
        """Labels that the input lacks, with what is said instead."""
        return {} if CODEC.name in self.taken else {CODEC.name: DEFAULT_CODEC}

    @classmethod
    def of(cls, schema: pa.Schema) -> ColumnMap:
        """Look at an input's columns. Raises DataError naming the one that will not do."""
        names = Counter(schema.names)
        if twice := [name for name, count in names.items() if count > 1]:
            raise DataError(f"more than one column has the name {shown(twice[0])}")
        source = next((one for one in (SOURCE.name, KEY.name) if one in names), None)
        if source is None:
            raise DataError(f"it has no column {SOURCE.name} and no column {KEY.name}")
        for needed in (FRAME_INDEX.name, TEACHER):
            if needed not in names:
                raise DataError(f"it has no column {needed}")
        wanted = [column for column in COMBINED.columns[2:] if column.name in names]
        for column in (Column(source, pa.string(), ""), *wanted):
            if not _fits(schema.field(column.name).type, column.type):
                kind = schema.field(column.name).type
                raise DataError(f"column {column.name} is {kind}, not {column.type_name}")
        taken = tuple(column.name for column in wanted)
        return cls(
            source=source,
            taken=taken,
            missing=tuple(name for name in FULL.columns if name not in names),
            ignored=tuple(name for name in schema.names if name not in {source, *taken}),
        )


def _fits(kind: pa.DataType, wanted: pa.DataType) -> bool:
    """Say whether a type can be read as another without loss."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(wanted):
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
    if pa.types.is_int64(wanted):
        return bool(pa.types.is_integer(kind))
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind))


@dataclass
class Reader:
    """Turns the pieces of an input into rows of the combined table.

    `nulls` counts values without a number by column (of columns that the input has), `sources`
    are the sources seen, in their order.
    """

    corpus: str
    columns: ColumnMap
    rows: int = 0
    nulls: Counter[str] = field(default_factory=Counter)
    sources: dict[str, None] = field(default_factory=dict)

    def read(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
        """Yield the rows, NaN as null. Raises DataError naming a value that cannot be."""
        for batch in batches:
            if batch.num_rows:
                yield self._rows(batch)
                self.rows += batch.num_rows

    def _rows(self, batch: pa.RecordBatch) -> pa.Table:
        try:
            arrays = [self._array(column, batch) for column in COMBINED.columns]
        except pa.ArrowInvalid as error:
            raise DataError(f"rows from {self.rows}: {error}") from error
        table = pa.table(arrays, schema=COMBINED.schema)
        self._check_labels(table)
        names = pc.unique(table.column(COMBINED_SOURCE.name)).to_pylist()
        self.sources.update(dict.fromkeys(names))
        return table

    def _array(self, column: Column, batch: pa.RecordBatch) -> pa.Array:
        if column is CORPUS:
            return _repeated(self.corpus, batch.num_rows)
        if column is COMBINED_SOURCE:
            return _cast(batch.column(self.columns.source), column.type)
        if column.name in self.columns.taken:
            array = _cast(batch.column(column.name), column.type)
            return self._counted(column.name, array) if pa.types.is_floating(column.type) else array
        if column is CODEC:
            return _repeated(DEFAULT_CODEC, batch.num_rows)
        return pa.nulls(batch.num_rows, column.type)

    def _counted(self, name: str, array: pa.Array) -> pa.Array:
        """Return NaN as null, and count nulls."""
        nan = pc.is_nan(array)
        if pc.any(nan).as_py():
            array = pc.if_else(nan, pa.scalar(None, array.type), array)
        if array.null_count:
            self.nulls[name] += array.null_count
        return array

    def _check_labels(self, table: pa.Table) -> None:
        """Demand that every row says whose it is."""
        for column in (COMBINED_SOURCE, FRAME_INDEX, CODEC):
            null = table.column(column.name).is_null()
            if table.column(column.name).null_count:
                row = self.rows + pc.index(null, pa.scalar(True)).as_py()
                raise DataError(f"row {row}, counted from 0, has no {column.name}")


def _cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array if array.type == kind else array.cast(kind)


def _repeated(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)
