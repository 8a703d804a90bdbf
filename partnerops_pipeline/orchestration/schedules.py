"""When things run by themselves, and how old they may become. Schedules start off: a person switches them on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import dagster as dg

from partnerops_pipeline.orchestration.jobs import DAILY, SYNC
from partnerops_pipeline.orchestration.release_asset import RELEASE

FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26))
"""A day and two hours: one missed daily run warns, two fail."""


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


def with_freshness(definitions: dg.Definitions, extracted: Iterable[dg.AssetKey]) -> dg.Definitions:
    """Put the freshness policy on what comes from outside and on the release; the rest follows from the two."""
    watched = {*extracted, RELEASE}
    return definitions.map_resolved_asset_specs(
        func=lambda spec: spec.replace_attributes(freshness_policy=FRESH) if spec.key in watched else spec
    )
