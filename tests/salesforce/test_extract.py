from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.errors import (
    IncompleteDownload,
    JobStopped,
    MissingField,
    MissingObject,
    QuotaSpent,
    WrongCredentials,
)
from partnerops_pipeline.salesforce.extract import extract_all, extract_object
from partnerops_pipeline.salesforce.login import ClientCredentials
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession
from partnerops_pipeline.salesforce.window import LAG

from .small_org import START, connected, current_in_lake, lake_equals_org, opportunity, small_org, spec

ACCOUNT, OPPORTUNITY = spec("Account"), spec("Opportunity")
PAST_THE_LAG = LAG + timedelta(minutes=1)


def test_a_large_object_comes_by_bulk_and_a_small_one_by_rest_value_for_value(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=700) as org:
        large = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        small = extract_object(connected(org), ACCOUNT, lake, tmp_path / "spool")
        assert (large.state, large.api, large.downloaded, large.committed, large.current_rows) == (
            "ok",
            "bulk",
            2500,
            2500,
            2500,
        )
        assert (large.counted_before, large.counted_after) == (2500, 2500)
        assert (small.state, small.api, small.committed, small.bad_count) == ("ok", "rest", 60, 0)
        lake_equals_org(lake, org, OPPORTUNITY)
        lake_equals_org(lake, org, ACCOUNT)
        assert (len(org.requests("/resultPages")), len(org.requests("/results?"))) == (1, 4)
        assert len(org.requests("DELETE /services/data/v62.0/jobs/query")) == 1
    assert large.watermark == lake.table("salesforce/opportunity").watermark()


def test_the_same_values_come_by_rest_and_by_bulk(tmp_path: Path) -> None:
    by_rest, by_bulk = Lake(str(tmp_path / "rest")), Lake(str(tmp_path / "bulk"))
    with small_org(tmp_path, opportunities=300) as org:
        extract_object(connected(org), OPPORTUNITY.model_copy(update={"api": "rest"}), by_rest, tmp_path / "s")
        extract_object(connected(org), OPPORTUNITY.model_copy(update={"api": "bulk"}), by_bulk, tmp_path / "s")

    def business(lake: Lake) -> dict[str, dict[str, object]]:
        rows = current_in_lake(lake, OPPORTUNITY)
        return {key: {name: value for name, value in row.items() if name[0] != "_"} for key, row in rows.items()}

    assert business(by_rest) == business(by_bulk)
    assert len(business(by_rest)) == 300


@pytest.mark.parametrize("version", ["57.0", "62.0"])
def test_result_pages_come_in_a_row_where_the_version_cannot_list_them(tmp_path: Path, version: str) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=600) as org:
        extract_object(connected(org, version=version), OPPORTUNITY, lake, tmp_path / "spool")
        lake_equals_org(lake, org, OPPORTUNITY)
        assert bool(org.requests("/resultPages")) is (version == "62.0")


def test_a_run_without_changes_costs_a_count_and_the_log_of_deletions_and_stores_nothing(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=30) as org:
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        files = lake.table("salesforce/opportunity").files()
        org.clock.advance(timedelta(hours=1))
        ours = connected(org)
        ours.describe_all(["Opportunity"])
        again = extract_object(ours, OPPORTUNITY, lake, tmp_path / "spool")
        assert (again.api, again.downloaded, again.committed, again.calls) == ("none", 0, 0, 2)
        assert lake.table("salesforce/opportunity").files() == files


def test_changes_come_once_and_what_the_overlap_reads_again_is_not_stored_again(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=30) as org:
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        org.store.update("Opportunity", made_id("006", 3), {"Amount": Decimal("99.99")})
        new = org.store.insert(
            "Opportunity",
            {
                key: value
                for key, value in opportunity(77).items()
                if key not in ("Id", "CreatedDate", "LastModifiedDate", "Days_Open__c")
            },
        )
        org.store.delete("Opportunity", made_id("006", 4))
        org.clock.advance(PAST_THE_LAG)
        second = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (second.downloaded, second.committed, second.current_rows) == (3, 3, 31)
        third = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (third.downloaded, third.committed, third.unchanged) == (3, 0, 3)
        lake_equals_org(lake, org, OPPORTUNITY)
        assert new in current_in_lake(lake, OPPORTUNITY)


