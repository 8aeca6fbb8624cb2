"""From the features that are wanted to what a program can compute at a frame size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpus_assets.errors import EngineError
from corpus_assets.libvmaf.features import (
    CANONICAL6,
    TEACHER,
    Feature,
    FeatureSet,
    Origin,
    too_small,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus_assets.libvmaf.model import Model
    from corpus_assets.libvmaf.trials import Trials


ACCELERATED = {"ciede": "ciede2000", "float_ssim": "float_ssim", "float_ms_ssim": "float_ms_ssim"}
"""The extractors whose numbers kernels can give, and the report key of these."""


@dataclass(frozen=True, slots=True)
class Computation:
    """What is asked of libvmaf and of the kernels, and what the report must hold.

    `keys` maps every column that will have numbers to its report key, the teacher score included;
    `kernels` are the keys that kernels compute, `expected` those that libvmaf prints for every
    frame; `unavailable` maps the other columns to the reason.
    """

    extractors: tuple[str, ...]
    keys: Mapping[str, str]
    expected: frozenset[str]
    unavailable: Mapping[str, str]
    kernels: frozenset[str] = frozenset()

    @property
    def run_by_libvmaf(self) -> tuple[str, ...]:
        """The extractors whose numbers no kernel gives."""
        return _without(self.extractors, self.kernels)


def plan(
    features: FeatureSet, trials: Trials, model: Model, size: tuple[int, int], *, accelerated: bool
) -> Computation:
    """Choose where every feature comes from at a frame size, width and height.

    What libvmaf computes anyway for the model, or does not have at all, no kernel computes.
    Raises EngineError when the program cannot use the model, or lacks a canonical feature.
    """
    fitting = _extractors(features, *size)
    available, together = _available(trials, model, fitting)
    chosen: dict[str, Origin] = {}
    unavailable: dict[str, str] = {}
    for feature in features.features:
        for origin in feature.origins:
            alone = together if _only_extractor(feature) else _alone(trials, model, origin)
            if origin.extractor in available and origin.report_key in alone:
                chosen[feature.column] = origin
                break
        else:
            unavailable[feature.column] = _reason(feature, fitting, available, *size)
    if missing := [column for column in CANONICAL6.columns if column in unavailable]:
        raise EngineError(
            f"{trials.program.binary.path} with model {model.name} does not compute "
            f"{', '.join(missing)}: {unavailable[missing[0]]}"
        )
    extractors = tuple(sorted({origin.extractor for origin in chosen.values()}))
    keys = {column: origin.report_key for column, origin in chosen.items()}
    columns = keys | {TEACHER: TEACHER}
    if accelerated and (kernels := frozenset(ACCELERATED.values()) & set(keys.values())):
        expected = _together(trials, model, _without(extractors, kernels))
        if not kernels & expected:
            return Computation(extractors, columns, expected, unavailable, kernels)
    return Computation(extractors, columns, _together(trials, model, extractors), unavailable)


def _without(extractors: tuple[str, ...], kernels: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in extractors if ACCELERATED.get(name) not in kernels)


def _only_extractor(feature: Feature) -> bool:
    return len({origin.extractor for origin in feature.origins}) == 1


def _alone(trials: Trials, model: Model, origin: Origin) -> frozenset[str]:
    """Return the keys that an extractor reports without the others."""
    return frozenset(trials.of(model, (origin.extractor,)).keys)


def _extractors(features: FeatureSet, width: int, height: int) -> tuple[str, ...]:
    """Return the extractors that some column may come from and that can run at this size."""
    names = {origin.extractor for feature in features.features for origin in feature.origins}
    return tuple(sorted(name for name in names if not too_small(name, width, height)))


def _available(
    trials: Trials, model: Model, extractors: tuple[str, ...]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the extractors that the program has, and the keys that they report together."""
    trial = trials.of(model, extractors)
    if trial.keys:
        return extractors, frozenset(trial.keys)
    _together(trials, model, ())
    each = trials.all_of((model, (name,)) for name in extractors)
    known = tuple(name for name, trial in zip(extractors, each, strict=True) if trial.keys)
    return known, _together(trials, model, known)


def _together(trials: Trials, model: Model, extractors: tuple[str, ...]) -> frozenset[str]:
    """Return the keys that a report with these extractors holds. Raises EngineError."""
    trial = trials.of(model, extractors)
    if not trial.keys:
        raise EngineError(
            f"{trials.program.binary.path} cannot score with model {model.name}: {trial.refusal}"
        )
    return frozenset(trial.keys)


def _reason(
    feature: Feature, fitting: tuple[str, ...], available: tuple[str, ...], width: int, height: int
) -> str:
    """Say why a feature is not available, from its first origin."""
    origin = feature.origins[0]
    if origin.extractor not in fitting:
        return too_small(origin.extractor, width, height)
    if origin.extractor not in available:
        return f"this libvmaf has no extractor {origin.extractor}"
    return f"extractor {origin.extractor} of this libvmaf does not report {origin.report_key}"
