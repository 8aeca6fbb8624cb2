"""libvmaf's JSON report: reading it, and the rule that stands between it and everything else.

Exit code 0 proves nothing. A report is accepted only if the process ended well, the report parses,
`frameNum` runs 0..N-1 with N the expected count, every frame has exactly the expected keys, and
nulls stand only where a metric is infinite, or not a number, by definition.
"""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from corpus_assets.errors import ReportRefusedError
from corpus_assets.libvmaf.features import NULLABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

NUMBERS = frozenset((float, int))
LARGEST_REPORT = 1 << 30
"""Bytes; a report of this size holds hundreds of hours of video."""


@dataclass(frozen=True, slots=True)
class Report:
    """A parsed report: libvmaf's version and one mapping of metrics a frame, frame 0 first."""

    version: str
    metrics: tuple[Mapping[str, Any], ...]

    @property
    def keys(self) -> frozenset[str]:
        """The metric names of the first frame."""
        return frozenset(self.metrics[0])

    def columns(self, keys: Mapping[str, str]) -> dict[str, npt.NDArray[np.float64]]:
        """Return float64 arrays by column, NaN for null; `keys` maps column to report key.

        Raises ReportRefusedError where they are not all numbers, as `check_values` does.
        """
        own = {key: key for key in self.metrics[0]}  # found sooner in frames than equal texts
        return {
            column: np.array(self._values(own.get(key, key)), np.float64)
            for column, key in keys.items()
        }

    def _values(self, key: str) -> list[Any]:
        """Return what all frames have under a key; looking at their types alone is quick."""
        values = [frame.get(key) for frame in self.metrics]
        if not NUMBERS.issuperset(map(type, values)):
            check_values(self, frozenset((key,)))
        return values


def parse_report(data: bytes) -> Report:
    """Parse a report's bytes. Raises ReportRefusedError when they are not a whole report."""
    if not data:
        raise _refused("libvmaf wrote no report")
    if len(data) > LARGEST_REPORT:
        raise _refused(f"the report is larger than {LARGEST_REPORT} bytes")
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _refused(f"the report is not valid JSON: {error}") from error
    frames = document.get("frames") if isinstance(document, dict) else None
    if not isinstance(frames, list) or not frames:
        raise _refused("the report holds no frames")
    return Report(version_of(document), tuple(_metrics(frames)))


def version_of(document: Mapping[str, Any]) -> str:
    """Return the version of libvmaf that a report names, or ""."""
    version = document.get("version")
    return version if isinstance(version, str) else ""


def accept(report: Report, *, frames: int, expected: frozenset[str]) -> None:
    """Hold a report against the rule. Raises ReportRefusedError naming the first clause it breaks.

    `frames` is the expected count, `expected` the keys that every frame must have, neither more
    nor fewer.
    """
    if len(report.metrics) != frames:
        raise _refused(f"the report has {len(report.metrics)} frames, expected {frames}")
    for number, metrics in enumerate(report.metrics):
        if metrics.keys() != expected:
            raise _refused(_key_difference(number, metrics, expected))
    check_values(report, expected)


def check_values(report: Report, keys: frozenset[str]) -> None:
    """Demand numbers, or null where it is legitimate, under these keys of every frame.

    Raises ReportRefusedError naming the first frame and key where it is not so.
    """
    for number, metrics in enumerate(report.metrics):
        if missing := sorted(keys - metrics.keys()):
            raise _refused(f"frame {number} of the report lacks {', '.join(missing)}")
        for key in keys:
            _check_value(number, key, metrics[key])


def _metrics(frames: Sequence[object]) -> Iterator[Mapping[str, Any]]:
    """Yield every frame's metrics; each frame must carry its own number."""
    for number, frame in enumerate(frames):
        metrics = frame.get("metrics") if isinstance(frame, dict) else None
        if not isinstance(frame, dict) or not isinstance(metrics, dict):
            raise _refused(f"frame {number} of the report has no metrics")
        found = frame.get("frameNum")
        if found != number or isinstance(found, bool):
            shown = reprlib.repr(found)
            raise _refused(f"frame {number} of the report is numbered {shown}")
        yield metrics


def _key_difference(number: int, metrics: Mapping[str, Any], expected: frozenset[str]) -> str:
    missing, extra = sorted(expected - metrics.keys()), sorted(metrics.keys() - expected)
    parts = [f"lacks {', '.join(missing)}"] * bool(missing)
    parts += [f"has unexpected {', '.join(extra)}"] * bool(extra)
    return f"frame {number} of the report {' and '.join(parts)}"


def _check_value(number: int, key: str, value: object) -> None:
    if type(value) is float or type(value) is int:
        return
    if value is None and key.startswith(NULLABLE):
        return
    raise _refused(f"frame {number} of the report has {key} = {reprlib.repr(value)}")


def _refused(reason: str) -> ReportRefusedError:
    return ReportRefusedError("accept", reason)
