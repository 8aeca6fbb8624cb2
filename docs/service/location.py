"""A code location of your own: the assets, and word of every run that fails."""

import os
import smtplib
from email.message import EmailMessage

import dagster as dg

from corpus_assets.orchestration.build import build_definitions


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING)
def tell_of_failures(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Send what the assets said of their failure to $FAILURES_TO, through the mail server here."""
    address = os.environ.get("FAILURES_TO")
    if not address:
        return dg.SkipReason("FAILURES_TO is not set: set it to the address that is to hear of it")
    message = EmailMessage()
    message["Subject"] = f"corpus_assets: run {context.dagster_run.run_id} failed"
    message["From"] = message["To"] = address
    message.set_content("\n".join(map(reason, context.get_step_failure_events())))
    with smtplib.SMTP("localhost") as server:
        server.send_message(message)
    return None


def reason(event: dg.DagsterEvent) -> str:
    """Return an asset's own words, or Dagster's."""
    failure = event.step_failure_data.user_failure_data
    return (failure.description if failure else None) or event.message or "no reason is recorded"


defs = dg.Definitions.merge(build_definitions(), dg.Definitions(sensors=[tell_of_failures]))
