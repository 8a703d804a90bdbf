"""When things run by themselves. Schedules start switched off: a person switches them on."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from partnerops_pipeline.orchestration.jobs import DAILY, SYNC


def build_schedules(jobs: Iterable[dg.UnresolvedAssetJobDefinition]) -> tuple[dg.ScheduleDefinition, ...]:
    """`sync` every hour at half past, so that it does not meet the daily run of 05:00 UTC."""
    by_name = {job.name: job for job in jobs}
    return (
        dg.ScheduleDefinition(
            name="sync_hourly",
            job=by_name[SYNC],
            cron_schedule="30 * * * *",
            execution_timezone="UTC",
            description="Brings the lake up to date, so that the daily run has little left to read.",
        ),
        dg.ScheduleDefinition(
            name="daily_at_five",
            job=by_name[DAILY],
            cron_schedule="0 5 * * *",
            execution_timezone="UTC",
            description="The numbers of the day, published before people in Europe start work.",
        ),
    )
