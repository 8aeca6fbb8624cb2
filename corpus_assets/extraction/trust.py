"""Numbers from another tool's report, taken on the user's word with `cache_policy: trust`.

Such a report does not say what it was made from. What can be held against the clip is the number
of frames; the video's content is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_assets.errors import ClipError
from corpus_assets.extraction.outcome import Extracted
from corpus_assets.files import sha256_of_bytes
from corpus_assets.libvmaf.features import CANONICAL6, TEACHER
from corpus_assets.libvmaf.probe import probe
from corpus_assets.libvmaf.report import check_values, parse_report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.libvmaf.features import FeatureSet


def trusted(clip: Clip, data: bytes, features: FeatureSet) -> Extracted:
    """Return the numbers of a report as they stand in it.

    Raises ClipError when it is no whole report, has another number of frames than the reference,
    or lacks the teacher score or a canonical feature.
    """
    report = parse_report(data)
    frames = _frames(clip)
    if len(report.metrics) != frames:
        reason = f"the other tool's report has {len(report.metrics)} frames, the video {frames}"
        raise ClipError("accept", reason)
    known = {TEACHER: TEACHER} if TEACHER in report.keys else {}
    known |= _keys(features, report.keys)
    check_values(report, frozenset(known.values()))
    missing = [name for name in (*features.columns, TEACHER) if name not in known]
    if needed := [name for name in missing if name in (*CANONICAL6.columns, TEACHER)]:
        raise ClipError("accept", f"the other tool's report lacks {', '.join(needed)}")
    return Extracted(
        clip=clip,
        columns=report.columns(known),
        frames=frames,
        sources=(),
        lookup="trusted",
        unavailable=dict.fromkeys(missing, "the other tool's report lacks it"),
        trusted_sha256=sha256_of_bytes(data),
    )


def _frames(clip: Clip) -> int:
    try:
        with clip.reference.source.opened() as opened:
            return probe(clip.reference, opened).frames
    except OSError as error:
        raise ClipError("read", f"{error.strerror}: {clip.reference.source.name}") from error


def _keys(features: FeatureSet, there: frozenset[str]) -> Mapping[str, str]:
    """Map columns to the keys that the report uses."""
    found = {
        feature.column: next((name for name in feature.names if name in there), None)
        for feature in features.features
    }
    return {column: key for column, key in found.items() if key}
