"""Whether rows are in order: clips by key, each once and in one piece, frames 0, 1, 2 and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from corpus_assets.corpora.listing import shown
from corpus_assets.tables.findings import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Container

    import numpy.typing as npt
    import pyarrow as pa

    from corpus_assets.tables.findings import Findings

ORDER = "clips not in key order, or in more than one piece"
FRAMES = "frames not 0, 1, 2, …"


@dataclass(frozen=True, slots=True)
class Rows:
    """The keys and frame numbers of some rows, and where a clip starts among them."""

    keys: pa.Array
    frames: npt.NDArray[np.int64]
    starts: npt.NDArray[np.intp]

    def key(self, row: int) -> str:
        """Return the key of a row, on one line whatever it holds."""
        return shown_key(self.keys[row].as_py())

    def where(self, row: int) -> str:
        """Name a row."""
        return f"{self.key(row)}, frame {self.frames[row]}"

    @property
    def goes_on(self) -> bool:
        """Whether the first row belongs to the clip of the last row before."""
        return 0 not in self.starts[:1]

    @property
    def firsts(self) -> npt.NDArray[np.intp]:
        """Where the rows of each clip begin, of one that goes on too."""
        return np.insert(self.starts, 0, 0) if self.goes_on else self.starts

    def within(self, keys: Container[bytes]) -> npt.NDArray[np.bool_]:
        """Return which rows belong to one of some clips; keys are looked up once a clip."""
        firsts = self.firsts
        inside = [key in keys for key in self.keys.take(firsts).to_pylist()]
        return np.repeat(inside, np.diff(np.append(firsts, len(self.keys))))


class ClipOrder:
    """Follows the rows of a table through its pieces; keys are compared by their bytes."""

    def __init__(self, findings: Findings) -> None:
        """Start before the first row."""
        self._findings = findings
        self._last: tuple[bytes, int] | None = None
        self.clips = 0

    def update(self, keys: pa.Array, frames: npt.NDArray[np.int64]) -> Rows:
        """Add rows, at least one; `keys` are binary."""
        starting = np.ones(len(keys), dtype=bool)
        starting[1:] = pc.not_equal(keys[1:], keys[:-1]).to_numpy(zero_copy_only=False)
        starting[0] = self._last is None or keys[0].as_py() != self._last[0]
        rows = Rows(keys, frames, np.flatnonzero(starting))
        self._check_order(rows)
        self._check_frames(rows, starting)
        self.clips += len(rows.starts)
        self._last = (keys[-1].as_py(), int(frames[-1]))
        return rows

    def _check_order(self, rows: Rows) -> None:
        """Demand that a clip's key is larger than that of the clip before, so that it is new."""
        before = self._last[0] if self._last else None
        if before is not None and not rows.goes_on and rows.keys[0].as_py() <= before:
            self._findings.add(ORDER, [f"{rows.key(0)} after {shown_key(before)}"])
        inner = rows.starts[rows.starts > 0]
        falling = pc.less_equal(rows.keys.take(inner), rows.keys.take(inner - 1))
        wrong = inner[falling.to_numpy(zero_copy_only=False)]
        if len(wrong):
            examples = [f"{rows.key(row)} after {rows.key(row - 1)}" for row in wrong[:EXAMPLES]]
            self._findings.add(ORDER, examples, len(wrong))

    def _check_frames(self, rows: Rows, starting: npt.NDArray[np.bool_]) -> None:
        last = self._last[1] if self._last else 0
        expected = np.append([last], rows.frames[:-1]) + 1
        expected[starting] = 0
        wrong = np.flatnonzero(rows.frames != expected)
        if len(wrong):
            examples = [f"{rows.where(row)} instead of {expected[row]}" for row in wrong[:EXAMPLES]]
            self._findings.add(FRAMES, examples, len(wrong))


def shown_key(key: Any) -> str:  # noqa: ANN401 (bytes as Arrow gives them)
    """Return a key that may be no UTF-8 as text on one line."""
    return shown(str(key, "utf-8", "backslashreplace"))
