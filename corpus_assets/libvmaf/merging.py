"""Putting the kernels' values into libvmaf's report, where it would have printed its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from corpus_assets.libvmaf.report import Report, version_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DIGITS = 6
"""Decimals of what libvmaf prints."""
INFINITE = frozenset({"ciede2000"})
"""Keys whose null stands for infinity, where frames are equal; of others it is not a number."""


def printed(value: float | None) -> float | None:
    """Return a value as libvmaf would have printed it; None, null, for what is not finite."""
    return None if value is None or not math.isfinite(value) else round(value, DIGITS)


def merged(data: bytes, scores: Sequence[Mapping[str, float | None]]) -> tuple[Report, bytes]:
    """Return a report with more metrics, parsed and as bytes; `scores` has one mapping a frame."""
    document = orjson.loads(data)
    for frame, values in zip(document["frames"], scores, strict=True):
        frame["metrics"].update((name, printed(value)) for name, value in values.items())
    pooled = document.setdefault("pooled_metrics", {})
    for name in scores[0]:
        pooled[name] = _pooled([_computed(name, values[name]) for values in scores])
    metrics = tuple(frame["metrics"] for frame in document["frames"])
    return Report(version_of(document), metrics), orjson.dumps(document)


def _computed(name: str, value: float | None) -> float:
    """Return what libvmaf has where it prints null: an infinite distance, or no number."""
    if value is not None:
        return value
    return math.inf if name in INFINITE else math.nan


def _pooled(values: Sequence[float]) -> dict[str, Any]:
    """Pool a metric as libvmaf does (`libvmaf/src/libvmaf.c`).

    Python's `min` and `max` pass over what is not a number as its comparisons do.
    """
    array = np.array(values, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = {
            "min": min(values),
            "max": max(values),
            "mean": array.mean(),
            "harmonic_mean": 1 / (1 / (array + 1)).mean() - 1,
        }
    return {name: printed(float(value)) for name, value in pooled.items()}
