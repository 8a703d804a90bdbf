from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.errors import JobStopped, QuotaSpent
from partnerops_pipeline.salesforce.extract import extract_object, ledger_file
from partnerops_pipeline.salesforce.ledger import Ledger
from partnerops_pipeline.salesforce.passes import JOB_LIFE

from .small_org import connected, lake_equals_org, small_org, spec

OPPORTUNITY = spec("Opportunity")
NEW_JOB = "POST /services/data/v62.0/jobs/query"


def spent(nth: int, match: str = "GET .*/results") -> Fault:
    return Fault(match=match, action="status", nth=nth, status=403, code="REQUEST_LIMIT_EXCEEDED", message="Limit.")


def stop_at(org: RunningOrg, lake: Lake, home: Path, fault: Fault, version: str = "62.0") -> None:
    org.set_faults(fault)
    with pytest.raises(QuotaSpent):
        extract_object(connected(org, version=version), OPPORTUNITY, lake, home / "spool")
    org.set_faults()


def served(org: RunningOrg) -> Counter[str]:
    """How often each page of results was sent whole."""
    return Counter(f"{one.path}?{one.query}" for one in org.requests("/results") if one.status == 200)


@pytest.mark.parametrize("version", ["57.0", "62.0"])
def test_a_download_that_the_quota_stopped_goes_on_at_the_same_job_and_page(tmp_path: Path, version: str) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=300) as org:
        stop_at(org, lake, tmp_path, spent(5), version)
        assert not lake.table("salesforce/opportunity").exists()
        report = extract_object(connected(org, version=version), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.resumed, report.committed, report.downloaded) == (True, 2500, 2500)
        assert len(org.requests(f"POST /services/data/v{version}/jobs/query")) == 1
        assert set(served(org).values()) == {1}
        lake_equals_org(lake, org, OPPORTUNITY)
        assert len(org.requests("DELETE ")) == 1
        assert [one.name for one in (tmp_path / "spool" / "salesforce" / "opportunity").iterdir()] == ["lock"]


@pytest.mark.parametrize(("page_rows", "api", "fetched"), [(12, "rest", 5), (11, "bulk", 1)])
def test_a_reading_that_begins_anew_after_a_stop_is_five_calls_at_most(
    tmp_path: Path, page_rows: int, api: str, fetched: int
) -> None:
    """Salesforce makes the pages of wide records smaller."""
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=1, rest_page_rows=page_rows, bulk_page_rows=40) as org:
        report = extract_object(connected(org), spec("Account"), lake, tmp_path / "spool")
        assert (report.api, report.committed) == (api, 60)
        pages = [one for one in org.requests("/query") if "COUNT" not in one.query and "/jobs/" not in one.path]
        assert len(pages) == fetched
        lake_equals_org(lake, org, spec("Account"))


def test_what_changed_while_a_run_lay_still_comes_in_the_run_that_goes_on(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=900) as org:
        stop_at(org, lake, tmp_path, spent(2))
        org.clock.advance(timedelta(days=3))
        org.store.update("Opportunity", made_id("006", 7), {"Name": "renamed"})
        org.store.delete("Opportunity", made_id("006", 8))
        org.clock.advance(timedelta(hours=1))
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert report.resumed
        assert len(org.requests(NEW_JOB)) == 2  # the second compares the ids, three days after
        lake_equals_org(lake, org, OPPORTUNITY)


def test_rows_of_a_download_that_lay_still_carry_the_moment_they_became_known(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=900) as org:
        stop_at(org, lake, tmp_path, spent(2))
        begun = lake.table("salesforce/opportunity").begin_batch(batch_id="x", extracted_at=org.clock.now())
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        from .small_org import current_in_lake

        assert {row["_committed_at"] > begun.committed_at for row in current_in_lake(lake, OPPORTUNITY).values()} == {
            True
        }


def test_a_job_older_than_its_results_live_is_begun_anew(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=900) as org:
        stop_at(org, lake, tmp_path, spent(2))
        org.clock.advance(JOB_LIFE + timedelta(minutes=1))
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.resumed, report.committed) == (False, 2500)
        lake_equals_org(lake, org, OPPORTUNITY)


def test_a_job_that_somebody_deleted_is_made_anew(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=900) as org:
        stop_at(org, lake, tmp_path, spent(2))
        with Ledger(ledger_file(tmp_path / "spool")) as ledger:
            batch = ledger.open_batch("Opportunity")
            assert batch is not None
            (piece,) = ledger.pieces(batch.id)
        ours = connected(org)
        ours.call("DELETE", ours.path(f"jobs/query/{piece.job}"), doing="cleaning up")
        assert extract_object(ours, OPPORTUNITY, lake, tmp_path / "spool").committed == 2500
        assert len(org.requests(NEW_JOB)) == 2
        lake_equals_org(lake, org, OPPORTUNITY)


