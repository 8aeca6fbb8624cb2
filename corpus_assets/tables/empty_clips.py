"""Which clips have no number in any frame of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corpus_assets.tables.findings import EXAMPLES

if TYPE_CHECKING:
    import numpy.typing as npt

    from corpus_assets.tables.clip_order import Rows
    from corpus_assets.tables.findings import Findings


class EmptyClips:
    """Follows the clips of a column through the pieces of a table."""

    def __init__(self, findings: Findings, rule: str) -> None:
        """Start without a row."""
        self._findings = findings
        self._rule = rule
        self._waiting: str | None = None
        """The clip of the last row, which may go on, as long as it has no number."""

    def update(self, empty: npt.NDArray[np.bool_], rows: Rows) -> None:
        """Add rows, at least one, and which of them have no number."""
        firsts = rows.firsts
        whole = np.logical_and.reduceat(empty, firsts)
        if rows.goes_on:
            whole[0] &= self._waiting is not None
        else:
            self.finish()
        ended = firsts[:-1][whole[:-1]]
        if len(ended):
            self._findings.add(self._rule, [rows.key(row) for row in ended[:EXAMPLES]], len(ended))
        self._waiting = rows.key(firsts[-1]) if whole[-1] else None

    def finish(self) -> None:
        """End the last clip."""
        if self._waiting is not None:
            self._findings.add(self._rule, [self._waiting])
