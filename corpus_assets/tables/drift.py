"""How far two tables of one kind are apart: by clip and column, in bounded memory."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus_assets.libvmaf.features import TEACHER
from corpus_assets.tables.clip_rows import clip_rows
from corpus_assets.tables.corpus_row import VOLATILE

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

    import numpy.typing as npt

CLIPS_KEPT = 1000
"""Clips of a comparison that are described; of more, those whose teacher score moved furthest."""
SCORES = (TEACHER, "vmaf_score")


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """How one column of a clip moved, in the column's unit.

    `rows` differ; `max_abs` and `mean_abs` are over all rows where both tables have a number, and 0
    for text.
    """

    column: str
    rows: int
    max_abs: float
    mean_abs: float


@dataclass(frozen=True, slots=True)
class ClipDrift:
    """What differs in a clip; a table without the clip has 0 rows of it."""

    clip: str
    rows_old: int
    rows_new: int
    columns: tuple[ColumnDrift, ...]

    @property
    def weight(self) -> tuple[float, float]:
        """How far it moved: by the teacher score, then by any column; infinite where rows lack."""
        if self.rows_old != self.rows_new:
            return np.inf, np.inf
        score = max((one.max_abs for one in self.columns if one.column in SCORES), default=0.0)
        return score, max((one.max_abs for one in self.columns), default=0.0)


@dataclass
class Drift:
    """Two tables compared: how many clips, how many of them differ, and where most.

    `largest` has, for every column that differs, its largest absolute difference and the clip.
    """

    clips: int = 0
    drifted: int = 0
    worst: tuple[ClipDrift, ...] = ()
    largest: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, clip: ClipDrift) -> bool:
        """Count a clip; say whether it differs."""
        self.clips += 1
        different = bool(clip.columns) or clip.rows_old != clip.rows_new
        self.drifted += different
        for one in clip.columns:
            known = self.largest.get(one.column)
            if known is None or one.max_abs > known[0]:
                self.largest[one.column] = (one.max_abs, clip.clip)
        return different


def compare(old: Path, new: Path, only: Container[str] | None = None) -> Drift:
    """Compare two tables clip by clip, frame by frame, in the columns that both have.

    Raises OSError, and DataError when one is no table with its clips in order.
    """
    drift = Drift()
    different = (clip for clip in _clips(old, new, only) if drift.add(clip))
    drift.worst = tuple(heapq.nlargest(CLIPS_KEPT, different, key=lambda clip: clip.weight))
    return drift


def _clips(old: Path, new: Path, only: Container[str] | None) -> Iterator[ClipDrift]:
    """Merge two tables, which have their clips in the same order."""
    olds = ((name, 0, rows) for name, rows in clip_rows(old, only))
    news = ((name, 1, rows) for name, rows in clip_rows(new, only))
    merged = heapq.merge(olds, news, key=itemgetter(0))
    for name, group in itertools.groupby(merged, key=itemgetter(0)):
        sides = {side: rows for _, side, rows in group}
        if len(sides) == len((old, new)):
            yield _clip(name, sides[0], sides[1])
        else:
            before, after = (sides[side].num_rows if side in sides else 0 for side in (0, 1))
            yield ClipDrift(name, before, after, ())


def _clip(name: str, old: pa.Table, new: pa.Table) -> ClipDrift:
    common = min(old.num_rows, new.num_rows)
    columns = [
        _column(column, old.column(column).slice(0, common), new.column(column).slice(0, common))
        for column in old.column_names
        if column in new.column_names and column not in VOLATILE
    ]
    differing = tuple(one for one in columns if one.rows)
    return ClipDrift(name, old.num_rows, new.num_rows, differing)


def _column(name: str, old: pa.ChunkedArray, new: pa.ChunkedArray) -> ColumnDrift:
    if not (_is_number(old.type) and _is_number(new.type)):
        same = pc.equal(old.cast(pa.string()), new.cast(pa.string()))
        both_null = pc.and_(pc.is_null(old), pc.is_null(new))
        equal = pc.fill_null(pc.or_kleene(same, both_null), fill_value=False)
        return ColumnDrift(name, len(equal) - (pc.sum(equal).as_py() or 0), 0.0, 0.0)
    before, after = _numbers(old), _numbers(new)
    known = ~(np.isnan(before) | np.isnan(after))
    one_sided = np.isnan(before) != np.isnan(after)
    before, after = before[known], after[known]
    distance = np.zeros(before.shape)
    np.subtract(before, after, out=distance, where=before != after)  # infinities may be equal
    distance = np.abs(distance)
    return ColumnDrift(
        column=name,
        rows=int(np.count_nonzero(distance) + np.count_nonzero(one_sided)),
        max_abs=float(distance.max(initial=0.0)),
        mean_abs=float(distance.mean()) if distance.size else 0.0,
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Return doubles, NaN for null; integers too large for one are rounded."""
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
