"""Objects of more fields than an address can name, read by REST alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.schema import parse_field, shipped_schema
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.errors import RejectedQuery
from partnerops_pipeline.salesforce.extract import ObjectReport, extract_object
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.rest_reader import split_columns

from .small_org import AWKWARD, connected, lake_equals_org, small_org, spec

FIELDS = {
    f"Answer_To_Question_{n:03}_Of_The_Survey__c": ("string(80)", "currency(18,2)", "boolean", "date", "datetime")[
        n % 5
    ]
    for n in range(500)
}
WIDE = spec("Account").model_copy(update={"also": ("*__c",), "api": "rest"})
NO_COMPOSITE = Fault("POST .*/composite$", "status", status=403, code="API_DISABLED_FOR_ORG", message="not here")
PART = r"queryAll\?q=SELECT%20Id%2C%20SystemModstamp"


@contextmanager
def wide_org(folder: Path, *faults: Fault, records: int = 12) -> Iterator[RunningOrg]:
    usual = shipped_schema().objects["Account"]
    added = {name: parse_field(name, declaration) for name, declaration in FIELDS.items()}
    schema = shipped_schema().with_object(replace(usual, fields={**usual.fields, **added}))
    of = {"accounts": records, "opportunities": 1, "schema": schema, "of_account": answers}
    with small_org(folder, faults=list(faults), **of) as org:
        yield org


def answers(n: int) -> dict[str, Any]:
    kinds = {
        "string(80)": AWKWARD[n % len(AWKWARD)],
        "currency(18,2)": Decimal(n) * Decimal("1234567.89"),
        "boolean": n % 2 == 0,
    }
    return {name: kinds[kind] for name, kind in list(FIELDS.items())[n % 7 :: 11] if kind in kinds}


def run(org: RunningOrg, home: Path, of: ObjectSpec = WIDE) -> ObjectReport:
    return extract_object(connected(org), of, Lake(str(home / "lake")), home / "spool")


def nothing_was_too_long(org: RunningOrg) -> None:
    assert not [one for one in org.request_log if one.status in (414, 431)]


def test_a_query_too_long_for_an_address_travels_in_a_body_for_one_call(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with wide_org(tmp_path) as org:
        report = run(org, tmp_path)
        assert (report.api, report.committed, report.bad_count) == ("rest", 12, 0)
        assert [len(one.subrequests) for one in org.requests("/composite?")] == [1]
        lake_equals_org(lake, org, WIDE)
        org.store.update("Account", made_id("001", 3), {next(iter(FIELDS)): "another answer"})
        org.store.delete("Account", made_id("001", 4))
        org.clock.advance(timedelta(hours=1))
        asked = len(org.request_log)
        report = run(org, tmp_path)
        assert (report.downloaded, report.committed) == (2, 2)
        # log-in, describe, count, rows, count, log of deletions
        assert len(org.request_log) - asked == 6
        lake_equals_org(lake, org, WIDE)
        nothing_was_too_long(org)


def test_the_pages_of_a_long_query_have_short_addresses(tmp_path: Path) -> None:
    with wide_org(tmp_path, records=450) as org:
        assert run(org, tmp_path).committed == 450
        assert len(org.requests("/composite?")) == 1
        assert len(org.requests("GET /services/data/v62.0/query/")) == 1
        lake_equals_org(Lake(str(tmp_path / "lake")), org, WIDE)


def test_where_no_composite_is_taken_fields_are_read_in_parts_and_joined(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with wide_org(tmp_path, NO_COMPOSITE) as org:
        report = run(org, tmp_path)
        assert (report.api, report.committed, report.announced) == ("rest", 12, 12)
        assert len(org.asked("SELECT%20Id%2C%20SystemModstamp")) == 3
        lake_equals_org(lake, org, WIDE)
        org.store.update("Account", made_id("001", 3), answers(5))
        org.clock.advance(timedelta(hours=1))
        assert run(org, tmp_path).committed == 1
        lake_equals_org(lake, org, WIDE)
        nothing_was_too_long(org)


@pytest.mark.parametrize("stamped", ["now", "within the window"])
def test_a_record_that_changes_between_two_parts_is_never_put_together_from_both(tmp_path: Path, stamped: str) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with wide_org(tmp_path, NO_COMPOSITE) as org:
        late = org.clock.now_to_the_second() - timedelta(minutes=10)
        change: dict[str, Any] = {"do": "update", "object": "Account", "id": made_id("001", 3)}
        change["values"] = {name: "both" for name, kind in FIELDS.items() if kind == "string(80)"}
        if stamped != "now":
            change["at"] = late.isoformat()
        org.set_faults(NO_COMPOSITE, Fault(PART, "change", nth=2, changes=(change,)))
        report = run(org, tmp_path)
        assert org.org.faults.fired() >= 2
        held = [row for row in rows(lake) if row["Id"] == made_id("001", 3)]
        texts = {row[name] for row in held for name, kind in FIELDS.items() if kind == "string(80)"}
        if stamped == "now":  # it left the window, and comes whole with the next
            assert (report.committed, report.reads, held) == (11, 2, [])
            org.clock.advance(timedelta(hours=1))
            run(org, tmp_path)
        else:
            assert (report.committed, report.reads, texts) == (12, 1, {"both"})
        lake_equals_org(lake, org, WIDE)


def test_records_that_change_all_the_time_are_left_to_the_proof(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with wide_org(tmp_path, NO_COMPOSITE) as org:
        change: dict[str, Any] = {"do": "update", "object": "Account", "values": {"Name": "again"}}
        each = tuple({**change, "id": made_id("001", n)} for n in range(1, 13))
        org.set_faults(NO_COMPOSITE, Fault(PART, "change", nth=3, changes=each))
        assert run(org, tmp_path).committed == 0
        org.clock.advance(timedelta(hours=1))
        assert run(org, tmp_path).committed == 12
        lake_equals_org(lake, org, WIDE)


def test_a_query_too_complicated_for_rest_goes_by_bulk_or_in_smaller_parts(tmp_path: Path) -> None:
    complicated = Fault(
        r"queryAll\?q=.{6000}",
        "status",
        status=400,
        code="QUERY_TOO_COMPLICATED",
        message="Query is either selecting too many fields or the filter conditions are too complicated.",
    )
    with wide_org(tmp_path, complicated) as org:
        free = WIDE.model_copy(update={"api": "auto"})
        assert run(org, tmp_path / "auto", free).api == "bulk"
        lake_equals_org(Lake(str(tmp_path / "auto" / "lake")), org, free)
        assert run(org, tmp_path / "rest").api == "rest"
        lake_equals_org(Lake(str(tmp_path / "rest" / "lake")), org, WIDE)


def test_a_query_that_no_way_takes_is_told(tmp_path: Path) -> None:
    faults = Fault("queryAll.*SELECT%20Id", "status", status=431), Fault("POST .*/jobs/query", "status", status=431)
    with wide_org(tmp_path, *faults) as org, pytest.raises(RejectedQuery, match="too long for Salesforce"):
        run(org, tmp_path)


def test_parts_hold_every_column_once_and_the_version_always() -> None:
    columns = {"Id": "VARCHAR", "A__c": "VARCHAR", "SystemModstamp": "TIMESTAMPTZ", "IsDeleted": "BOOLEAN"}
    columns |= dict.fromkeys(FIELDS, "VARCHAR")
    parts = split_columns(columns, "SystemModstamp", 2_000)
    assert len(parts) > 10
    assert all({"Id", "SystemModstamp"} < part.keys() for part in parts)
    assert "IsDeleted" in parts[0]
    own = [name for part in parts for name in part if name not in ("Id", "SystemModstamp")]
    assert sorted(own) == sorted(columns.keys() - {"Id", "SystemModstamp"})
    assert split_columns({"Id": "VARCHAR"}, None, 10) == [{"Id": "VARCHAR"}]


def rows(lake: Lake) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [lake.table("salesforce/account").files()])
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
