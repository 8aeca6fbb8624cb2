"""Clips to a finished table file: the part that every scored artifact has in common."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corpus_assets.artifacts.accelerating import BY_OTHERS
from corpus_assets.artifacts.clip_scores import ClipScores
from corpus_assets.artifacts.request import WARNING
from corpus_assets.artifacts.statistics import ScoreStatistics
from corpus_assets.corpora.texts import bounded
from corpus_assets.errors import NothingScoredError, TooManyFailedError
from corpus_assets.extraction.extract import extract
from corpus_assets.extraction.outcome import Computer, Extracted, Failed, Outcome, SourceRecord
from corpus_assets.extraction.progress import Counts, Tracker
from corpus_assets.libvmaf.features import TEACHER
from corpus_assets.manifests.parts import ArtifactPart
from corpus_assets.tables.parquet import ClipTable
from corpus_assets.tables.schema import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from corpus_assets.corpora.clip import Clip
    from corpus_assets.extraction.workers import Work, Workers
    from corpus_assets.libvmaf.acceleration import Verdict
    from corpus_assets.tables.schema import TableSpec

FAILURES_SHOWN = 3
FAILURES_LOGGED = 50
"""A call of Dagster's log takes milliseconds, whatever the corpus' size."""


@dataclass
class Evidence:
    """What the outcomes of a run leave behind besides rows; small for every clip."""

    sources: list[SourceRecord] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    lookups: Counter[str] = field(default_factory=Counter)
    scores: ScoreStatistics = field(default_factory=ScoreStatistics)
    clips: ClipScores = field(default_factory=ClipScores)
    trusted: dict[str, str] = field(default_factory=dict)
    """SHA-256 by clip key of the reports of other tools that were taken as they are."""
    unavailable: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Clip keys by feature and the reason why it has no numbers."""
    computed: dict[tuple[tuple[str, Computer], ...], list[str]] = field(default_factory=dict)
    """Clip keys by who computed each of their columns."""
    verdicts: dict[Verdict, None] = field(default_factory=dict)
    """What checks of kernels have said, each once, in the order in which they became known."""

    def add(self, outcome: Outcome) -> None:
        """Keep what the manifest needs of one outcome."""
        self.sources.extend(outcome.sources)
        self.lookups[outcome.lookup] += 1
        if isinstance(outcome, Extracted):
            clip, scores = outcome.clip, outcome.columns[TEACHER]
            self.scores.add(scores)
            self.clips.add(clip.key, scores, group=clip.labels.get(SOURCE.name))
            if outcome.trusted_sha256:
                self.trusted[clip.key] = outcome.trusted_sha256
            self.computed.setdefault(outcome.computed_by, []).append(clip.key)
            self.verdicts |= dict.fromkeys(outcome.verdicts)
            for missing in outcome.unavailable.items():
                self.unavailable.setdefault(missing, []).append(clip.key)
        else:
            self.failures.append(outcome)


@dataclass(frozen=True, slots=True)
class ScoredTable:
    """A finished table that is not yet published."""

    artifact: ArtifactPart
    counts: Counts
    evidence: Evidence
    elapsed_seconds: float
    frames_per_second: float


@dataclass(frozen=True, slots=True)
class TableTask:
    """Which clips become which table, where, and the share of them that may fail.

    `costs` say how much work each clip is (`Scoring.costs`); None where all are alike.
    """

    spec: TableSpec
    clips: tuple[Clip, ...]
    temporary: Path
    target: Path
    max_failed_share: float = 1.0
    costs: Sequence[int] | None = None

    def make(self, work: Work, workers: Workers, log: Callable[[str], None]) -> ScoredTable:
        """Score the clips and write the table to `temporary`.

        Raises NothingScoredError when every clip failed, TooManyFailedError when more than the
        share did, OSError when the file cannot be written.
        """
        started = time.monotonic()
        tracker, evidence = Tracker(len(self.clips), log), Evidence()
        outcomes = extract(self.clips, work, workers, tracker, self.costs)
        with ClipTable(self.temporary, self.spec) as table, contextlib.closing(outcomes):
            for outcome in outcomes:
                if isinstance(outcome, Extracted):
                    table.add(outcome)
                else:
                    _log_failure(outcome, len(evidence.failures), log)
                if outcome.lookup == "others" and not evidence.lookups["others"]:
                    log(f"{WARNING}clips are scored again: {BY_OTHERS}")
                before = len(evidence.verdicts)
                evidence.add(outcome)
                for verdict in [*evidence.verdicts][before:]:
                    _log_verdict(verdict, log)
        self._check_failures(evidence.failures)
        progress = tracker.now()
        return ScoredTable(
            artifact=ArtifactPart.of(self.temporary, self.target, table, self.spec),
            counts=progress.counts,
            evidence=evidence,
            elapsed_seconds=time.monotonic() - started,
            frames_per_second=progress.frames_per_second,
        )

    def _check_failures(self, failures: list[Failed]) -> None:
        failed, selected = len(failures), len(self.clips)
        if failed == selected:
            raise NothingScoredError(
                f"none of the {failed} clips could be scored; nothing was written:"
                f"{_first(failures)}"
            )
        if failed / selected > self.max_failed_share:
            raise TooManyFailedError(
                f"{failed} of {selected} clips failed, a share of {failed / selected:.4g}; "
                f"max_failed_share is {self.max_failed_share:g}; no table was written:"
                f"{_first(failures)}"
            )


def _log_failure(failed: Failed, before: int, log: Callable[[str], None]) -> None:
    if before < FAILURES_LOGGED:
        log(f"failed: {failed.clip.key}: {failed.stage}: {failed.reason}")
    elif before == FAILURES_LOGGED:
        log(f"more than {FAILURES_LOGGED} clips failed; the manifest will name all")


def _log_verdict(verdict: Verdict, log: Callable[[str], None]) -> None:
    if verdict.refusal:
        log(f"{WARNING}kernels are off, and libvmaf computes everything: {verdict.refusal}")
    else:
        log(
            f"kernels agree with libvmaf to {verdict.largest_difference:.1e} on "
            f"{verdict.frames} frames of {verdict.clip}, one of them made up"
        )


def _first(failures: list[Failed]) -> str:
    """Return the first failures, one a line."""
    lines = bounded(
        failures, FAILURES_SHOWN, lambda one: f"{one.clip.key}: {one.stage}: {one.reason}"
    )
    return "".join(f"\n  {line}" for line in lines)
