"""What follows a failed run (a text for people, a rebuild from the last good data) and what follows dropped files."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

import dagster as dg

from partnerops_pipeline.orchestration.failure_text import WhatFailed, failure_text, what_failed
from partnerops_pipeline.orchestration.inbox_sensor import inbox_sensor
from partnerops_pipeline.orchestration.jobs import DAILY, INBOX, REBUILD

STARTED_BY = "partnerops/started_by"
COMMAND_LINE = "command line"
AFTER_RUN = "partnerops/after_run"

log = logging.getLogger("partnerops")


def build_sensors(jobs: Iterable[dg.UnresolvedAssetJobDefinition]) -> tuple[dg.SensorDefinition, ...]:
    """Two that only react to runs of others, switched on from the start; one that starts runs, switched off."""
    by_name = {job.name: job for job in jobs}

    @dg.run_failure_sensor(
        monitored_jobs=list(by_name.values()),
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Says what failed, where, how many rows, and which command looks closer.",
    )
    def tell_about_failures(context: dg.RunFailureSensorContext) -> None:
        failed = failures_of(context.instance, context.dagster_run.run_id)
        text = failure_text(context.dagster_run.job_name, context.dagster_run.run_id, failed)
        context.log.error(text)
        log.error("%s", text)

    @dg.run_failure_sensor(
        monitored_jobs=[by_name[DAILY]],
        request_job=by_name[REBUILD],
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds and publishes from the last good data when some objects could not be read.",
    )
    def rebuild_without_failed_objects(context: dg.RunFailureSensorContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        run = context.dagster_run
        if run.tags.get(STARTED_BY) == COMMAND_LINE:
            yield dg.SkipReason("`partnerops run` rebuilds by itself.")
        elif not failures_of(context.instance, run.run_id).rest_can_be_built:
            yield dg.SkipReason(
                "The run did not fail for single objects, so there is nothing that could be built without them."
            )
        else:
            yield dg.RunRequest(
                run_key=run.run_id, tags={AFTER_RUN: run.run_id}, run_config=build_config(run.run_config)
            )

    return tell_about_failures, rebuild_without_failed_objects, inbox_sensor(by_name[INBOX])


def build_config(run_config: object) -> dict[str, object]:
    """The part of a `daily` run's configuration that `rebuild` understands: that of the dbt step."""
    ops = run_config.get("ops", {}) if isinstance(run_config, dict) else {}
    return {"ops": {"dbt": ops["dbt"]}} if "dbt" in ops else {}


def failures_of(instance: dg.DagsterInstance, run_id: str) -> WhatFailed:
    """What failed in a recorded run."""
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.ASSET_CHECK_EVALUATION}
    records: Sequence[dg.EventLogEntry] = instance.all_logs(run_id, of_type=kinds)
    return what_failed(record.dagster_event for record in records if record.dagster_event is not None)
