"""Facts of two manifests held against each other: what changed, and what only one records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from corpus_assets.manifests.comparable import GROUPS, LISTS, NOT_SAID
from corpus_assets.manifests.scores import RecordedTable
from corpus_assets.manifests.statement import Statement, read_statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CODE_VERSION, SETTINGS = "code_version", "settings"
"""What a whole manifest may be silent on: launchers and versions of this package differ in it."""


class Change(NamedTuple):
    """A fact that only the new manifest has, only the old one, or both with other values."""

    name: str
    kind: Literal["added", "removed", "changed"]
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Side:
    """A manifest: what it says, and its facts by group."""

    path: Path
    said: Statement
    facts: dict[str, Mapping[str, Any] | None]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a manifest. Raises MissingManifestError, or DataError when it is not valid."""
        said = read_statement(path)
        return cls(path, said, {name: facts(said) for name, facts in GROUPS.items()})

    @property
    def table(self) -> RecordedTable:
        """The table that it is about."""
        return RecordedTable(self.path, self.said)


def changes(group: str, before: Side, after: Side) -> Iterator[Change]:
    """Compare the facts of a group that both record."""
    old, new = before.facts[group], after.facts[group]
    if old is None or new is None:
        return
    unknown = _unknown(group, before, after) | _unknown(group, after, before)
    for name in sorted((old.keys() | new.keys()) - unknown):
        if name not in old:
            yield Change(name, "added", None, new[name])
        elif name not in new:
            yield Change(name, "removed", old[name], None)
        elif old[name] != new[name] and not (group in LISTS and NOT_SAID in (old[name], new[name])):
            yield Change(name, "changed", old[name], new[name])


def _unknown(group: str, side: Side, other: Side) -> set[str]:
    """Return the facts of the other side on which this one is silent."""
    facts, others = side.facts[group], other.facts[group]
    if facts is None or others is None or group in LISTS:
        return set()
    missing = set(others.keys() - facts.keys())
    whole = side.said.whole and group != SETTINGS
    return missing & {CODE_VERSION} if whole else missing


def not_recorded(side: Side, other: Side) -> Iterator[str]:
    """Name the groups, or facts of a group, that only the other manifest records."""
    for group in GROUPS:
        facts, others = side.facts[group], other.facts[group]
        missing = sorted(_unknown(group, side, other) - {CODE_VERSION})
        if facts is None or (missing and not facts):
            yield group
        elif missing:
            yield f"{group}: {', '.join(missing)}"
        elif others and group in LISTS and NOT_SAID in facts.values():
            yield f"{group}: reasons"


def told(old: Statement, new: Statement) -> Iterator[Change]:
    """Compare what may explain a difference."""
    before, after = _background(old), _background(new)
    for name, value in before.items():
        if value and after[name] and value != after[name]:
            yield Change(name, "changed", value, after[name])


def _background(said: Statement) -> dict[str, str | None]:
    return {
        "inventory.root": said.inventory.root if said.inventory else None,
        "tool.version": said.tool.version if said.tool else None,
        "run_provenance.entrypoint.sha256": said.run_provenance.entrypoint.get("sha256"),
    }
