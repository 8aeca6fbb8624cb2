"""How far tables are apart, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpus_assets.tables.drift import ClipDrift, Drift

CLIPS_SHOWN = 10
COLUMNS_SHOWN = 5


def drift_lines(drift: Drift) -> Iterator[str]:
    """Say how many clips differ, the largest difference of every column, and the worst clips."""
    if not drift.drifted:
        return
    yield f"{drift.drifted} of {drift.clips} clips differ"
    for column, (distance, where) in sorted(drift.largest.items()):
        yield f"  {column}: at most {distance:.6g}, in {where}"
    for clip in drift.worst[:CLIPS_SHOWN]:
        yield f"  {_of_clip(clip)}"


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
