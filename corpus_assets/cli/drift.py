"""How far tables are apart, as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus_assets.cli.text import bounded
from corpus_assets.corpora.listing import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.tables.column_drift import ColumnDrift
    from corpus_assets.tables.drift import ClipDrift, Drift
    from corpus_assets.tables.schema_drift import SchemaDrift

CLIPS_SHOWN = 10
COLUMNS_SHOWN = 5
OTHERWISE = "a null, a sign or a text differs"
"""What is said of a column whose numbers are no distance apart."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What the two tables are called after what they hold."""

    old: str
    new: str


def drift_lines(drift: Drift, sides: Sides) -> Iterator[str]:
    """Say how many clips differ, how the columns do and how far each moved, and the worst clips.

    Every line can be printed, whatever the names of clips and columns hold.
    """
    if drift.different:
        yield from map(shown, _lines(drift, sides))


def _lines(drift: Drift, sides: Sides) -> Iterator[str]:
    yield f"{drift.drifted} of {drift.clips} clips differ"
    for line in _of_schema(drift.schema, sides):
        yield f"  {line}"
    for column, (distance, where) in sorted(drift.largest.items()):
        said = f"at most {distance:.6g}" if distance else OTHERWISE
        yield f"  {column}: {said}, in {where}"
    for clip in drift.worst[:CLIPS_SHOWN]:
        yield f"  {_of_clip(clip, sides)}"


def _of_schema(schema: SchemaDrift, sides: Sides) -> Iterator[str]:
    if schema.only_old:
        yield f"columns {sides.old} alone: {', '.join(bounded(schema.only_old, str))}"
    if schema.only_new:
        yield f"columns {sides.new} alone: {', '.join(bounded(schema.only_new, str))}"
    for column, (old, new) in schema.types.items():
        yield f"{column}: {old} {sides.old}, {new} {sides.new}"
    if schema.reordered:
        yield "columns in another order"


def _of_clip(clip: ClipDrift, sides: Sides) -> str:
    if clip.rows_old != clip.rows_new:
        return f"{clip.clip}: {clip.rows_old} rows {sides.old}, {clip.rows_new} {sides.new}"
    furthest = sorted(clip.columns, key=lambda one: -one.max_abs)
    moved = "; ".join(map(_of_column, furthest[:COLUMNS_SHOWN]))
    rest = len(furthest) - COLUMNS_SHOWN
    return f"{clip.clip}: {moved}" + (f"; {rest} more columns" if rest > 0 else "")


def _of_column(one: ColumnDrift) -> str:
    if not one.max_abs:
        return f"{one.column} {OTHERWISE} ({one.rows} rows)"
    return (
        f"{one.column} max {one.max_abs:.6g}, mean of all rows {one.mean_abs:.6g} "
        f"({one.rows} differ)"
    )