def test_a_page_that_was_damaged_on_the_disk_is_fetched_again_and_no_other(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=300) as org:
        stop_at(org, lake, tmp_path, spent(6))
        kept = sorted((tmp_path / "spool" / "salesforce" / "opportunity").glob("*/*.parquet"))
        kept[0].write_bytes(kept[0].read_bytes()[:-9])
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert sorted(served(org).values()) == [1] * 8 + [2]
        lake_equals_org(lake, org, OPPORTUNITY)


def test_a_download_for_other_columns_is_not_gone_on_with(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=900) as org:
        stop_at(org, lake, tmp_path, spent(2))
        org.store.hide_field("Opportunity", "NextStep")
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.resumed, report.committed) == (False, 2500)
        assert len(org.requests(NEW_JOB)) == 2
        assert len(org.requests("DELETE ")) == 2


def test_a_run_that_died_after_its_commit_is_not_committed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path) as org, monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr("partnerops_pipeline.salesforce.reading.Reader.close", die)
        with pytest.raises(KeyboardInterrupt):
            extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        patched.undo()
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.resumed, report.committed) == (False, 0)
        assert lake.table("salesforce/opportunity").row_count() == 2500
        assert len(org.requests("DELETE ")) == 1


@pytest.mark.parametrize(
    "message",
    ["QUERY_TIMEOUT: too long", "OPERATION_TOO_LARGE: x", "Retried more than fifteen times", "InternalServerError : x"],
)
def test_a_window_that_is_too_much_is_cut_until_each_part_succeeds(tmp_path: Path, message: str) -> None:
    lake = Lake(str(tmp_path / "lake"))
    fault = Fault(match="POST .*/jobs/query", action="fail_job", message=message, times=3)
    with small_org(tmp_path, bulk_page_rows=700, faults=[fault]) as org:
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.committed, report.downloaded) == (2500, 2500)
        assert len(org.requests(NEW_JOB)) == 3 + 4
        assert len(org.requests("DELETE ")) == 3 + 4
        lake_equals_org(lake, org, OPPORTUNITY)


def test_parts_that_are_there_already_are_not_read_again_after_a_stop(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    fault = Fault(match="POST .*/jobs/query", action="fail_job", message="QUERY_TIMEOUT", nth=1)
    with small_org(tmp_path, bulk_page_rows=400) as org:
        org.set_faults(fault, spent(5))
        with pytest.raises(QuotaSpent):
            extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        org.set_faults()
        assert extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool").committed == 2500
        assert set(served(org).values()) == {1}
        assert len(org.requests(NEW_JOB)) <= 3
        lake_equals_org(lake, org, OPPORTUNITY)


def test_cutting_ends_where_it_is_hopeless(tmp_path: Path) -> None:
    with small_org(tmp_path) as org:
        org.set_faults(Fault(match="POST .*/jobs/query", action="fail_job", message="QUERY_TIMEOUT: too long"))
        with pytest.raises(JobStopped, match="QUERY_TIMEOUT"):
            extract_object(connected(org), OPPORTUNITY, Lake(str(tmp_path / "lake")), tmp_path / "spool")
        assert len(org.requests(NEW_JOB)) <= 64


def test_a_count_that_takes_too_long_is_halved_and_a_rest_query_that_does_goes_by_bulk(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    slow = {
        "action": "status",
        "status": 400,
        "code": "QUERY_TIMEOUT",
        "message": "Your query request was running for too long.",
    }
    with small_org(tmp_path, opportunities=40) as org:
        org.set_faults(Fault(match="queryAll.*COUNT", nth=1, **slow), Fault(match="queryAll.*SELECT%20Id", **slow))
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.api, report.counted_before, report.committed) == ("bulk", 40, 40)
        lake_equals_org(lake, org, OPPORTUNITY)


def test_a_ledger_that_is_lost_or_damaged_costs_a_download_and_no_record(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=900) as org:
        stop_at(org, lake, tmp_path, spent(2))
        ledger_file(tmp_path / "spool").write_bytes(b"no database at all, but long enough to look like one" * 90)
        for suffix in ("-wal", "-shm"):
            ledger_file(tmp_path / "spool").with_name(f"salesforce.sqlite{suffix}").unlink(missing_ok=True)
        assert extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool").committed == 2500
        ledger_file(tmp_path / "spool").unlink()
        org.store.update("Opportunity", made_id("006", 7), {"Name": "renamed"})
        org.clock.advance(timedelta(hours=1))
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.downloaded, report.committed) == (2500, 1)
        lake_equals_org(lake, org, OPPORTUNITY)
