"""Whether numbers can be: in the range of their column, and null only where that is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from corpus_assets.libvmaf.ranges import RANGES, Range, nullable
from corpus_assets.tables.empty_clips import EmptyClips
from corpus_assets.tables.findings import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from corpus_assets.tables.clip_order import Rows
    from corpus_assets.tables.findings import Findings

    Mask = npt.NDArray[np.bool_]

NO_RANGE = Range()
EMPTY = "is null in every frame, as where distorted and reference are identical"


class ValueRules:
    """Holds columns against their rules, piece by piece.

    `unavailable` has the columns that are null for all clips (None) or for those with these keys.
    """

    def __init__(
        self, findings: Findings, empty: Findings, unavailable: Mapping[str, Iterable[str] | None]
    ) -> None:
        """Start without a row; `empty` are clips without a number where single nulls are fine."""
        self._findings = findings
        self._empty = {
            column: EmptyClips(empty, f"{column} {EMPTY}") for column in RANGES if nullable(column)
        }
        self._unavailable = {
            column: None if keys is None else frozenset(key.encode() for key in keys)
            for column, keys in unavailable.items()
        }

    def update(self, column: str, array: pa.Array, rows: Rows) -> None:
        """Add the numbers of some rows, or their texts, which are never null."""
        if not pa.types.is_floating(array.type):
            if array.null_count:
                self._add(f"{column} is null", array.is_null().to_numpy(False), rows)
            return
        numbers = array.to_numpy(zero_copy_only=False)
        allowed = RANGES.get(column, NO_RANGE)
        fine = (numbers >= allowed.lowest) & (numbers <= allowed.highest)
        if column in self._unavailable or not fine.all():
            self._name(column, array, numbers, fine, rows)
        if column in self._empty:
            null = array.is_null().to_numpy(zero_copy_only=False)
            self._empty[column].update(null & ~self._declared(column, rows), rows)

    def finish(self) -> None:
        """End the last clip."""
        for empty in self._empty.values():
            empty.finish()

    def _name(
        self, column: str, array: pa.Array, numbers: npt.NDArray[np.float64], fine: Mask, rows: Rows
    ) -> None:
        """Say which rule each of the rows breaks, if any."""
        null = array.is_null().to_numpy(zero_copy_only=False)
        declared = self._declared(column, rows)
        finite = np.isfinite(numbers)
        if not nullable(column):
            undeclared = f"{column} is null where the manifest does not call it unavailable"
            self._add(undeclared, null & ~declared, rows)
        numbered = f"{column} has numbers where the manifest calls it unavailable"
        self._add(numbered, ~null & declared, rows, numbers)
        self._add(f"{column} is not finite", ~null & ~finite, rows, numbers)
        self._add(f"{column} is not {RANGES.get(column)}", finite & ~fine, rows, numbers)

    def _declared(self, column: str, rows: Rows) -> Mask:
        if column not in self._unavailable:
            return np.zeros(len(rows.keys), dtype=bool)
        keys = self._unavailable[column]
        return np.ones(len(rows.keys), dtype=bool) if keys is None else rows.within(keys)

    def _add(
        self, rule: str, wrong: Mask, rows: Rows, numbers: npt.NDArray[np.float64] | None = None
    ) -> None:
        places = np.flatnonzero(wrong)
        if len(places):
            examples = [
                rows.where(row) if numbers is None else f"{numbers[row]:.10g} in {rows.where(row)}"
                for row in places[:EXAMPLES]
            ]
            self._findings.add(rule, examples, len(places))
