"""What is found wrong with a table: by rule, how often, and the first examples."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = 3


class Findings:
    """Breaches of rules; there are few rules and as many breaches as rows."""

    def __init__(self) -> None:
        """Start without any."""
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    def add(self, rule: str, examples: Sequence[str], count: int | None = None) -> None:
        """Add breaches of a rule, `count` of them where not all are given as examples."""
        self._counts[rule] += len(examples) if count is None else count
        shown = self._examples.setdefault(rule, [])
        shown.extend(examples[: EXAMPLES - len(shown)])

    @property
    def count(self) -> int:
        """How many breaches there are."""
        return self._counts.total()

    def lines(self) -> tuple[str, ...]:
        """Return one line a rule."""
        return tuple(self._line(rule, count) for rule, count in self._counts.items())

    def _line(self, rule: str, count: int) -> str:
        examples = self._examples[rule]
        more = f" and {count - len(examples)} more" if count > len(examples) else ""
        return f"{rule}: {'; '.join(examples)}{more}"
