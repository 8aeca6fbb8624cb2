"""How far one column of a clip moved, of rows as `clip_rows` gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus_assets.tables.clip_rows import exact, inexact

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """How one column of a clip moved, in the column's unit.

    `rows` differ, also those that have null in one table and NaN in the other, or 0.0 and -0.0;
    `max_abs` and `mean_abs` are over all rows where both tables have a number, and 0 for text.
    """

    column: str
    rows: int
    max_abs: float
    mean_abs: float


def column_drift(name: str, old: pa.ChunkedArray, new: pa.ChunkedArray) -> ColumnDrift:
    """Compare two columns of one length, whose types may differ."""
    one, other = inexact(old), inexact(new)
    if not (_is_number(one.type) and _is_number(other.type)):
        return ColumnDrift(name, _rows_apart(old, new, pa.string()), 0.0, 0.0)
    before, after = _numbers(one), _numbers(other)
    known = ~(np.isnan(before) | np.isnan(after))
    before, after = before[known], after[known]
    distance = np.zeros(before.shape)
    np.subtract(before, after, out=distance, where=before != after)  # infinities may be equal
    distance = np.abs(distance)
    return ColumnDrift(
        column=name,
        rows=_rows_apart(old, new, pa.float64()),
        max_abs=float(distance.max(initial=0.0)),
        mean_abs=float(distance.mean()) if distance.size else 0.0,
    )


def _rows_apart(old: pa.ChunkedArray, new: pa.ChunkedArray, common: pa.DataType) -> int:
    """Count rows that differ; columns of two types are compared as a third."""
    if old.type != new.type:
        old, new = (exact(inexact(one).cast(common, safe=False)) for one in (old, new))
    both_null = pc.and_(pc.is_null(old), pc.is_null(new))
    equal = pc.or_(pc.fill_null(pc.equal(old, new), fill_value=False), both_null)
    return len(equal) - int(pc.sum(equal).as_py() or 0)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Return doubles, NaN for null; integers too large for one are rounded."""
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
