"""What differs between two manifests of one kind, and between their tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from corpus_assets.errors import SetupError
from corpus_assets.manifests.comparable import GROUPS, LISTS, NOT_SAID
from corpus_assets.manifests.scores import RecordedTable, Scores, scores_apart
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
class Difference:
    """What differs, by group; every group is there.

    `told` are facts that may explain a difference and are none themselves: where the inputs were,
    the code. `not_recorded` is what only one of the two says, so that it was not compared.
    """

    old: Path
    new: Path
    schema: str
    changes: dict[str, tuple[Change, ...]]
    told: tuple[Change, ...]
    not_recorded: dict[Literal["old", "new"], tuple[str, ...]]
    scores: Scores

    @property
    def different(self) -> bool:
        """Whether anything differs that was compared."""
        drift = self.scores.drift
        return any(self.changes.values()) or (drift is not None and drift.different)

    @property
    def identical(self) -> bool:
        """Whether nothing differs that both record, and the scores are known to be equal."""
        return not self.different and self.scores.state != "not compared"


@dataclass(frozen=True, slots=True)
class _Side:
    path: Path
    said: Statement
    facts: dict[str, Mapping[str, Any] | None]

    @classmethod
    def read(cls, path: Path) -> _Side:
        said = read_statement(path)
        return cls(path, said, {name: facts(said) for name, facts in GROUPS.items()})

    @property
    def table(self) -> RecordedTable:
        return RecordedTable(self.path, self.said)


def difference(old: Path, new: Path) -> Difference:
    """Compare two manifests, and their tables where they are as recorded, in bounded memory.

    Raises SetupError when they are of different kinds, MissingManifestError, and DataError when one
    is not valid.
    """
    before, after = _Side.read(old), _Side.read(new)
    if before.said.schema_ != after.said.schema_:
        raise SetupError(
            f"{old} is a {before.said.schema_}, {new} a {after.said.schema_}: "
            "only manifests of one kind can be compared"
        )
    return Difference(
        old=old,
        new=new,
        schema=before.said.schema_,
        changes={group: tuple(_changes(group, before, after)) for group in GROUPS},
        told=tuple(_told(before.said, after.said)),
        not_recorded={
            "old": tuple(_not_recorded(before, after)),
            "new": tuple(_not_recorded(after, before)),
        },
        scores=scores_apart(before.table, after.table),
    )


def _changes(group: str, before: _Side, after: _Side) -> Iterator[Change]:
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


def _unknown(group: str, side: _Side, other: _Side) -> set[str]:
    """Return the facts of the other side on which this one is silent."""
    facts, others = side.facts[group], other.facts[group]
    if facts is None or others is None or group in LISTS:
        return set()
    missing = set(others.keys() - facts.keys())
    whole = side.said.whole and group != SETTINGS
    return missing & {CODE_VERSION} if whole else missing


def _not_recorded(side: _Side, other: _Side) -> Iterator[str]:
    for group in GROUPS:
        facts, others = side.facts[group], other.facts[group]
        missing = sorted(_unknown(group, side, other) - {CODE_VERSION})
        if facts is None or (missing and not facts):
            yield group
        elif missing:
            yield f"{group}: {', '.join(missing)}"
        elif others and group in LISTS and NOT_SAID in facts.values():
            yield f"{group}: reasons"


def _told(old: Statement, new: Statement) -> Iterator[Change]:
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
