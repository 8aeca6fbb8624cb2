"""What a run would do, without doing it: counts and an estimate of the time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.errors import ClipError, DamagedEntryError
from corpus_assets.libvmaf.probe import VideoFacts, probe

if TYPE_CHECKING:
    from corpus_assets.corpora.clip import Clip, Discovery
    from corpus_assets.extraction.entry import EntryHeader
    from corpus_assets.extraction.scorer import ClipScorer

REFERENCE_MEGAPIXELS_PER_SECOND = 40.0
"""Megapixels that one worker encodes and scores a second (8 bit, canonical6, 2-core server)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Clips by what would happen to them, and how long it would take."""

    found: int
    selected: int
    skipped: int
    cached: int
    to_score: int
    unreadable: int
    frames_to_score: int
    estimated_seconds: float
    estimate_from: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def make_plan(discovery: Discovery, scorer: ClipScorer, workers: int) -> Plan:
    """Look at every clip, score none, write nothing. Raises EngineError."""
    cached, facts, unreadable, known = 0, [], 0, []
    for clip in discovery.clips:
        try:
            if scorer.is_cached(clip):
                cached += 1
                known.append(_header(scorer, clip))
            else:
                facts.append(_facts(clip))
        except ClipError:
            unreadable += 1
    rate, origin = _rate([header for header in known if header])
    megapixels = sum(fact.width * fact.height * fact.frames for fact in facts) / 1e6
    return Plan(
        found=discovery.found,
        selected=len(discovery.clips),
        skipped=len(discovery.skipped),
        cached=cached,
        to_score=len(facts),
        unreadable=unreadable,
        frames_to_score=sum(fact.frames for fact in facts),
        estimated_seconds=megapixels / rate / max(1, min(workers, len(facts))),
        estimate_from=origin,
    )


def _header(scorer: ClipScorer, clip: Clip) -> EntryHeader | None:
    try:
        return scorer.cache.header(clip.key)
    except DamagedEntryError:
        return None


def _facts(clip: Clip) -> VideoFacts:
    try:
        with clip.reference.source.opened() as opened:
            return probe(clip.reference, opened)
    except OSError as error:
        raise ClipError("read", str(error.strerror)) from error


def _rate(headers: list[EntryHeader]) -> tuple[float, str]:
    """Return megapixels a second and worker, from cached clips where there are any."""
    seconds = sum(header.process_seconds for header in headers)
    if not seconds:
        return REFERENCE_MEGAPIXELS_PER_SECOND, "a reference machine"
    pixels = sum(header.width * header.height * header.frames for header in headers)
    return pixels / 1e6 / seconds, f"{len(headers)} cached clips"
