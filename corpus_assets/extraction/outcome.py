"""How a clip ends: extracted, cached or failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.libvmaf.acceleration import Verdict

Lookup = Literal["hit", "trusted", "miss", "stale", "others", "damaged", "unread"]
"""What the cache said: `trusted` another tool's report, `unread` when it was not asked, `others` a
report of this very clip with a column that libvmaf computed and kernels would now, or the reverse.
"""
CACHED = frozenset({"hit", "trusted"})


Computer = Literal["libvmaf", "kernels", "another tool"]
"""Who computed a column."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One input file as it was read."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Extracted:
    """A clip with its per-frame numbers.

    `columns` are float64 arrays of `frames` values by column name, NaN for null; `unavailable` maps
    the columns that cannot be computed for this clip to the reason; `process_seconds` is the wall
    time of the engine's process, 0 for a cached clip; `trusted_sha256` is the digest of another
    tool's report that was taken as it is. `kernels` are the columns that kernels computed, and
    `verdicts` what their checks in the process that scored have said.
    """

    clip: Clip
    columns: Mapping[str, npt.NDArray[np.float64]]
    frames: int
    sources: tuple[SourceRecord, ...]
    lookup: Lookup
    unavailable: Mapping[str, str] = field(default_factory=dict)
    process_seconds: float = 0.0
    trusted_sha256: str = ""
    kernels: frozenset[str] = frozenset()
    verdicts: tuple[Verdict, ...] = ()

    @property
    def cached(self) -> bool:
        """Whether the numbers come from the cache."""
        return self.lookup in CACHED

    @property
    def computed_by(self) -> tuple[tuple[str, Computer], ...]:
        """Every column that has numbers, and who computed it."""
        others: Computer = "another tool" if self.lookup == "trusted" else "libvmaf"
        return tuple(
            (column, "kernels" if column in self.kernels else others) for column in self.columns
        )


@dataclass(frozen=True, slots=True)
class Failed:
    """A clip that could not be scored, and all that is known about why."""

    clip: Clip
    stage: str
    reason: str
    exit_code: int | None = None
    signal: str | None = None
    stderr_tail: tuple[str, ...] = ()
    frames: Mapping[str, int | None] = field(default_factory=dict)
    sources: tuple[SourceRecord, ...] = ()
    lookup: Lookup = "unread"


Outcome = Extracted | Failed
