"""Rows of several files as one: each encode once, the first that is met.

What is remembered grows with the encodes, not with the rows.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from corpus_assets.tables.merged_row import SCORE_TOLERANCE, EncodeKey, key_of
from corpus_assets.tables.sources import Contents, SourceName

CONFLICTS_KEPT = 100


class Place(NamedTuple):
    """Where a row is, and what another row of its encode must agree with; `line` counts from 1."""

    file: str
    line: int
    vmaf_model: str
    clip_mode: str
    vmaf_score: float

    def agrees(self, other: Place) -> bool:
        """Say whether two rows of one encode tell the same of it."""
        return (self.vmaf_model, self.clip_mode) == (
            other.vmaf_model,
            other.clip_mode,
        ) and abs(self.vmaf_score - other.vmaf_score) <= SCORE_TOLERANCE


class Conflict(NamedTuple):
    """Two rows of one encode that do not agree, of which the first is kept."""

    key: EncodeKey
    kept: Place
    dropped: Place


@dataclass
class Merger:
    """Tells new encodes from those that were met, and counts; `contents` are of all rows."""

    first: dict[EncodeKey, Place] = field(default_factory=dict)
    contents: Contents = field(default_factory=Contents)
    rows: int = 0
    conflicts: int = 0
    listed: list[Conflict] = field(default_factory=list)

    def add(self, values: dict[str, Any], file: str, line: int) -> bool:
        """Take a valid row; say whether it is the first of its encode."""
        self.rows += 1
        key, place = key_of(values), _place(values, file, line)
        self.contents.add(source_name(values["src"]), key.src_sha256, stem(values["src"]))
        kept = self.first.setdefault(key, place)
        if kept is place:
            return True
        if not kept.agrees(place):
            self.conflicts += 1
            if len(self.listed) < CONFLICTS_KEPT:
                self.listed.append(Conflict(key, kept, place))
        return False


def _place(values: dict[str, Any], file: str, line: int) -> Place:
    model, mode = sys.intern(values["vmaf_model"]), sys.intern(values["clip_mode"])
    return Place(file, line, model, mode, float(values["vmaf_score"]))


def source_name(src: str) -> SourceName:
    """Return a row's source; its corpus is what stands before the colon."""
    return SourceName(src.partition(":")[0] if ":" in src else "", src)


def stem(src: str) -> str:
    """Return the clip's key in `src`, of which a stand-in for an unknown content is made."""
    return src.partition(":")[2] if ":" in src else src
