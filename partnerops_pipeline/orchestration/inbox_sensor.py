"""Files that people drop are read soon after, not only by the daily run; once a person has switched it on."""

from __future__ import annotations

import time

import dagster as dg

from partnerops_pipeline.intake.take import Pending, look_into_inbox
from partnerops_pipeline.orchestration.jobs import INBOX
from partnerops_pipeline.settings import load_settings

EVERY_SECONDS = 30


def inbox_sensor(job: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """The sensor `look_into_inbox`: one run of the job for all files that were dropped together.

    The mark of the files is the run's key, so the same files start one run, however often the sensor looks.
    """
    assert job.name == INBOX

    @dg.sensor(
        name="look_into_inbox",
        job=job,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Reads the export files of the inbox a few seconds after the last of them was dropped.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        pending = look_into_inbox(load_settings())
        why_not = reason_to_wait(pending, time.time(), context.cursor)
        if why_not:
            return dg.SkipReason(why_not)
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=pending.mark)], cursor=pending.mark)

    return look


def reason_to_wait(pending: Pending, now: float, last_mark: str | None) -> str:
    """Why these files start no run; "" if they do.

    Args:
        now: seconds since 1970.
        last_mark: the mark of the files that the last run was started for.
    """
    if not pending.dropped:
        left = " ".join(f"{thing.path.name}: {thing.why}" for thing in pending.left_alone)
        return f"Nothing in the inbox can be read. {left}" if left else "The inbox is empty."
    names = ", ".join(file.name for file in pending.dropped[:5])
    more = f" and {len(pending.dropped) - 5} more" if len(pending.dropped) > 5 else ""
    if unsettled := pending.unsettled(now):
        return f"Files are still coming ({len(unsettled)} of {len(pending.dropped)} changed just now): {names}{more}."
    if pending.mark == last_mark:
        return f"A run was started for these files already, and they have not changed since: {names}{more}."
    return ""
