# No `from __future__ import annotations` here: Dagster reads the type of `config` from the annotation itself.
import logging
from typing import Any

import dagster as dg
import pytest

from partnerops_pipeline.orchestration.failing import failure
from partnerops_pipeline.orchestration.jobs import DAILY, INBOX, REBUILD
from partnerops_pipeline.orchestration.sensors import AFTER_RUN, COMMAND_LINE, STARTED_BY, build_sensors


class Broken(dg.Config):
    some_objects_only: bool


class Build(dg.Config):
    as_of: str = ""


@dg.asset(op_tags={}, name="opportunity", key_prefix="salesforce")
def opportunity(config: Broken) -> None:
    raise failure("1 of 2 Salesforce objects could not be read (Lead).", rebuild=config.some_objects_only)


@dg.asset(deps=[opportunity])
def dbt(config: Build) -> None: ...


JOBS = [
    dg.define_asset_job(DAILY, [opportunity, dbt], executor_def=dg.in_process_executor),
    dg.define_asset_job(REBUILD, [dbt], executor_def=dg.in_process_executor),
    dg.define_asset_job(INBOX, [opportunity], executor_def=dg.in_process_executor),
]
TELL, FOLLOW, LOOK = build_sensors(JOBS)
DEFINITIONS = dg.Definitions(assets=[opportunity, dbt], jobs=JOBS, sensors=[TELL, FOLLOW, LOOK])


def evaluate(sensor: Any, some_objects_only: bool, tags: dict[str, str] | None = None) -> tuple[Any, str]:
    with dg.DagsterInstance.ephemeral() as instance:
        job = DEFINITIONS.resolve_job_def(DAILY)
        config = {
            "salesforce__opportunity": {"config": {"some_objects_only": some_objects_only}},
            "dbt": {"config": {"as_of": "2026-06-30"}},
        }
        result = job.execute_in_process(instance=instance, raise_on_error=False, tags=tags, run_config={"ops": config})
        (event,) = [event for event in result.all_events if event.event_type == dg.DagsterEventType.RUN_FAILURE]
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor.name, dagster_event=event, dagster_instance=instance, dagster_run=result.dagster_run
        ).for_run_failure()
        answers = sensor(context)
        return (list(answers) if answers is not None else None), result.run_id


def test_both_that_follow_runs_watch_from_the_start() -> None:
    assert {sensor.default_status for sensor in (TELL, FOLLOW)} == {dg.DefaultSensorStatus.RUNNING}


def test_the_failure_of_single_objects_starts_a_rebuild_of_the_same_day() -> None:
    (request,), run_id = evaluate(FOLLOW, some_objects_only=True)
    assert isinstance(request, dg.RunRequest)
    assert (request.run_key, request.tags[AFTER_RUN]) == (run_id, run_id)
    assert request.run_config == {"ops": {"dbt": {"config": {"as_of": "2026-06-30"}}}}


@pytest.mark.parametrize(
    ("some_objects_only", "tags"),
    [(False, None), (True, {STARTED_BY: COMMAND_LINE})],
    ids=["nothing could be read", "command line"],
)
def test_no_rebuild_where_nothing_could_be_read_or_the_command_line_does_it(
    some_objects_only: bool, tags: dict[str, str] | None
) -> None:
    (answer,), _ = evaluate(FOLLOW, some_objects_only, tags)
    assert isinstance(answer, dg.SkipReason)


def test_people_are_told_the_step_and_its_sentence(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="partnerops"):
        evaluate(TELL, some_objects_only=True)
    assert "1 of 2 Salesforce objects could not be read (Lead)." in caplog.text
    assert "`daily` failed" in caplog.text
