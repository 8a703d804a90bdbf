from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from partnerops_pipeline.orchestration.history import quick_history
from partnerops_pipeline.orchestration.instance import open_instance
from partnerops_pipeline.settings import Settings, load_settings


@dg.asset
def one() -> None: ...


JOB = dg.define_asset_job("job", [one], executor_def=dg.in_process_executor)
DEFINITIONS = dg.Definitions(assets=[one], jobs=[JOB])


def run_once(settings: Settings) -> str:
    with open_instance(settings) as instance:
        return DEFINITIONS.resolve_job_def("job").execute_in_process(instance=instance).run_id


def test_what_was_written_quickly_is_there_for_the_next_reader(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "Büro Süd")
    with quick_history():
        same = [sqlite_event_log.create_engine("sqlite://") for _ in range(2)]
        assert same[0] is same[1], "Dagster no longer takes its engines from where they are kept"
        run_id = run_once(settings)
        write_ahead = list(settings.dagster_home.rglob(f"{run_id}.db-wal"))
        assert write_ahead, "the log was folded back after every event: no connection is kept"
    assert not list(settings.dagster_home.rglob("*.db-wal")), "a connection was left open"
    with open_instance(settings) as instance:
        run = instance.get_run_by_id(run_id)
        assert run is not None and run.status == dg.DagsterRunStatus.SUCCESS
        materialized = {dg.DagsterEventType.ASSET_MATERIALIZATION}
        assert len(instance.all_logs(run_id, of_type=materialized)) == 1


def test_after_the_block_dagster_writes_as_it_always_does(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path)
    with pytest.raises(ZeroDivisionError), quick_history():
        raise ZeroDivisionError
    assert sqlite_event_log.create_engine("sqlite://") is not sqlite_event_log.create_engine("sqlite://")
    run_id = run_once(settings)
    assert not list(settings.dagster_home.rglob(f"{run_id}.db-wal"))
