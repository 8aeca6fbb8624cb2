"""How far two tables of one kind are apart: by clip and column, in bounded memory."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from corpus_assets.errors import DataError
from corpus_assets.libvmaf.features import TEACHER
from corpus_assets.tables.clip_rows import clip_rows, named_rows, table_schema
from corpus_assets.tables.column_drift import ColumnDrift, column_drift
from corpus_assets.tables.corpus_row import VOLATILE
from corpus_assets.tables.schema_drift import SchemaDrift

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from pathlib import Path

    import pyarrow as pa

CLIPS_KEPT = 1000
"""Clips of a comparison that are described; of more, those whose teacher score moved furthest."""
SCORES = (TEACHER, "vmaf_score")
SIDES = 2


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

    Clips are compared in the columns that both tables have; `schema` says how the columns differ.
    `largest` has, for every column that differs, its largest absolute difference and the clip.
    """

    schema: SchemaDrift = field(default_factory=SchemaDrift)
    clips: int = 0
    drifted: int = 0
    worst: tuple[ClipDrift, ...] = ()
    largest: dict[str, tuple[float, str]] = field(default_factory=dict)

    @property
    def different(self) -> bool:
        """Whether anything differs, so that the contents are not one."""
        return self.drifted > 0 or self.schema.different

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


def compare(
    old: Path,
    new: Path,
    only: Container[str] | None = None,
    *,
    named_by: tuple[str, ...] = (),
) -> Drift:
    """Compare two tables clip by clip, frame by frame.

    Those of training tables, whose rows are `named_by` some columns, need not stand in the order
    of their names, but those that both tables have must stand in one order.

    Raises OSError, and DataError when one is no table with its clips in order.
    """
    drift = Drift(SchemaDrift.of(table_schema(old), table_schema(new)))
    different = (clip for clip in _merged(old, new, only, named_by) if drift.add(clip))
    drift.worst = tuple(heapq.nlargest(CLIPS_KEPT, different, key=lambda clip: clip.weight))
    return drift


def _merged(
    old: Path, new: Path, only: Container[str] | None, named_by: tuple[str, ...]
) -> Iterator[ClipDrift]:
    """Read two tables side by side."""
    if not named_by:
        return _clips(clip_rows(old, only), clip_rows(new, only), str)
    order = common_order(*([name for name, _ in named_rows(one, named_by)] for one in (old, new)))
    return _clips(named_rows(old, named_by), named_rows(new, named_by), order.__getitem__)


def common_order(old: list[str], new: list[str]) -> dict[str, int]:
    """Return numbers of which both lists are in order; DataError where there are none."""
    both = {*old} & {*new}
    if [name for name in old if name in both] != [name for name in new if name in both]:
        raise DataError("the rows that both tables have are in another order")
    order: dict[str, int] = {}
    others = iter(new)
    for name in old:
        while name in both and (other := next(others)) != name:
            order[other] = len(order)
        order[name] = len(order)
    return order | {name: len(order) + place for place, name in enumerate(others)}


def _clips(
    old: Iterator[tuple[str, pa.Table]],
    new: Iterator[tuple[str, pa.Table]],
    order: Callable[[str], Any],
) -> Iterator[ClipDrift]:
    """Merge two tables, which have their clips in the same order."""
    olds = ((name, 0, rows) for name, rows in old)
    news = ((name, 1, rows) for name, rows in new)
    merged = heapq.merge(olds, news, key=lambda one: order(one[0]))
    for name, group in itertools.groupby(merged, key=itemgetter(0)):
        sides = {side: rows for _, side, rows in group}
        if len(sides) == SIDES:
            yield _clip(name, sides[0], sides[1])
        else:
            before, after = (sides[side].num_rows if side in sides else 0 for side in (0, 1))
            yield ClipDrift(name, before, after, ())


def _clip(name: str, old: pa.Table, new: pa.Table) -> ClipDrift:
    if old.equals(new):
        return ClipDrift(name, old.num_rows, new.num_rows, ())
    common = min(old.num_rows, new.num_rows)
    return ClipDrift(
        clip=name,
        rows_old=old.num_rows,
        rows_new=new.num_rows,
        columns=tuple(_moved(old.slice(0, common), new.slice(0, common))),
    )


def _moved(old: pa.Table, new: pa.Table) -> Iterator[ColumnDrift]:
    """Compare two tables of as many rows; nearly all columns of nearly all clips are equal."""
    columns = dict(zip(new.column_names, new.columns, strict=True))
    for name, before in zip(old.column_names, old.columns, strict=True):
        after = columns.get(name)
        if after is None or name in VOLATILE or before.equals(after):
            continue
        if (moved := column_drift(name, before, after)).rows:
            yield moved
