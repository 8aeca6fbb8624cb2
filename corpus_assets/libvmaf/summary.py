"""A report of libvmaf, whoever kept it, as one clip's means and deviations.

Reports of real programs spell a feature `integer_adm2` and pool only mean, minimum and maximum;
those of other tools may spell it `adm2` and pool `stddev` too. What is pooled is taken, what is not
is computed over the frames.
"""

from __future__ import annotations

import math
import re
import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from corpus_assets.errors import ReportRefusedError
from corpus_assets.libvmaf.features import CANONICAL6, TEACHER, Feature
from corpus_assets.libvmaf.report import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_KNOWN = float("nan")
NOT_JSON = re.compile(rb"[:,\[]\s*-?(NaN|nan|Infinity|inf)\b")
HIGHEST_SCORE = 100
NUMBERS = {int, float, type(None)}


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """One clip: frames, mean teacher score, mean and population deviation by canonical feature.

    A mean or deviation that cannot be known is not a number; `version` is libvmaf's, or "".
    """

    frames: int
    vmaf: float
    means: Mapping[str, float]
    deviations: Mapping[str, float]
    version: str


def summarize(data: bytes) -> ReportSummary:
    """Read a report's bytes. Raises ReportRefusedError saying what is wrong with them."""
    document = parsed(data)
    frames = _frames(document)
    pooled = document.get("pooled_metrics")
    pooled = pooled if isinstance(pooled, dict) else {}
    values = {
        feature.column: _of_feature(feature, pooled, frames) for feature in CANONICAL6.features
    }
    score, _ = _statistics(TEACHER, pooled, frames)
    if math.isnan(score):
        raise ReportRefusedError("accept", "the report has no vmaf, pooled or in every frame")
    if not 0 <= score <= HIGHEST_SCORE:
        raise ReportRefusedError("accept", f"its vmaf is {score:.6g}, and scores are 0 to 100")
    return ReportSummary(
        frames=len(frames),
        vmaf=score,
        means={column: mean for column, (mean, _) in values.items()},
        deviations={column: deviation for column, (_, deviation) in values.items()},
        version=version_of(document),
    )


def parsed(data: bytes) -> dict[str, Any]:
    """Parse strict JSON that is an object. Raises ReportRefusedError."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        hint = "; NaN and Infinity are not JSON" if NOT_JSON.search(data) else ""
        raise ReportRefusedError("accept", f"it is not valid JSON: {error}{hint}") from error
    if not isinstance(document, dict):
        raise ReportRefusedError("accept", "it is no report: not a JSON object")
    return document


def _frames(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    frames = document.get("frames")
    if not isinstance(frames, list) or not frames:
        raise ReportRefusedError("accept", "the report holds no frames")
    return [_metrics_of(number, frame) for number, frame in enumerate(frames)]


def _metrics_of(number: int, frame: object) -> Mapping[str, Any]:
    metrics = frame.get("metrics") if isinstance(frame, dict) else None
    if not isinstance(metrics, dict):
        raise ReportRefusedError("accept", f"frame {number} of the report has no metrics")
    return metrics


def _of_feature(
    feature: Feature, pooled: Mapping[str, Any], frames: list[Mapping[str, Any]]
) -> tuple[float, float]:
    """Return mean and deviation under the first name that frames know the feature by, or pools."""
    for there in (frames[0], pooled):
        for name in feature.names:
            if name in there:
                return _statistics(name, pooled, frames)
    return NOT_KNOWN, NOT_KNOWN


def _statistics(
    name: str, pooled: Mapping[str, Any], frames: list[Mapping[str, Any]]
) -> tuple[float, float]:
    """Return mean and deviation, each as pooled or else over the frames."""
    values = _values(name, frames)
    with np.errstate(over="ignore", invalid="ignore"):
        computed = {"mean": float(values.mean()), "stddev": float(values.std())}
    found = computed | _pooled(name, pooled)
    if infinite := [statistic for statistic, value in found.items() if math.isinf(value)]:
        raise ReportRefusedError("accept", f"the {infinite[0]} of {name} is infinite")
    if found["stddev"] < 0:
        raise ReportRefusedError("accept", f"the stddev of {name} is negative")
    return found["mean"], found["stddev"]


def _pooled(name: str, pooled: Mapping[str, Any]) -> dict[str, float]:
    """Return the pooled mean and deviation, as far as they are there."""
    given = pooled.get(name)
    given = given if isinstance(given, dict) else {}
    there = {key: given[key] for key in ("mean", "stddev") if given.get(key) is not None}
    for key, value in there.items():
        if type(value) not in NUMBERS:
            shown = reprlib.repr(value)
            raise ReportRefusedError("accept", f"the pooled {key} of {name} is {shown}")
    return {key: float(value) for key, value in there.items()}


def _values(name: str, frames: list[Mapping[str, Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a metric of every frame, not a number where a frame has none."""
    values = [metrics.get(name) for metrics in frames]
    if not set(map(type, values)) <= NUMBERS:
        raise ReportRefusedError("accept", f"{name} of a frame is no number")
    return np.array(values, dtype=np.float64)
