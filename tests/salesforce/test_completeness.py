from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce import proof
from partnerops_pipeline.salesforce.completeness import COMPLETENESS_TABLE
from partnerops_pipeline.salesforce.errors import IncompleteDownload, QuotaSpent
from partnerops_pipeline.salesforce.extract import extract_all, extract_object
from partnerops_pipeline.salesforce.objects import contract
from partnerops_pipeline.warehouse.bind import bind

from .small_org import connected, lake_equals_org, small_org, spec

ACCOUNT, OPPORTUNITY = spec("Account"), spec("Opportunity")


def ledger_rows(lake: Lake) -> list[dict[str, Any]]:
    files = lake.table(COMPLETENESS_TABLE).files()
    found = duckdb.execute("SELECT * FROM read_parquet(?) ORDER BY run_id, object", [files])
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize(
    ("before", "rows", "after", "verdict"),
    [
        (5, 5, 5, "complete"),
        (0, 0, 0, "complete"),
        (7, 6, 5, "moving"),
        (5, 6, 7, "moving"),
        (7, 7, 6, "moving"),
        (7, 6, 7, "incomplete"),
        (7, 8, 7, "incomplete"),
        (5, 4, 6, "incomplete"),
    ],
)
def test_rows_between_two_counts_moved_and_all_others_are_a_loss(
    before: int, rows: int, after: int, verdict: str
) -> None:
    assert proof.judge(before, rows, after) == verdict


def test_each_object_and_run_leaves_its_proof_in_the_lake(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=700) as org:
        extract_all(connected(org), [ACCOUNT, OPPORTUNITY], lake, tmp_path / "spool")
        org.store.hide_field("Account", "Name")
        org.store.update("Opportunity", made_id("006", 3), {"Name": "x"})
        org.clock.advance(timedelta(hours=1))
        extract_all(connected(org), [ACCOUNT, OPPORTUNITY], lake, tmp_path / "spool")
    first, second, third, fourth = ledger_rows(lake)
    counts = ("counted_before", "counted_after", "processed", "announced", "downloaded", "committed", "current_rows")
    assert [second[name] for name in counts] == [2500] * 7
    assert [first[name] for name in counts] == [60, 60, None, 60, 60, 60, 60]
    assert [row["verdict"] for row in (first, second, third, fourth)] == ["complete", "complete", "failed", "complete"]
    assert (third["message"] or "").startswith("Account lacks Name")
    assert (fourth["downloaded"], fourth["committed"], fourth["difference"], fourth["current_rows"]) == (1, 1, 0, 2500)
    assert first["run_id"] == second["run_id"] < third["run_id"]


def test_what_was_read_before_a_stop_is_proved_too(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    quota = Fault(match="GET .*/results", action="status", status=403, code="REQUEST_LIMIT_EXCEEDED", message="Limit.")
    with small_org(tmp_path, faults=[quota]) as org, pytest.raises(QuotaSpent):
        extract_all(connected(org), [ACCOUNT, OPPORTUNITY], lake, tmp_path / "spool", threads=1)
    assert [row["object"] for row in ledger_rows(lake)] == ["Account"]


def test_a_window_that_moves_while_it_is_read_is_read_again_until_the_counts_agree(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    moves = Fault(
        match="queryAll.*SELECT%20Id",
        action="change",
        nth=1,
        changes=({"do": "update", "object": "Opportunity", "id": made_id("006", 3), "values": {"Name": "moved"}},),
    )
    with small_org(tmp_path, opportunities=40) as org:
        org.clock.advance(timedelta(hours=1))
        org.set_faults(moves)
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.reads, report.verdict, report.downloaded) == (2, "complete", 39)
        org.clock.advance(timedelta(minutes=10))
        assert extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool").committed == 1
        lake_equals_org(lake, org, OPPORTUNITY)


def test_a_source_that_repeats_a_row_in_place_of_another_is_not_believed(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=700) as org:
        org.set_faults(Fault(match="GET .*/results", action="repeat", rows=1, nth=2))
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.committed, report.current_rows) == (2500, 2500)
        lake_equals_org(lake, org, OPPORTUNITY)


def test_rows_that_stay_away_are_an_error_after_three_reads(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=5_000) as org:
        org.set_faults(Fault(match="GET .*/results", action="lose", rows=3))
        with pytest.raises(IncompleteDownload):
            extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert not lake.table("salesforce/opportunity").exists()
        assert len(org.requests("POST /services/data/v62.0/jobs/query")) == proof.READS


def test_a_run_that_changed_nothing_leaves_the_same_state_of_knowledge(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    ids = []
    with small_org(tmp_path, opportunities=5) as org:
        for _ in range(2):
            extract_all(connected(org), [ACCOUNT, OPPORTUNITY], lake, tmp_path / "spool")
            bound = bind(lake, tmp_path / "w.duckdb", contract([ACCOUNT, OPPORTUNITY]), as_of=date(2026, 6, 30))
            ids.append(bound.binding_id)
            org.clock.advance(timedelta(hours=1))
    assert len(ledger_rows(lake)) == 4
    assert ids[0] == ids[1]
