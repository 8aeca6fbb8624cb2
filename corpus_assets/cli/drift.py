"""How far tables are apart, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.cli.text import bounded
from corpus_assets.corpora.listing import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.tables.drift import ClipDrift, Drift
    from corpus_assets.tables.schema_drift import SchemaDrift

CLIPS_SHOWN = 10
COLUMNS_SHOWN = 5


def drift_lines(drift: Drift) -> Iterator[str]:
    """Say how many clips differ, how the columns do and how far each moved, and the worst clips.

    Every line can be printed, whatever the names of clips and columns hold.
    """
    if drift.different:
        yield from map(shown, _lines(drift))


def _lines(drift: Drift) -> Iterator[str]:
    yield f"{drift.drifted} of {drift.clips} clips differ"
    for line in _of_schema(drift.schema):
        yield f"  {line}"
    for column, (distance, where) in sorted(drift.largest.items()):
        yield f"  {column}: at most {distance:.6g}, in {where}"
    for clip in drift.worst[:CLIPS_SHOWN]:
        yield f"  {_of_clip(clip)}"


def _of_schema(schema: SchemaDrift) -> Iterator[str]:
    if schema.only_old:
        yield f"columns recorded, not there now: {', '.join(bounded(schema.only_old, str))}"
    if schema.only_new:
        yield f"columns not recorded, there now: {', '.join(bounded(schema.only_new, str))}"
    for column, (old, new) in schema.types.items():
        yield f"{column}: {old} recorded, {new} now"
    if schema.reordered:
        yield "columns in another order"


def _of_clip(clip: ClipDrift) -> str:
    if clip.rows_old != clip.rows_new:
        return f"{clip.clip}: {clip.rows_old} rows recorded, {clip.rows_new} now"
    furthest = sorted(clip.columns, key=lambda one: -one.max_abs)
    moved = "; ".join(
        f"{one.column} max {one.max_abs:.6g} mean {one.mean_abs:.6g} ({one.rows} rows)"
        for one in furthest[:COLUMNS_SHOWN]
    )
    rest = len(furthest) - COLUMNS_SHOWN
    return f"{clip.clip}: {moved}" + (f"; {rest} more columns" if rest > 0 else "")
