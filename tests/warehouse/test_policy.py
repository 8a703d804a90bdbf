from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.warehouse.policy import POLICY_TABLE, policy_number

COLUMNS = [Column("name", "VARCHAR"), Column("value", "VARCHAR"), Column("valid_from", "TIMESTAMPTZ")]
DAY = date(2026, 6, 30)


def project(folder: Path) -> Path:
    (folder / "seeds").mkdir(parents=True)
    (folder / "seeds" / "policy.csv").write_text("name,value,unit\nfiscal_year_start_month,2,month\nother,5,days\n")
    return folder


def override(lake: Lake, value: str, valid_from: datetime) -> None:
    lake.table(POLICY_TABLE).append_rows(
        [{"name": "fiscal_year_start_month", "value": value, "valid_from": valid_from}],
        columns=COLUMNS,
        key=["name", "valid_from"],
        batch_id=f"{valid_from:%Y%m%d}",
        extracted_at=valid_from,
    )


def test_the_default_holds_until_an_override_is_in_force(tmp_path: Path) -> None:
    seeds, lake = project(tmp_path / "dbt"), Lake(str(tmp_path / "lake"))
    assert policy_number(seeds, lake, "fiscal_year_start_month", DAY) == 2
    override(lake, "7", datetime(2026, 6, 30, 12, tzinfo=UTC))
    override(lake, "9", datetime(2026, 7, 1, tzinfo=UTC))
    assert policy_number(seeds, lake, "fiscal_year_start_month", DAY) == 7
    assert policy_number(seeds, lake, "fiscal_year_start_month", date(2026, 6, 29)) == 2
    assert policy_number(seeds, lake, "other", DAY) == 5


def test_an_override_that_is_no_number_leaves_the_default(tmp_path: Path) -> None:
    seeds, lake = project(tmp_path / "dbt"), Lake(str(tmp_path / "lake"))
    override(lake, "July", datetime(2026, 1, 1, tzinfo=UTC))
    assert policy_number(seeds, lake, "fiscal_year_start_month", DAY) == 2
    assert policy_number(seeds, lake, "unheard_of", DAY) is None
