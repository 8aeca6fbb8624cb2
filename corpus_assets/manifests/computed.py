"""The parts of a manifest that say who computed each column, and how kernels were checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self, TypeAlias

from corpus_assets.extraction.outcome import Computer
from corpus_assets.libvmaf.acceleration import Accelerate, Verdict
from corpus_assets.libvmaf.engine import Engine
from corpus_assets.manifests.parts import Part

Computed: TypeAlias = Mapping[tuple[tuple[str, Computer], ...], Sequence[str]]
"""Keys of clips by who computed each of their columns."""


class ComputedPart(Part):
    """Who computed a column, for which clips (keys; null for all that have numbers in it).

    `version` is that of libvmaf, or of the kernels and Numba; null for another tool, whose report
    was taken as it is.
    """

    column: str
    by: Computer
    version: str | None
    clips: tuple[str, ...] | None


class CheckPart(Part):
    """Kernels held against libvmaf: on the first frames of a clip, both ways.

    `largest_difference` is that between a value of a kernel and libvmaf's printed one; `refusal`
    says why the kernels were not used from then on, null where they were.
    """

    clip: str
    frames: int
    largest_difference: float
    refusal: str | None

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """Describe what came of a check."""
        return cls(
            clip=verdict.clip,
            frames=verdict.frames,
            largest_difference=verdict.largest_difference,
            refusal=verdict.refusal or None,
        )


class AccelerationPart(Part):
    """The setting `accelerate`, and the checks of this run; cached clips were checked before."""

    setting: Accelerate
    checks: tuple[CheckPart, ...]

    @property
    def refusal(self) -> str | None:
        """Why kernels were given up during the run; None where they were not."""
        return next((check.refusal for check in self.checks if check.refusal), None)


def computed_parts(computed: Computed, engine: Engine) -> tuple[ComputedPart, ...]:
    """Describe who computed each column, in the order of names."""
    versions: dict[Computer, str | None] = {
        "libvmaf": engine.identity.libvmaf_version,
        "kernels": str(engine.kernels) if engine.kernels else None,
        "another tool": None,
    }
    clips: dict[str, dict[Computer, list[str]]] = {}
    for columns, keys in computed.items():
        for column, by in columns:
            clips.setdefault(column, {}).setdefault(by, []).extend(keys)
    return tuple(
        ComputedPart(
            column=column,
            by=by,
            version=versions[by],
            clips=tuple(sorted(keys)) if len(parts) > 1 else None,
        )
        for column, parts in sorted(clips.items())
        for by, keys in sorted(parts.items())
    )
