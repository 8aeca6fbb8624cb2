"""The teacher model of several tables, which must be one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus_assets.errors import DataError
from corpus_assets.manifests import comparable
from corpus_assets.manifests.training_parts import TeacherPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus_assets.artifacts.proved_inputs import ProvedInput


@dataclass(frozen=True, slots=True)
class Teacher:
    """A model of the teacher score; `exact` where the lack of a digest says that it is built in."""

    label: str
    name: str
    sha256: str | None
    exact: bool

    def agrees(self, other: Teacher) -> bool:
        """Say whether two may be the same model."""
        unknown = None in {self.sha256, other.sha256} and not (self.exact and other.exact)
        return self.name == other.name and (unknown or self.sha256 == other.sha256)

    def __str__(self) -> str:
        digest = f" sha256:{self.sha256[:12]}…" if self.sha256 else ""
        return f"{self.label}: {self.name}{digest}"


def agreed_teacher(inputs: Sequence[ProvedInput]) -> TeacherPart | None:
    """Return the model of all inputs whose manifests tell theirs; None where none does.

    Raises DataError naming the model of each where they are not one.
    """
    known = [teacher for one in inputs if (teacher := _teacher(one))]
    if any(not one.agrees(other) for one in known for other in known):
        lines = "".join(f"\n  {one}" for one in known)
        raise DataError(
            f"the inputs have different teacher models; combine tables of one model:{lines}"
        )
    best = next((one for one in known if one.exact), known[0] if known else None)
    return TeacherPart(name=best.name, sha256=best.sha256) if best else None


def _teacher(one: ProvedInput) -> Teacher | None:
    facts = comparable.model(one.said) if one.said else {}
    if "name" not in facts:
        return None
    exact = one.manifest is not None and one.manifest.verified
    return Teacher(one.input.label, facts["name"], facts.get("sha256"), exact)
