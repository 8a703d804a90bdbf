"""A scratch warehouse is a whole copy of the last run's or an empty one, and never costs what somebody built."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.settings import PROJECT_ROOT, Settings, load_settings
from partnerops_pipeline.warehouse import scratch
from partnerops_pipeline.warehouse.connection import connect
from partnerops_pipeline.warehouse.errors import NoWarehouse, WarehouseLocked
from partnerops_pipeline.warehouse.evidence import evidence_path
from partnerops_pipeline.warehouse.lock import hold
from partnerops_pipeline.warehouse.scratch import Origin, mark_as_own, prepare, scratch_path
from partnerops_pipeline.warehouse.transform import LOCK

DAY = date(2026, 6, 30)
KNOWN = datetime(2026, 7, 1, 6, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home")


def run_ended(settings: Settings, deals: int, known_at: datetime | None = None) -> None:
    """What a run leaves: a table, the clock, the binding, the evidence."""
    settings.home.mkdir(exist_ok=True)
    with closing(connect(settings.warehouse_path)) as warehouse:
        warehouse.execute("CREATE SCHEMA IF NOT EXISTS core")
        warehouse.execute("CREATE SCHEMA IF NOT EXISTS meta")
        warehouse.execute("CREATE OR REPLACE TABLE core.deals AS SELECT range AS id FROM range(?)", [deals])
        naive = known_at.replace(tzinfo=None) if known_at else None
        clock = "SELECT ?::DATE AS as_of, ?::TIMESTAMP AS known_at"
        warehouse.execute(f"CREATE OR REPLACE TABLE meta.clock AS {clock}", [DAY, naive])
        warehouse.execute("CREATE OR REPLACE TABLE meta.binding AS SELECT 'bound' AS binding_id")
    evidence_path(settings.warehouse_path).write_text("{}")


def deals_in(file: Path) -> int | None:
    with closing(connect(file, read_only=True)) as warehouse:
        try:
            return warehouse.execute("SELECT count(*) FROM core.deals").fetchall()[0][0]
        except duckdb.CatalogException:
            return None


def copied_rows(settings: Settings) -> int | None:
    assert sorted(file.name for file in scratch_path(settings).parent.iterdir()) == ["warehouse.duckdb"], "left behind"
    return deals_in(scratch_path(settings))


def test_it_starts_as_a_copy_of_the_last_run_and_knows_its_day(settings: Settings) -> None:
    run_ended(settings, 3, KNOWN)
    before = settings.warehouse_path.read_bytes(), settings.warehouse_path.stat().st_mtime_ns
    made = prepare(settings)
    assert copied_rows(settings) == 3
    assert (made.origin.as_of, made.origin.known_at, made.origin.binding_id) == (DAY, KNOWN, "bound")
    assert made.said == "The scratch warehouse is a copy of the last run's (as of 2026-06-30)."
    assert (settings.warehouse_path.read_bytes(), settings.warehouse_path.stat().st_mtime_ns) == before
    assert prepare(settings).said == "", "nothing new to say the second time"


def test_it_follows_the_next_run_as_long_as_nobody_built_in_it(settings: Settings) -> None:
    run_ended(settings, 3)
    prepare(settings)
    run_ended(settings, 4)
    prepare(settings)
    assert copied_rows(settings) == 4


def test_what_somebody_built_stays_until_fresh_is_asked_for(settings: Settings) -> None:
    run_ended(settings, 3)
    prepare(settings)
    mark_as_own(settings)
    assert prepare(settings).said == "", "the tables beside one's own are still those of the last run"
    run_ended(settings, 4)
    kept = prepare(settings)
    assert copied_rows(settings) == 3 and "--fresh" in kept.said and "not those of the last run" in kept.said
    assert not prepare(settings, fresh=True).origin.is_own and copied_rows(settings) == 4


def test_before_the_first_run_it_starts_empty_and_says_so(settings: Settings) -> None:
    made = prepare(settings)
    assert copied_rows(settings) is None
    assert made.said == "There is no warehouse of a run yet, so the scratch warehouse starts empty."
    assert (made.origin.as_of, made.origin.known_at, made.origin.binding_id) == (None, None, None)
    run_ended(settings, 3)
    prepare(settings)
    assert copied_rows(settings) == 3, "an empty one in which nobody built anything follows the first run"


def test_while_a_run_builds_it_starts_empty_or_stays_as_it_is(settings: Settings) -> None:
    run_ended(settings, 3)
    with hold(settings.locks, LOCK, what="building the marts"):
        made = prepare(settings)
        assert copied_rows(settings) is None
        assert made.said.startswith(f"Process {os.getpid()} is building the marts just now, so")
        assert "starts empty" in made.said
    prepare(settings)
    run_ended(settings, 4)
    with hold(settings.locks, LOCK, what="building the marts"):
        assert "still the one from before" in prepare(settings).said and copied_rows(settings) == 3
        with pytest.raises(WarehouseLocked, match="not made anew, because process"):
            prepare(settings, fresh=True)
        assert copied_rows(settings) == 3


def test_a_copy_of_a_file_that_changed_meanwhile_is_thrown_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ended(settings, 3)
    copy = scratch.shutil.copyfile

    def changed_meanwhile(source: Path, target: Path) -> None:
        copy(source, target)
        os.utime(source, ns=(1, 1))

    monkeypatch.setattr(scratch.shutil, "copyfile", changed_meanwhile)
    made = prepare(settings)
    assert copied_rows(settings) is None and "is changing just now" in made.said


def test_what_a_killed_run_left_in_its_log_is_copied_too_and_said(settings: Settings) -> None:
    run_ended(settings, 3)
    evidence_path(settings.warehouse_path).unlink()
    script = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute('INSERT INTO core.deals VALUES (99)'); "
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(settings.warehouse_path)])
    assert done.returncode == -signal.SIGKILL and Path(f"{settings.warehouse_path}.wal").exists()
    made = prepare(settings)
    assert copied_rows(settings) == 4 and "did not come to its end" in made.said


def test_a_log_of_the_scratch_before_is_not_read_into_the_new_one(settings: Settings) -> None:
    run_ended(settings, 3)
    prepare(settings)
    Path(f"{scratch_path(settings)}.wal").write_bytes(b"what a killed dbt left")
    prepare(settings, fresh=True)
    assert copied_rows(settings) == 3


def test_a_kill_in_the_middle_of_the_copy_leaves_no_half_scratch(settings: Settings) -> None:
    run_ended(settings, 3)
    script = """
