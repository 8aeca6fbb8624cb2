"""What a run would do, without doing it: counts and an estimate of the time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from corpus_assets.artifacts.accelerating import BY_OTHERS
from corpus_assets.errors import ClipError, DamagedEntryError, ForeignEntryError
from corpus_assets.extraction.outcome import CACHED
from corpus_assets.libvmaf.beside import CHECKED_FRAMES
from corpus_assets.libvmaf.engine import LARGE
from corpus_assets.libvmaf.probe import probe

if TYPE_CHECKING:
    from corpus_assets.corpora.clip import Clip, Discovery
    from corpus_assets.extraction.entry import EntryHeader
    from corpus_assets.extraction.scorer import ClipScorer
    from corpus_assets.libvmaf.engine import Engine
    from corpus_assets.libvmaf.raw import VideoFacts

SECONDS_PER_MEGAPIXEL = 0.025
"""What one worker takes to encode and score (8 bit, canonical6, 2-core server)."""
MORE_SECONDS_PER_MEGAPIXEL = {"ciede": 0.5, "float_ms_ssim": 0.14, "psnr_hvs": 0.02}
"""What extractors take that are not in canonical6, measured at 1080p; the others 0.008 or less."""
KERNELS_SECONDS_PER_MEGAPIXEL = {"ciede2000": 0.023, "float_ms_ssim": 0.022}
"""What kernels take, measured at 1080p; float_ssim 0.002."""


@dataclass(frozen=True, slots=True)
class ScoringPlan:
    """Clips by what would happen to them, and how long it would take.

    `cached_by_others` of those to score are cached, with columns that libvmaf computed and kernels
    would now, or the reverse.
    """

    found: int
    selected: int
    skipped: int
    cached: int
    to_score: int
    cached_by_others: int
    unreadable: int
    frames_to_score: int
    estimated_seconds: float
    estimate_from: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)

    def text(self) -> str:
        """Return three lines, and one more where the cache is of no use because of kernels."""
        others = f"\n{self.cached_by_others} of these: {BY_OTHERS}" if self.cached_by_others else ""
        return (
            f"{self.found} found, {self.selected} selected, {self.skipped} skipped\n"
            f"{self.cached} cached, {self.to_score} to score ({self.frames_to_score} frames), "
            f"{self.unreadable} unreadable{others}\n"
            f"about {self.estimated_seconds:.0f} s (from {self.estimate_from})"
        )


def make_plan(discovery: Discovery, scorer: ClipScorer, workers: int) -> ScoringPlan:
    """Look at every clip, score none, write nothing. Raises EngineError."""
    cached, facts, unreadable, known, by_others = 0, [], 0, [], 0
    for clip in discovery.clips:
        try:
            lookup = scorer.look_up(clip)
            if lookup in CACHED:
                cached += 1
                known.append(_header(scorer, clip))
            else:
                facts.append(_facts(clip))
                by_others += lookup == "others"
        except ClipError:
            unreadable += 1
    rate, origin = _rate([header for header in known if header], scorer.engine)
    megapixels = sum(fact.width * fact.height * fact.frames for fact in facts) / 1e6
    return ScoringPlan(
        found=discovery.found,
        selected=len(discovery.clips),
        skipped=len(discovery.skipped),
        cached=cached,
        to_score=len(facts),
        cached_by_others=by_others,
        unreadable=unreadable,
        frames_to_score=sum(fact.frames for fact in facts),
        estimated_seconds=megapixels / rate / max(1, min(workers, len(facts)))
        + _seconds_of_check(scorer.engine, facts),
        estimate_from=origin,
    )


def _seconds_of_check(engine: Engine, facts: list[VideoFacts]) -> float:
    """Return how long kernels are held against libvmaf, on frames of the first clip."""
    if not facts:
        return 0.0
    computation = engine.computation(facts[0].width, facts[0].height)
    apart = set(computation.extractors) - set(computation.run_by_libvmaf)
    seconds = sum(MORE_SECONDS_PER_MEGAPIXEL.get(name, 0.0) for name in apart)
    return (CHECKED_FRAMES + 1) * facts[0].width * facts[0].height / 1e6 * seconds


def _header(scorer: ClipScorer, clip: Clip) -> EntryHeader | None:
    try:
        return scorer.cache.header(clip.key)
    except (DamagedEntryError, ForeignEntryError):
        return None


def _facts(clip: Clip) -> VideoFacts:
    try:
        with clip.reference.source.opened() as opened:
            return probe(clip.reference, opened)
    except OSError as error:
        raise ClipError("read", str(error.strerror)) from error


def _rate(headers: list[EntryHeader], engine: Engine) -> tuple[float, str]:
    """Return megapixels a second and worker, from cached clips where there are any."""
    seconds = sum(header.process_seconds for header in headers)
    if not seconds:
        large = engine.computation(*LARGE)
        more = sum(MORE_SECONDS_PER_MEGAPIXEL.get(name, 0.0) for name in large.run_by_libvmaf)
        more += sum(KERNELS_SECONDS_PER_MEGAPIXEL.get(key, 0.0) for key in large.kernels)
        return 1 / (SECONDS_PER_MEGAPIXEL + more), "a reference machine"
    pixels = sum(header.width * header.height * header.frames for header in headers)
    return pixels / 1e6 / seconds, f"{len(headers)} cached clips"
