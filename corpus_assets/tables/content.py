"""The digest of a table's content, whatever file format, compression or chunks hold it.

For every column three SHA-256 streams run over its values in row order: validity (one byte a row,
1 or 0), lengths (8 bytes a row, little endian; only for strings) and values (8 bytes a row, little
endian, or the UTF-8 text). A null has length 0 and value 0. Every NaN is the quiet NaN
0x7ff8000000000000; the sign of zero is kept. The digest is the SHA-256 of these lines:

    corpus_assets table content 1
    rows <count>
    <name as JSON> <type> <validity> <lengths or -> <values>        one line a column, in order
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

TYPE_NAMES = {pa.string(): "string", pa.int64(): "int64", pa.float64(): "float64"}
"""The types that have a layout, and their names in the digest, whatever a library prints."""
HEADING = "corpus_assets table content 1"
QUIET_NAN = np.frombuffer(b"\0\0\0\0\0\0\xf8\x7f", dtype="<f8")[0]


@dataclass
class _ColumnDigest:
    name: str
    type: pa.DataType
    validity: hashlib._Hash = field(default_factory=hashlib.sha256)
    lengths: hashlib._Hash = field(default_factory=hashlib.sha256)
    values: hashlib._Hash = field(default_factory=hashlib.sha256)

    def update(self, array: pa.Array) -> None:
        valid: npt.NDArray[np.uint8] = array.is_valid().cast(pa.uint8()).to_numpy()
        self.validity.update(valid.data)
        if pa.types.is_string(self.type):
            self._update_text(array)
        else:
            self._update_numbers(array)

    def _update_text(self, array: pa.Array) -> None:
        filled = pc.fill_null(array, "")
        lengths = pc.binary_length(filled).cast(pa.int64())
        self.lengths.update(np.ascontiguousarray(lengths.to_numpy(), dtype="<i8").data)
        self.values.update(pc.binary_join(_one_list(filled), "")[0].as_buffer())

    def _update_numbers(self, array: pa.Array) -> None:
        filled = pc.fill_null(array, pa.scalar(0, self.type)).to_numpy(zero_copy_only=False)
        if pa.types.is_floating(self.type):
            values = np.where(np.isnan(filled), QUIET_NAN, filled).astype("<f8", copy=False)
        else:
            values = filled.astype("<i8", copy=False)
        self.values.update(np.ascontiguousarray(values).data)

    def line(self) -> str:
        lengths = self.lengths.hexdigest() if pa.types.is_string(self.type) else "-"
        digests = f"{self.validity.hexdigest()} {lengths} {self.values.hexdigest()}"
        return f"{json.dumps(self.name)} {TYPE_NAMES[self.type]} {digests}\n"


def _one_list(array: pa.Array) -> pa.Array:
    """Return a list array with all values of `array` as its one row."""
    offsets = pa.array([0, len(array)], pa.int32())
    return pa.ListArray.from_arrays(offsets, array)


class ContentDigest:
    """Digests a table fed in pieces; string, int64 and float64 columns."""

    def __init__(self, schema: pa.Schema) -> None:
        """Start an empty table. Raises TypeError for a type without a defined layout."""
        for column in schema:
            if column.type not in TYPE_NAMES:
                raise TypeError(f"column {column.name}: no content layout for {column.type}")
        self._columns = [_ColumnDigest(column.name, column.type) for column in schema]
        self.rows = 0

    def update(self, table: pa.Table) -> None:
        """Add rows; where the pieces are cut does not matter."""
        self.rows += table.num_rows
        for digest, column in zip(self._columns, table.columns, strict=True):
            for chunk in column.chunks:
                digest.update(chunk)

    def hexdigest(self) -> str:
        """Return the digest of all rows so far as 64 hex digits."""
        lines = "".join(column.line() for column in self._columns)
        return hashlib.sha256(f"{HEADING}\nrows {self.rows}\n{lines}".encode()).hexdigest()


def content_sha256(schema: pa.Schema, tables: Iterable[pa.Table]) -> str:
    """Return the digest of a table given in pieces."""
    digest = ContentDigest(schema)
    for table in tables:
        digest.update(table)
    return digest.hexdigest()
