from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from partnerops_pipeline.orchestration.instance import open_instance
from partnerops_pipeline.orchestration.processes import PROCESS_TAG, end_dead_runs, is_alive, this_process
from partnerops_pipeline.settings import PROJECT_ROOT, load_settings


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(load_settings(home=tmp_path)) as opened:
        yield opened


def dead_process() -> str:
    """What a process wrote that has been killed since."""
    script = (
        "from partnerops_pipeline.orchestration.processes import this_process as p; print(p(), flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    written = child.stdout.readline().strip()
    assert is_alive(written)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.communicate()
    return written


def started_run(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    @dg.job
    def nothing() -> None: ...

    run = instance.create_run_for_job(nothing, tags=tags)
    instance.report_run_starting(run) if hasattr(instance, "report_run_starting") else None
    instance.handle_new_event(_started_event(run))
    return instance.get_run_by_id(run.run_id)  # type: ignore[return-value]


def _started_event(run: dg.DagsterRun) -> dg.EventLogEntry:
    import time

    event = dg.DagsterEvent(event_type_value=dg.DagsterEventType.PIPELINE_START.value, job_name=run.job_name)
    return dg.EventLogEntry(
        error_info=None,
        level="debug",
        user_message="",
        run_id=run.run_id,
        timestamp=time.time(),
        job_name=run.job_name,
        dagster_event=event,
    )


def test_a_process_is_known_by_number_and_start() -> None:
    own = this_process()
    assert is_alive(own)
    number = own.partition("@")[0]
    assert int(number) == os.getpid()
    assert not is_alive(f"{number}@another-start"), "the number alone may belong to a later process"
    assert not is_alive("") and not is_alive("not a process")


def test_the_run_of_a_killed_process_is_ended_and_its_slot_freed(instance: dg.DagsterInstance) -> None:
    run = started_run(instance, {PROCESS_TAG: dead_process()})
    slots = instance.event_log_storage
    slots.initialize_concurrency_limit_to_default("warehouse")
    assert slots.claim_concurrency_slot("warehouse", run.run_id, "dbt").is_claimed
    assert not slots.claim_concurrency_slot("warehouse", "another-run", "dbt").is_claimed

    assert end_dead_runs(instance) == [run.run_id]

    ended = instance.get_run_by_id(run.run_id)
    assert ended is not None and ended.status == dg.DagsterRunStatus.FAILURE
    assert slots.claim_concurrency_slot("warehouse", "another-run", "dbt").is_claimed
    assert end_dead_runs(instance) == [], "an ended run is not ended again"


def test_runs_of_living_processes_and_runs_of_others_are_left_alone(instance: dg.DagsterInstance) -> None:
    ours = started_run(instance, {PROCESS_TAG: this_process()})
    unmarked = started_run(instance, {})
    assert end_dead_runs(instance) == []
    for run in (ours, unmarked):
        found = instance.get_run_by_id(run.run_id)
        assert found is not None and found.status == dg.DagsterRunStatus.STARTED
