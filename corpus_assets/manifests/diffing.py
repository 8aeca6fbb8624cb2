"""What differs between two manifests of one kind, and between their tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from corpus_assets.errors import SetupError
from corpus_assets.manifests.changes import Change, Side, changes, not_recorded, told
from corpus_assets.manifests.comparable import GROUPS
from corpus_assets.manifests.scores import Scores, scores_apart


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


def difference(old: Path, new: Path) -> Difference:
    """Compare two manifests, and their tables where they are as recorded, in bounded memory.

    Raises SetupError when they are of different kinds, MissingManifestError, and DataError when one
    is not valid.
    """
    before, after = Side.read(old), Side.read(new)
    if before.said.schema_ != after.said.schema_:
        raise SetupError(
            f"{old} is a {before.said.schema_}, {new} a {after.said.schema_}: "
            "only manifests of one kind can be compared"
        )
    return Difference(
        old=old,
        new=new,
        schema=before.said.schema_,
        changes={group: tuple(changes(group, before, after)) for group in GROUPS},
        told=tuple(told(before.said, after.said)),
        not_recorded={
            "old": tuple(not_recorded(before, after)),
            "new": tuple(not_recorded(after, before)),
        },
        scores=scores_apart(before.table, after.table),
    )
