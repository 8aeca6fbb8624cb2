"""How a clip ends: extracted, cached or failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from corpus_assets.corpora.clip import Clip

Lookup = Literal["hit", "trusted", "miss", "stale", "damaged", "unread"]
"""What the cache said: `trusted` another tool's report, `unread` when it was not asked."""


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
    tool's report that was taken as it is.
    """

    clip: Clip
    columns: Mapping[str, npt.NDArray[np.float64]]
    frames: int
    sources: tuple[SourceRecord, ...]
    lookup: Lookup
    unavailable: Mapping[str, str] = field(default_factory=dict)
    process_seconds: float = 0.0
    trusted_sha256: str = ""

    @property
    def cached(self) -> bool:
        """Whether the numbers come from the cache."""
        return self.lookup in {"hit", "trusted"}


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