def test_a_change_within_the_lag_waits_for_the_next_run(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=30) as org:
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        org.store.update("Opportunity", made_id("006", 3), {"Name": "late"})
        assert extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool").downloaded == 0
        org.clock.advance(PAST_THE_LAG)
        assert extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool").committed == 1
        lake_equals_org(lake, org, OPPORTUNITY)


def test_a_row_that_becomes_visible_late_with_an_earlier_stamp_is_not_lost(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=30) as org:
        org.clock.advance(timedelta(hours=1))
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        stamped = lake.table("salesforce/opportunity").watermark()
        assert stamped is not None
        org.store.update("Opportunity", made_id("006", 3), {"Name": "late"}, at=stamped - timedelta(minutes=9))
        org.clock.advance(PAST_THE_LAG)
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        lake_equals_org(lake, org, OPPORTUNITY)


def test_deleted_merged_and_undeleted_records_say_so(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=5) as org:
        extract_object(connected(org), ACCOUNT, lake, tmp_path / "spool")
        org.store.delete("Account", made_id("001", 1))
        org.store.merge("Account", made_id("001", 2), made_id("001", 3))
        org.clock.advance(PAST_THE_LAG)
        extract_object(connected(org), ACCOUNT, lake, tmp_path / "spool")
        lake_equals_org(lake, org, ACCOUNT)
        held = current_in_lake(lake, ACCOUNT)
        assert [held[made_id("001", n)]["_deleted_kind"] for n in (1, 2, 3)] == ["soft", None, "merge"]
        org.store.undelete("Account", made_id("001", 1))
        org.clock.advance(PAST_THE_LAG)
        extract_object(connected(org), ACCOUNT, lake, tmp_path / "spool")
        lake_equals_org(lake, org, ACCOUNT)


def test_a_full_refresh_finds_what_no_stamp_tells(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=30) as org:
        extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        org.store.set_calculated("Opportunity", made_id("006", 3), {"Days_Open__c": Decimal(999)})
        org.clock.advance(timedelta(hours=1))
        assert extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool").downloaded == 0
        full = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool", full_refresh=True)
        assert (full.downloaded, full.committed, full.unchanged) == (30, 1, 29)
        lake_equals_org(lake, org, OPPORTUNITY)


def test_a_field_that_appears_is_read_for_old_records_too(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=30) as org:
        org.store.hide_field("Opportunity", "Description")
        first = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert first.absent_fields == ("Description",)
        assert "Description" not in {column.name for column in lake.table("salesforce/opportunity").columns()}
        org.store.show_field("Opportunity", "Description")
        org.clock.advance(timedelta(hours=1))
        second = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert second.downloaded == 30
        lake_equals_org(lake, org, OPPORTUNITY)


def test_an_object_that_bulk_refuses_comes_by_rest(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    refuse = Fault(
        match="POST .*/jobs/query",
        action="status",
        status=400,
        code="INVALIDENTITY",
        message="Entity 'Opportunity' is not supported by the Bulk API.",
    )
    with small_org(tmp_path, faults=[refuse]) as org:
        roles = extract_object(connected(org), spec("PartnerRole"), lake, tmp_path / "spool")
        assert (roles.api, roles.committed, roles.watermark) == ("rest", 3, None)
        fallen_back = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (fallen_back.api, fallen_back.committed) == ("rest", 2500)
        lake_equals_org(lake, org, OPPORTUNITY)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(match="GET .*/results", action="expire_session", nth=2),
        Fault(match="GET .*/results", action="drop", nth=2, after_bytes=2_000),
        Fault(match="GET .*/results", action="drop", nth=1),
        Fault(match="GET .*/results", action="html", nth=2),
        Fault(match="GET .*/results", action="short", nth=3, rows=1),
        Fault(match="GET .*/results", action="status", nth=1, status=503, retry_after=1),
        Fault(match="POST .*/jobs/query", action="status", nth=1, status=429),
        Fault(match="GET .*/resultPages", action="drop", nth=1),
    ],
    ids=["session ends", "broken off", "no answer", "web page", "short page", "503", "429", "no list"],
)
def test_a_disturbed_download_ends_as_an_undisturbed_one(tmp_path: Path, fault: Fault) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=700, faults=[fault]) as org:
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert report.committed == 2500
        lake_equals_org(lake, org, OPPORTUNITY)
        assert org.log_ins <= 2


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (
            Fault(match="GET .*/results", action="short", rows=5),
            IncompleteDownload,
            "held 5 rows where Salesforce announced",
        ),
        (
            Fault(match="POST .*/jobs/query", action="fail_job", message="QUERY_TIMEOUT: too long"),
            JobStopped,
            "QUERY_TIMEOUT",
        ),
        (Fault(match="POST .*/jobs/query", action="abort_job"), JobStopped, "aborted by someone"),
        (
            Fault(
                match="GET .*/results",
                action="status",
                status=403,
                code="REQUEST_LIMIT_EXCEEDED",
                message="TotalRequests Limit exceeded.",
            ),
            QuotaSpent,
            "quota is spent",
        ),
    ],
    ids=["always short", "job failed", "job aborted", "quota"],
)
def test_what_cannot_be_read_whole_is_not_stored(
    tmp_path: Path, fault: Fault, kind: type[Exception], says: str
) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, bulk_page_rows=700, faults=[fault]) as org:
        with pytest.raises(kind, match=says):
            extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert not lake.table("salesforce/opportunity").exists()
        org.set_faults()
        assert extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool").committed == 2500
        lake_equals_org(lake, org, OPPORTUNITY)


