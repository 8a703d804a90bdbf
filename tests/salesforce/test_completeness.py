from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.lake.table import Appended, LakeTable
from partnerops_pipeline.salesforce import proof
from partnerops_pipeline.salesforce.completeness import COMPLETENESS_TABLE, record_completeness
from partnerops_pipeline.salesforce.errors import IncompleteDownload, QuotaSpent
from partnerops_pipeline.salesforce.extract import extract_all, extract_object, ledger_file
from partnerops_pipeline.salesforce.login import ClientCredentials
from partnerops_pipeline.salesforce.objects import contract
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession
from partnerops_pipeline.salesforce.window import LAG
from partnerops_pipeline.warehouse.bind import bind

from .small_org import START, connected, lake_equals_org, opportunity, small_org, spec

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


def moved(key: int, match: str) -> Fault:
    """The opportunity is edited when such a request comes for the first time."""
    edit = {"do": "update", "object": "Opportunity", "id": made_id("006", key), "values": {"Name": "moved"}}
    return Fault(match=match, action="change", nth=1, changes=(edit,))


def patient(org: RunningOrg, waits: list[float], *, meanwhile: Callable[[], None] = lambda: None) -> Org:
    """Logged in, and told of every wait, which passes on the org's clock."""

    def sleep(seconds: float) -> None:
        org.clock.advance(timedelta(seconds=seconds))
        if seconds > LAG.total_seconds():
            waits.append(seconds)
            meanwhile()

    return Org(OrgSession(org.url, ClientCredentials(org.client_id, org.client_secret), sleep=sleep), "62.0")


@pytest.mark.parametrize("when", ["POST .*/jobs/query", "GET .*/results"], ids=["before its row", "after its row"])
def test_a_large_window_that_moved_is_closed_by_what_changed_since(tmp_path: Path, when: str) -> None:
    lake, waits = Lake(str(tmp_path / "lake")), list[float]()
    with small_org(tmp_path, bulk_page_rows=700) as org:
        org.clock.advance(timedelta(hours=1))
        org.set_faults(moved(3, when))
        ours = patient(org, waits)
        report = extract_object(ours, OPPORTUNITY, lake, tmp_path / "spool", read_again_up_to=2_000)
        assert (report.verdict, report.reads, len(waits), report.current_rows) == ("complete", 2, 1, 2500)
        assert len(org.requests("POST /services/data/v62.0/jobs/query")) == 1
        lake_equals_org(lake, org, OPPORTUNITY)
        record_completeness(lake, "run", ours.session.server_time, [report])
        assert [(row["verdict"], row["reads"], row["difference"]) for row in ledger_rows(lake)] == [("complete", 2, 0)]
        org.clock.advance(timedelta(hours=1))
        again = extract_object(patient(org, waits), OPPORTUNITY, lake, tmp_path / "spool", read_again_up_to=0)
        assert (again.committed, again.reads, len(waits), again.current_rows) == (0, 1, 1, 2500)


def test_a_large_window_that_does_not_close_is_read_on_three_times_and_then_all_ids_are_compared(
    tmp_path: Path,
) -> None:
    lake, waits = Lake(str(tmp_path / "lake")), list[float]()
    with small_org(tmp_path, bulk_page_rows=700) as org:
        org.clock.advance(timedelta(hours=1))
        org.set_faults(moved(3, "POST .*/jobs/query"))

        def late() -> None:
            if len(waits) == 1:
                org.store.insert("Opportunity", opportunity(3_000), at=START - timedelta(days=9))

        ours = patient(org, waits, meanwhile=late)
        report = extract_object(ours, OPPORTUNITY, lake, tmp_path / "spool", read_again_up_to=2_000)
        assert (report.verdict, report.reads, len(waits)) == ("moving", proof.READS, proof.READS - 1)
        assert (report.healed, report.current_rows) == (1, 2501)
        lake_equals_org(lake, org, OPPORTUNITY)


def test_after_a_run_that_stopped_with_its_rows_stored_the_records_are_counted_anew(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=5) as org:
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        org.store.insert("Opportunity", {**opportunity(6), "LastModifiedDate": org.clock.now()})
        org.clock.advance(timedelta(hours=1))
        org.set_faults(Fault(match="/deleted", action="status", status=403, code="REQUEST_LIMIT_EXCEEDED"))
        with pytest.raises(QuotaSpent):
            extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        org.set_faults()
        assert lake.table("salesforce/opportunity").row_count() == 6
        for key in (7, 8):
            org.clock.advance(timedelta(hours=1))
            report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
            assert report.current_rows == key - 1
            org.store.insert("Opportunity", {**opportunity(key), "LastModifiedDate": org.clock.now()})


def test_a_lake_ahead_of_what_was_kept_of_it_is_counted_anew(tmp_path: Path) -> None:
    """As a run leaves it that is killed between its commit and its note of it."""
    lake, kept = Lake(str(tmp_path / "lake")), ledger_file(tmp_path / "spool")
    with small_org(tmp_path, opportunities=5) as org:
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        before = kept.read_bytes()
        for key, counted in ((6, 6), (7, 7)):
            org.store.insert("Opportunity", opportunity(key), at=org.clock.now_to_the_second())
            org.clock.advance(timedelta(hours=1))
            report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
            assert report.current_rows == counted
            kept.write_bytes(before)


def test_records_are_counted_where_the_lakes_files_were_merged_by_the_commit_itself(tmp_path: Path) -> None:
    class Merging(LakeTable):
        def append(self, *args: Any, **options: Any) -> Appended:
            done = super().append(*args, **options)
            self.compact()
            self.vacuum(timedelta(0))
            return done

    class MergingLake(Lake):
        def table(self, path: str) -> LakeTable:
            table = super().table(path)
            table.__class__ = Merging
            return table

    lake = MergingLake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=5) as org:
        for key in (6, 7, 8):
            report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
            assert report.current_rows == key - 1
            org.store.insert("Opportunity", opportunity(key), at=org.clock.now_to_the_second())
            org.clock.advance(timedelta(hours=1))


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
