"""People are told of gaps soon after a release, and whatever waits for a target is tried again.

The sensor asks for the release and the outbox alone, not for check events: those cannot be read from a cursor with
Dagster's default storage, an SQLite event log sharded by run.
"""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from partnerops_pipeline.alerts.channels.channel import Channel
from partnerops_pipeline.alerts.channels.log import LogChannel
from partnerops_pipeline.alerts.deliver import Delivered
from partnerops_pipeline.alerts.tell import channels_of, tell
from partnerops_pipeline.alerts.wording import subject
from partnerops_pipeline.orchestration.release_asset import RELEASE
from partnerops_pipeline.settings import Settings, load_settings

EVERY_SECONDS = 60


def alert_sensor() -> dg.SensorDefinition:
    """The sensor `gap_alerts`: starts no runs, tells what is new in the current release, sends what waits.

    It runs from the start: without a target it only writes to the log, a target is a decision that somebody has made
    already, and an alert sensor that waits to be switched on is silent on the day on which it is needed. It shares its
    memory with `partnerops run`, so nobody is told twice.
    """

    @dg.sensor(
        name="gap_alerts",
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of gaps that opened, got worse or are over, and repeats what a target could not take.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        settings = load_settings()
        # Asked before the release is read: what is recorded then is in the release, or in a later one.
        evaluated_at = last_release(context.instance)
        report = tell(settings, datetime.now(UTC), evaluated_at=evaluated_at, channels=_targets(context, settings))
        for problem in report.problems:
            context.log.warning(f"An alert did not arrive: {problem}.")
        return dg.SkipReason(what_came_of_it(report))

    return look


def last_release(instance: dg.DagsterInstance) -> datetime | None:
    """When a run last came to its end, in UTC; the release may be older, because an equal one is not made again."""
    event = instance.get_latest_materialization_event(RELEASE)
    return datetime.fromtimestamp(event.timestamp, UTC) if event is not None else None


def what_came_of_it(report: Delivered) -> str:
    """One look of the sensor in a sentence or a few."""
    said = [report.note] if report.note else []
    if report.sent:
        said.append(f"{report.sent} message{'s' if report.sent > 1 else ''} sent.")
    said += [f"{subject(notification)}." for notification in report.decided]
    if report.waiting:
        waits = "message waits" if report.waiting == 1 else "messages wait"
        at = f", next at {report.next_attempt_at:%H:%M:%S} UTC" if report.next_attempt_at else ""
        said.append(f"{report.waiting} {waits} for another attempt{at}.")
    return " ".join(said) or "Nothing is new since the last look, and no message waits."


def _targets(context: dg.SensorEvaluationContext, settings: Settings) -> tuple[Channel, ...]:
    """Those of the settings; the log is that of the sensor, which the web UI shows."""
    return tuple(
        LogChannel(context.log.warning) if isinstance(channel, LogChannel) else channel
        for channel in channels_of(settings)
    )
