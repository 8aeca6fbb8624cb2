"""What a check says of one artifact, or of several of one asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from corpus_assets.corpora.texts import bounded

SHOWN = 5

Fact = int | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line for everything that is wrong; without any, the check has passed.

    `notes` are said too, but are nothing wrong. `facts` are counts, shares and names.
    """

    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def text(self) -> str:
        """The first of what is wrong, and the notes, one a line."""
        return "\n".join((*bounded(self.findings, SHOWN), *self.notes)) or "as it should be"


def together(verdicts: Mapping[str, Verdict]) -> Verdict:
    """Return the verdict on several artifacts, given by their names.

    Counts are added, of shares the largest is taken, and names are put one after the other.
    """
    if len(verdicts) == 1:
        return next(iter(verdicts.values()))
    facts: dict[str, list[Fact]] = {}
    for verdict in verdicts.values():
        for name, fact in verdict.facts.items():
            facts.setdefault(name, []).append(fact)
    return Verdict(
        findings=tuple(_of(name, line) for name, v in verdicts.items() for line in v.findings),
        notes=tuple(_of(name, line) for name, v in verdicts.items() for line in v.notes),
        facts={name: _joined(values) for name, values in facts.items()},
    )


def _of(name: str, line: str) -> str:
    return line if line.startswith(name) else f"{name}: {line}"


def _joined(values: Sequence[Fact]) -> Fact:
    numbers = [value for value in values if not isinstance(value, tuple)]
    if not numbers:
        return tuple(name for value in values if isinstance(value, tuple) for name in value)[:SHOWN]
    return max(numbers) if any(isinstance(number, float) for number in numbers) else sum(numbers)


def first(names: Sequence[str]) -> str:
    """Return the first names, and how many there are besides."""
    return ", ".join(bounded(names, SHOWN))