import os, shutil
from partnerops_pipeline.settings import load_settings
from partnerops_pipeline.warehouse.scratch import prepare
def half(source, target):
    target.write_bytes(source.read_bytes()[:5000])
    os.kill(os.getpid(), 9)
shutil.copyfile = half
prepare(load_settings())
"""
    env = os.environ | {"PARTNEROPS_HOME": str(settings.home)}
    assert subprocess.run([sys.executable, "-c", script], env=env, cwd=PROJECT_ROOT).returncode == -signal.SIGKILL
    assert not scratch_path(settings).exists()
    assert len(list(scratch_path(settings).parent.rglob("*.duckdb"))) == 1, "the half is there, in its own folder"
    prepare(settings)
    assert copied_rows(settings) == 3


def test_files_that_are_no_database_are_said_with_what_to_do(settings: Settings) -> None:
    run_ended(settings, 3)
    prepare(settings)
    scratch_path(settings).write_bytes(b"no database" * 1000)
    with pytest.raises(NoWarehouse, match="partnerops dbt --fresh"):
        prepare(settings)
    prepare(settings, fresh=True)
    assert copied_rows(settings) == 3
    settings.warehouse_path.write_bytes(b"no database" * 1000)
    with pytest.raises(NoWarehouse, match=f"{settings.warehouse_path} is no DuckDB database.*partnerops run"):
        prepare(settings)
    assert copied_rows(settings) == 3, "the scratch is as it was"


def test_a_scratch_of_an_earlier_version_is_kept_like_something_built(settings: Settings) -> None:
    run_ended(settings, 3)
    with closing(connect(scratch_path(settings))) as old:
        old.execute("CREATE TABLE mine AS SELECT 1")
    made = prepare(settings)
    assert made.origin == Origin("", None, None, None, True) and "--fresh" in made.said
    assert prepare(settings, fresh=True).origin.as_of == DAY
