"""Schedules: refresh what is behind its corpus, and say why nothing is to be done otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg

from corpus_assets.errors import CorpusAssetsError, UnsetRootError
from corpus_assets.orchestration.failures import shown_as_failures
from corpus_assets.orchestration.jobs import JOBS
from corpus_assets.orchestration.refreshing import ALL, REFRESHES, Refresh, Wanted

WEEKLY = "0 3 * * 0"


def schedules(crons: Mapping[str, str]) -> list[dg.ScheduleDefinition]:
    """Return a schedule for each corpus, and one for all, by their cron strings; all stopped."""
    one = [_schedule(refresh.corpus, [refresh], crons) for refresh in REFRESHES]
    return [*one, _schedule(ALL, REFRESHES, crons)]


def _schedule(
    corpus: str, refreshes: Sequence[Refresh], crons: Mapping[str, str]
) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"refresh_{corpus}_schedule",
        job=JOBS[corpus],
        cron_schedule=crons[corpus],
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Makes the assets whose corpus has changed since they were made. Skips while "
        "a run of it is queued or started.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        found = Findings()
        with shown_as_failures():
            for refresh in refreshes:
                found.add(refresh, context.instance)
            for error in found.errors:
                context.log.error(str(error))
            return found.answer()

    return tick


@dataclass
class Findings:
    """What several corpora need."""

    runs: list[dg.RunRequest] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    errors: list[CorpusAssetsError] = field(default_factory=list)

    def add(self, refresh: Refresh, instance: dg.DagsterInstance) -> None:
        """Look at a corpus; one that is wrong does not keep the others from being refreshed."""
        try:
            wanted = needed(refresh, instance)
        except CorpusAssetsError as error:
            self.errors.append(error)
            return
        self.runs += [_keyed(refresh, run) for run in wanted.runs]
        self.reasons += [f"{refresh.corpus}: {wanted.reason}"] if wanted.reason else []

    def answer(self) -> list[dg.RunRequest] | dg.SkipReason:
        """Return the runs, or why there is none. Raises the first error when there is none."""
        if self.runs:
            return self.runs
        if self.errors:
            raise self.errors[0]
        return dg.SkipReason("; ".join(self.reasons))


def needed(refresh: Refresh, instance: dg.DagsterInstance) -> Wanted:
    """Say what a corpus needs; one that is not set up needs nothing. Raises as `observe` does."""
    if running := refresh.running(instance):
        return Wanted(reason=running)
    try:
        return refresh.wanted(instance, refresh.look())
    except UnsetRootError as error:
        return Wanted(reason=str(error))


def _keyed(refresh: Refresh, run: dg.RunRequest) -> dg.RunRequest:
    """Name a run among those of its tick, as Dagster wants it where there are several."""
    return run.with_replaced_attrs(run_key=f"{refresh.corpus} {run.partition_key or ''}".strip())
