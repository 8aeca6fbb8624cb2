"""Schedules: refresh what is behind its corpus, and say why nothing is to be done otherwise.

The one for all asks for the training tables at a tick at which nothing else is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import dagster as dg

from corpus_assets.errors import CorpusAssetsError
from corpus_assets.orchestration.failures import shown_as_failures
from corpus_assets.orchestration.jobs import JOBS
from corpus_assets.orchestration.refreshing import ALL, EVERY, REFRESHES, Refresh
from corpus_assets.orchestration.refreshing_training import TRAINING_REFRESH, TrainingRefresh

WEEKLY = "0 3 * * 0"
AnyRefresh = Refresh | TrainingRefresh


def schedules(crons: Mapping[str, str]) -> list[dg.ScheduleDefinition]:
    """Return a schedule for each refresh, and one for all, by their cron strings; all stopped."""
    one = [_schedule(refresh.name, [refresh], crons) for refresh in EVERY]
    training = [TRAINING_REFRESH]
    return [
        *one,
        _schedule(TRAINING_REFRESH.name, training, crons),
        _schedule(ALL, REFRESHES, crons, training),
    ]


def _schedule(
    name: str,
    refreshes: Sequence[AnyRefresh],
    crons: Mapping[str, str],
    then: Sequence[AnyRefresh] = (),
) -> dg.ScheduleDefinition:
    """Return a schedule; `then` is asked for when the others need nothing."""

    @dg.schedule(
        name=f"refresh_{name}_schedule",
        job=JOBS[name],
        cron_schedule=crons[name],
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Makes the assets whose corpus, or whose inputs, have changed since they were "
        "made. Skips while a run of it is queued or started.",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        found = Findings()
        with shown_as_failures():
            for refresh in refreshes:
                found.add(refresh, context.instance)
            for refresh in () if found.runs else then:
                found.add(refresh, context.instance)
            for error in found.errors:
                context.log.error(str(error))
            return found.answer()

    return tick


@dataclass
class Findings:
    """What several refreshes need."""

    runs: list[dg.RunRequest] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    errors: list[CorpusAssetsError] = field(default_factory=list)

    def add(self, refresh: AnyRefresh, instance: dg.DagsterInstance) -> None:
        """Look at a corpus; one that is wrong does not keep the others from being refreshed."""
        try:
            wanted = refresh.needed(instance)
        except CorpusAssetsError as error:
            self.errors.append(error)
            return
        self.runs += [_keyed(refresh, run) for run in wanted.runs]
        self.reasons += [f"{refresh.name}: {wanted.reason}"] if wanted.reason else []

    def answer(self) -> list[dg.RunRequest] | dg.SkipReason:
        """Return the runs, or why there is none. Raises the first error when there is none."""
        if self.runs:
            return self.runs
        if self.errors:
            raise self.errors[0]
        return dg.SkipReason("; ".join(self.reasons))


def _keyed(refresh: AnyRefresh, run: dg.RunRequest) -> dg.RunRequest:
    """Name a run among those of its tick, as Dagster wants it where there are several."""
    return run.with_replaced_attrs(run_key=f"{refresh.name} {run.partition_key or ''}".strip())