def test_an_absent_optional_object_is_reported_and_a_required_one_fails(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=5) as org:
        org.store.hide_object("ChannelProgram")
        org.store.hide_object("Opportunity")
        absent = extract_object(connected(org), spec("ChannelProgram"), lake, tmp_path / "spool")
        assert absent.state == "absent"
        assert "ChannelProgram does not exist in this org" in absent.message
        with pytest.raises(MissingObject, match="Opportunity does not exist in this org"):
            extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")


def test_a_hidden_required_field_fails_its_object_and_an_optional_one_does_not(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=5) as org:
        org.store.hide_field("Opportunity", "Amount")
        org.store.hide_field("Account", "Partner_Tier__c")
        with pytest.raises(MissingField, match="Opportunity lacks Amount, or field-level security hides it"):
            extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert extract_object(connected(org), ACCOUNT, lake, tmp_path / "spool").absent_fields == ("Partner_Tier__c",)


def test_a_whole_org_comes_over_and_one_failing_object_leaves_the_others_running(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    told: list[str] = []
    with small_org(tmp_path) as org:
        org.store.hide_field("Opportunity", "Amount")
        org.store.hide_object("PartnerFundClaim")
        reports = extract_all(
            connected(org), load_objects(), lake, tmp_path / "spool", on_report=lambda one: told.append(one.object)
        )
        states = {one.object: one.state for one in reports}
        assert [one.object for one in reports] == [one.name for one in load_objects()]
        assert sorted(told) == sorted(states)
        assert states.pop("Opportunity") == "failed"
        assert states.pop("PartnerFundClaim") == "absent"
        assert set(states.values()) == {"ok"}
        failed = next(one for one in reports if one.object == "Opportunity")
        assert "Grant read permission on Amount" in failed.message
        lake_equals_org(lake, org, ACCOUNT)
        assert lake.table("salesforce/org_identity").row_count() == 1
        assert org.log_ins == 1
        assert len(org.requests("/composite?")) == 2


def test_a_second_run_over_the_whole_org_asks_little(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=30) as org:
        extract_all(connected(org), load_objects(), lake, tmp_path / "spool")
        asked = len(org.request_log)
        stored = {path: lake.table(path).files() for path in lake.tables() if path.startswith("salesforce/")}
        org.clock.advance(timedelta(hours=1))
        again = extract_all(connected(org), load_objects(), lake, tmp_path / "spool")
        assert sum(one.committed for one in again) == 0
        assert {path: lake.table(path).files() for path in lake.tables() if path.startswith("salesforce/")} == stored
        # Log-in, two for the identity, two for all describes, one count for five objects and one call for all logs of
        # deletions; objects without a stamp are counted by themselves and PartnerRole is read every time.
        logged = sum(one.replicated for one in org.store.schema.objects.values())
        assert len(org.asked("/deleted")) == logged
        stamped = sum(one.cursor_field is not None for one in load_objects())
        unstamped = len(load_objects()) - stamped
        assert len(org.request_log) - asked == 1 + 2 + 2 + -(-stamped // 5) + -(-logged // 25) + unstamped + 2


def test_wrong_credentials_stop_everything_after_one_try(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        ours = Org(OrgSession(org.url, ClientCredentials("partnerops-demo", "wrong"), sleep=lambda _: None))
        with pytest.raises(WrongCredentials, match="refused the log-in"):
            extract_all(ours, load_objects(), Lake(str(tmp_path / "lake")), tmp_path / "spool")
        assert len(org.requests("oauth2/token")) == 1


def test_a_spent_quota_stops_everything_and_the_next_run_completes(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, daily_api_calls=20) as org:
        with pytest.raises(QuotaSpent):
            extract_all(connected(org), load_objects(), lake, tmp_path / "spool")
        org.clock.advance(timedelta(hours=25))
        org.org.options.daily_api_calls = 10_000
        extract_all(connected(org), load_objects(), lake, tmp_path / "spool")
        lake_equals_org(lake, org, OPPORTUNITY)
        lake_equals_org(lake, org, ACCOUNT)


def test_a_session_that_ends_between_objects_is_renewed(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=5) as org:
        ours = connected(org)
        extract_object(ours, ACCOUNT, lake, tmp_path / "spool")
        org.expire_sessions()
        extract_object(ours, OPPORTUNITY, lake, tmp_path / "spool")
        assert org.log_ins == 2
        with pytest.raises(WrongCredentials):
            extract_object(connected(org, renewable=False), ACCOUNT, lake, tmp_path / "spool")


def test_nothing_depends_on_this_machines_clock(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=5) as org:
        report = extract_object(connected(org), ACCOUNT, lake, tmp_path / "spool")
        assert report.watermark is not None
        assert START - LAG <= report.watermark <= START - LAG + timedelta(minutes=5)
        told = {row["_extracted_at"] for row in current_in_lake(lake, ACCOUNT).values()}
        assert told == {report.watermark + LAG}


def test_what_is_small_comes_by_rest_when_the_days_bulk_jobs_are_spent_and_what_is_large_waits(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=2_100, daily_bulk_jobs=0) as org:
        report = extract_object(connected(org), OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.api, report.committed) == ("rest", 2_100)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("partnerops_pipeline.salesforce.reading.REST_INSTEAD", 2_000)
            both = extract_all(connected(org), [ACCOUNT, OPPORTUNITY], Lake(str(tmp_path / "new")), tmp_path / "spool2")
        assert [one.state for one in both] == ["ok", "failed"]
        assert "daily Bulk quota is spent" in both[1].message


def test_a_run_that_finds_the_reserve_touched_does_not_start(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5, daily_api_calls=1_000) as org:
        for _ in range(910):
            org.org.spend_call()
        ours = connected(org)
        ours.session.reserve = 0.1
        with pytest.raises(QuotaSpent, match="reserved for others"):
            extract_all(ours, load_objects(), Lake(str(tmp_path / "lake")), tmp_path / "spool")
        assert org.asked("/describe") == [] and org.requests("composite") == []


def test_an_object_that_changes_while_it_is_read_is_looked_at_again(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=40) as org:
        ours = connected(org)
        ours.describe_all(["Opportunity"])
        org.store.hide_field("Opportunity", "NextStep")
        report = extract_object(ours, OPPORTUNITY, lake, tmp_path / "spool")
        assert (report.committed, report.absent_fields) == (40, ("NextStep",))
        org.store.hide_object("Opportunity")
        with pytest.raises(MissingObject):
            extract_object(ours, OPPORTUNITY, lake, tmp_path / "spool")


def test_a_surprise_in_one_object_leaves_the_others_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from partnerops_pipeline.salesforce import passes

    read = passes.read_window

    def surprised(work: passes.Work, *, full: bool) -> passes.Pass:
        if work.spec.name == "Account":
            raise duckdb.InternalException("surprise")
        return read(work, full=full)

    monkeypatch.setattr("partnerops_pipeline.salesforce.extract.read_window", surprised)
    with small_org(tmp_path, opportunities=5) as org:
        lake = Lake(str(tmp_path / "lake"))
        reports = extract_all(connected(org), [ACCOUNT, OPPORTUNITY], lake, tmp_path / "spool")
    assert [one.state for one in reports] == ["failed", "ok"]
    assert reports[0].message.startswith("Account could not be worked on (InternalException: surprise")
