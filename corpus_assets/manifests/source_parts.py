"""The part of a training table's manifest that says which contents its sources have."""

from __future__ import annotations

from typing import Self

from corpus_assets.manifests.parts import Part
from corpus_assets.tables.sources import Contents

NAMES_KEPT = 10
LISTED = 100
"""Contents with several names, and names with several contents, that a manifest lists."""


class RepeatedPart(Part):
    """A content that has several names; of many, the first, and `count` is of all."""

    sha256: str
    names: tuple[str, ...]
    count: int


class DividedPart(Part):
    """A name that has several contents, or may have; of many, the first, and `count` is of all."""

    name: str
    sha256: tuple[str, ...]
    count: int


class SourcesPart(Part):
    """The contents of the sources: how many, and what keeps a source from being in one place.

    `unknown` are contents that are not known; `joined` counts, besides, those that were taken for
    the one that is known of a source with the same key. `listed` are the first of the `repeated`
    contents, `listed_divided` of the `divided` names.
    """

    contents: int
    unknown: int
    joined: int
    repeated: int
    listed: tuple[RepeatedPart, ...]
    divided: int
    listed_divided: tuple[DividedPart, ...]

    @classmethod
    def of(cls, contents: Contents) -> Self:
        """Describe the sources of a table."""
        repeated, divided = list(contents.repeated()), list(contents.divided())
        joined = len(contents.joined())
        listed = [
            RepeatedPart(sha256=one, names=tuple(map(str, names[:NAMES_KEPT])), count=len(names))
            for one, names in repeated[:LISTED]
        ]
        listed_divided = [
            DividedPart(name=str(name), sha256=tuple(found[:NAMES_KEPT]), count=len(found))
            for name, found in divided[:LISTED]
        ]
        return cls(
            contents=len(contents.names) - joined,
            unknown=len(contents.unknown) - joined,
            joined=joined,
            repeated=len(repeated),
            listed=tuple(listed),
            divided=len(divided),
            listed_divided=tuple(listed_divided),
        )
