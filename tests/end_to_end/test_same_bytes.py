"""The same data and the same day give the same bytes: in another time zone or folder, and on a second run."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.demo.program.events import EventLog
from tests.end_to_end.house import House


def lake_rows(house: House) -> dict[str, int]:
    from partnerops_pipeline.lake.store import Lake

    lake = Lake(str(house.home / "lake"))
    proofs = {"partnerops/dq_completeness_ledger"}  # one row per object and run, that is what it is for
    return {path: lake.table(path).row_count() for path in {*lake.tables()} - proofs}


@pytest.mark.long
@pytest.mark.xdist_group("built_house")
def test_a_second_run_adds_no_row_and_publishes_no_release(built_house: House, built_day: date) -> None:
    release, rows = built_house.release, lake_rows(built_house)
    done = built_house.build(built_day)
    assert "nothing changed" in done.stdout.lower()
    assert built_house.release == release
    assert lake_rows(built_house) == rows
    assert sum(rows.values()) > 10_000


@pytest.mark.long
@pytest.mark.xdist_group("built_house")
def test_another_time_zone_and_a_home_with_blank_and_umlaut_give_the_same_bytes(
    built_house: House, built_log: EventLog, built_day: date, tmp_path: Path
) -> None:
    other = House(tmp_path / "Büro Süd data", built_house.org_url)
    other.drop(built_log)
    other.build(built_day, TZ="America/Los_Angeles", LC_ALL="C", PYTHONHASHSEED="4711")
    assert other.bytes_of_release() == built_house.bytes_of_release()
    assert other.release.name == built_house.release.name


def test_nothing_of_the_run_is_in_a_release(built_house: House) -> None:
    """No batch, run or host in released tables, and no column type that a BI driver of two years ago cannot read."""
    columns: list[dict[str, Any]] = built_house.query(
        "select table_schema, column_name, data_type from information_schema.columns"
    )
    assert {row["data_type"].split("(")[0] for row in columns} <= {
        "BIGINT",
        "DECIMAL",
        "VARCHAR",
        "BOOLEAN",
        "DATE",
        "TIMESTAMP",
    }
    assert not [
        row
        for row in columns
        if row["column_name"] in ("_batch_id", "_extracted_at", "_committed_at", "run_id", "hostname")
    ]
