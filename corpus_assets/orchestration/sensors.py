"""Sensors: refresh a corpus once its files have changed and then been left alone for a while.

That of the training tables acts as soon as what they are made of is newer, and nothing is running.
"""

import time
from collections.abc import Mapping
from typing import Self

import dagster as dg
import pydantic

from corpus_assets.artifacts.sources import Observed
from corpus_assets.errors import UnsetRootError
from corpus_assets.orchestration.failures import shown_as_failures
from corpus_assets.orchestration.jobs import JOBS
from corpus_assets.orchestration.refreshing import EVERY, Refresh
from corpus_assets.orchestration.refreshing_training import TRAINING_REFRESH

QUIET_SECONDS = 600.0
LOOKS_A_QUIET_TIME = 5
LEAST_INTERVAL = 30
"""Seconds between two looks, which take some of a processor when the corpus is large."""
ASKED = (
    "a run was asked for already, and the table is behind all the same: it failed, or a run with "
    "other settings came after it; the schedule makes it, or a run of yours"
)


class Seen(pydantic.BaseModel, frozen=True):
    """The sensor's cursor: the versions seen last, since when, and those that runs were asked for.

    Runs are asked for once: what failed is not tried again and again, but when files change, or
    by the schedule.
    """

    versions: Mapping[str, str] = {}
    since: float = 0.0
    asked: Mapping[str, str] = {}

    @classmethod
    def read(cls, cursor: str | None) -> Self:
        """Read a cursor; one that is none counts as that of a new sensor."""
        try:
            return cls.model_validate_json(cursor or "{}")
        except pydantic.ValidationError:
            return cls()

    def now(self, observed: Observed) -> Self:
        """Return what is seen now."""
        versions = {str(part or ""): one.digest for part, one in observed.versions.items()}
        if versions == self.versions:
            return self
        return self.model_copy(update={"versions": versions, "since": time.time()})


def sensors(quiet_seconds: float) -> list[dg.SensorDefinition]:
    """Return a sensor for each refresh; all stopped."""
    return [*(_sensor(refresh, quiet_seconds) for refresh in EVERY), _training_sensor()]


def _sensor(refresh: Refresh, quiet_seconds: float) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"refresh_{refresh.name}_sensor",
        job=JOBS[refresh.name],
        minimum_interval_seconds=max(LEAST_INTERVAL, int(quiet_seconds / LOOKS_A_QUIET_TIME)),
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Makes the assets whose corpus has changed since they were made, once no file "
        f"has changed for {quiet_seconds:g} s.",
    )
    def tick(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with shown_as_failures():
            try:
                observed = refresh.look()
            except UnsetRootError as error:
                return dg.SkipReason(str(error))
            seen = Seen.read(context.cursor).now(observed)
            return _answer(refresh, context.instance, observed, seen, quiet_seconds)

    return tick


def _training_sensor() -> dg.SensorDefinition:
    @dg.sensor(
        name=f"refresh_{TRAINING_REFRESH.name}_sensor",
        job=JOBS[TRAINING_REFRESH.name],
        minimum_interval_seconds=LEAST_INTERVAL,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Makes the training tables that are older than a table that they are made of, "
        "once no refresh of a corpus is going on.",
    )
    def tick(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with shown_as_failures():
            wanted = TRAINING_REFRESH.needed(context.instance)
            if not wanted.runs:
                return dg.SkipReason(wanted.reason)
            state = TRAINING_REFRESH.state(context.instance)
            if state == context.cursor:
                return dg.SkipReason(ASKED)
            return dg.SensorResult(run_requests=[*wanted.runs], cursor=state)

    return tick


def _answer(
    refresh: Refresh,
    instance: dg.DagsterInstance,
    observed: Observed,
    seen: Seen,
    quiet_seconds: float,
) -> dg.SensorResult:
    def skipped(reason: str) -> dg.SensorResult:
        return dg.SensorResult(skip_reason=reason, cursor=seen.model_dump_json())

    quiet = time.time() - seen.since
    if quiet < quiet_seconds:
        return skipped(f"{observed.root} is quiet for {quiet:.0f} s of {quiet_seconds:g} s")
    if running := refresh.running(instance):
        return skipped(running)
    wanted = refresh.wanted(instance, observed)
    if not wanted.runs:
        return skipped(wanted.reason)
    if seen.asked == seen.versions:
        return skipped(ASKED)
    asked = seen.model_copy(update={"asked": seen.versions})
    return dg.SensorResult(run_requests=[*wanted.runs], cursor=asked.model_dump_json())
