"""What of a corpus is not in a table: how many, and why, in bounded size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Self

from corpus_assets.manifests.parts import Part

NAMES_SHOWN = 3
REASONS_SHOWN = 20


class ReasonFacts(Part):
    """A reason, how often it was given, and the first names in their order."""

    reason: str | None
    count: int
    names: tuple[str, ...]


class LeftOutFacts(Part):
    """What is not in the table: the most frequent reasons, and how many more reasons there are."""

    count: int
    reasons: tuple[ReasonFacts, ...]
    more_reasons: int

    @classmethod
    def of(cls, reasons: Iterable[tuple[str, str]]) -> Self:
        """Group names, of which each has its reason."""
        names: dict[str, list[str]] = defaultdict(list)
        for name, reason in sorted(reasons):
            names[reason].append(name)
        order = sorted(names, key=lambda reason: (-len(names[reason]), reason))
        shown = [
            ReasonFacts(
                reason=one or None,
                count=len(names[one]),
                names=tuple(names[one][:NAMES_SHOWN]),
            )
            for one in order[:REASONS_SHOWN]
        ]
        return cls(
            count=sum(map(len, names.values())),
            reasons=tuple(shown),
            more_reasons=len(order) - len(shown),
        )
