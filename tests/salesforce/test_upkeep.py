"""What no stamp tells: deletions for good, formulas, records that became visible too late."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.errors import QuotaSpent
from partnerops_pipeline.salesforce.extract import ObjectReport, extract_object
from partnerops_pipeline.salesforce.objects import ObjectSpec

from .small_org import USER, connected, current_in_lake, lake_equals_org, small_org, spec

ACCOUNT, OPPORTUNITY, PARTNERS = spec("Account"), spec("Opportunity"), spec("OpportunityPartner")
DAY = timedelta(days=1)


def run(org: RunningOrg, home: Path, of: ObjectSpec = OPPORTUNITY) -> ObjectReport:
    return extract_object(connected(org), of, Lake(str(home / "lake")), home / "spool")


def held(home: Path, number: int, of: ObjectSpec = OPPORTUNITY, prefix: str = "006") -> dict[str, Any]:
    return current_in_lake(Lake(str(home / "lake")), of)[made_id(prefix, number)]


def test_a_record_deleted_for_good_becomes_a_tombstone_with_kind_and_time_and_keeps_its_history(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=20) as org:
        run(org, tmp_path)
        name = held(tmp_path, 3)["Name"]
        org.clock.advance(timedelta(hours=2))
        before = org.clock.now_to_the_second()
        org.store.hard_delete("Opportunity", made_id("006", 3))
        org.clock.advance(timedelta(minutes=5))
        report = run(org, tmp_path)
        buried = held(tmp_path, 3)
        assert (report.buried, report.committed, report.deletion_gap) == (1, 0, False)
        assert (buried["_is_deleted"], buried["_deleted_kind"], buried["Name"]) == (True, "hard", name)
        assert before <= buried["_deleted_at"] <= before + timedelta(seconds=5)
        assert run(org, tmp_path).buried == 0
        lake = Lake(str(tmp_path / "lake"))
        assert lake.table("salesforce/opportunity").row_count() == 21
        lake_equals_org(lake, org, OPPORTUNITY)


def test_a_record_deleted_and_purged_between_two_runs_is_found(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=20) as org:
        run(org, tmp_path)
        org.store.delete("Opportunity", made_id("006", 4))
        org.store.purge_recycle_bin("Opportunity")
        org.clock.advance(timedelta(minutes=30))
        assert run(org, tmp_path).buried == 1
        assert held(tmp_path, 4)["_deleted_kind"] == "hard"
        lake_equals_org(Lake(str(tmp_path / "lake")), org, OPPORTUNITY)


def test_a_purge_of_the_recycle_bin_is_told_from_a_deletion_within_a_day(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=2) as org:
        run(org, tmp_path, ACCOUNT)
        org.store.delete("Account", made_id("001", 4))
        org.store.merge("Account", made_id("001", 5), made_id("001", 6))
        org.clock.advance(timedelta(minutes=30))
        run(org, tmp_path, ACCOUNT)
        assert held(tmp_path, 6, ACCOUNT, "001")["_deleted_kind"] == "merge"
        org.store.purge_recycle_bin("Account")
        org.clock.advance(DAY)
        assert run(org, tmp_path, ACCOUNT).buried == 2
        assert [held(tmp_path, n, ACCOUNT, "001")["_deleted_kind"] for n in (4, 6)] == ["purge", "purge"]
        assert held(tmp_path, 6, ACCOUNT, "001")["MasterRecordId"] == made_id("001", 5)
        lake_equals_org(Lake(str(tmp_path / "lake")), org, ACCOUNT)


def test_an_undeleted_record_lives_again_though_the_log_named_it(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        run(org, tmp_path)
        org.clock.advance(timedelta(minutes=30))
        org.store.delete("Opportunity", made_id("006", 4))
        assert run(org, tmp_path).buried == 0  # it lies within the lag, and in the Recycle Bin
        org.clock.advance(timedelta(minutes=30))
        org.store.undelete("Opportunity", made_id("006", 4))
        org.clock.advance(timedelta(minutes=30))
        run(org, tmp_path)
        assert held(tmp_path, 4)["_is_deleted"] is False
        lake_equals_org(Lake(str(tmp_path / "lake")), org, OPPORTUNITY)


@pytest.mark.parametrize("outage", ["longer than the log", "log purged"])
def test_a_gap_in_the_log_of_deletions_is_seen_and_closed_by_comparing_all_ids(tmp_path: Path, outage: str) -> None:
    with small_org(tmp_path, opportunities=20) as org:
        run(org, tmp_path)
        org.clock.advance(timedelta(minutes=30))
        org.store.hard_delete("Opportunity", made_id("006", 3))
        if outage == "log purged":
            org.store.purge_deleted_log()
            org.clock.advance(timedelta(minutes=30))
        else:
            org.clock.advance(timedelta(days=20))
        report = run(org, tmp_path)
        assert (report.deletion_gap, report.buried, report.source_rows) == (True, 1, 19)
        lake_equals_org(Lake(str(tmp_path / "lake")), org, OPPORTUNITY)
        org.clock.advance(timedelta(minutes=30))
        assert run(org, tmp_path).deletion_gap is False


def partner_rows(org: RunningOrg, count: int) -> list[str]:
    return [
        org.store.insert(
            "OpportunityPartner",
            {"OpportunityId": made_id("006", n), "AccountToId": made_id("001", n), "CreatedById": USER},
        )
        for n in range(1, count + 1)
    ]


def test_an_object_without_a_log_is_compared_by_ids_once_a_day(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=5) as org:
        made = partner_rows(org, 4)
        org.clock.advance(timedelta(minutes=30))
        run(org, tmp_path, PARTNERS)
        org.store.hard_delete("OpportunityPartner", made[1])
        org.clock.advance(timedelta(hours=2))
        asked = len(org.request_log)
        assert run(org, tmp_path, PARTNERS).buried == 0
        org.clock.advance(DAY)
        assert run(org, tmp_path, PARTNERS).buried == 1
        assert current_in_lake(lake, PARTNERS)[made[1]]["_deleted_kind"] == "hard"
        lake_equals_org(lake, org, PARTNERS)
        assert not [one for one in org.request_log[asked:] if "/deleted" in one.path]


def test_calculated_fields_are_refreshed_once_a_day_and_nothing_else_is_read(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=30) as org:
        run(org, tmp_path)
        org.store.set_calculated("Opportunity", made_id("006", 3), {"Days_Open__c": Decimal(999)})
        org.clock.advance(timedelta(hours=1))
        assert run(org, tmp_path).refreshed == 0
        org.clock.advance(DAY)
        asked = len(org.request_log)
        report = run(org, tmp_path)
        assert (report.refreshed, report.committed, report.healed, report.buried) == (1, 0, 0, 0)
        assert held(tmp_path, 3)["Days_Open__c"] == Decimal(999)
        lake_equals_org(Lake(str(tmp_path / "lake")), org, OPPORTUNITY)
        queries = [one.query for one in org.request_log[asked:] if "SELECT%20Id" in one.query]
        assert len(queries) == 1 and "Description" not in queries[0]
        org.clock.advance(timedelta(hours=1))
        assert run(org, tmp_path).refreshed == 0


def test_a_record_that_became_visible_long_after_its_stamp_is_found_within_a_day(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=30) as org:
        run(org, tmp_path)
        org.clock.advance(timedelta(hours=3))
        run(org, tmp_path)
        late = org.clock.now_to_the_second() - timedelta(hours=2)
        org.store.update("Opportunity", made_id("006", 3), {"Name": "an hour late"}, at=late)
        assert run(org, tmp_path).committed == 0
        org.clock.advance(DAY)
        assert run(org, tmp_path).healed == 1
        lake_equals_org(Lake(str(tmp_path / "lake")), org, OPPORTUNITY)


def test_a_field_hidden_for_a_while_leaves_no_holes(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=30) as org:
        run(org, tmp_path)
        org.store.hide_field("Opportunity", "Description")
        org.store.update("Opportunity", made_id("006", 4), {"Name": "changed while hidden"})
        org.clock.advance(timedelta(hours=1))
        run(org, tmp_path)
        org.store.show_field("Opportunity", "Description")
        org.clock.advance(timedelta(hours=1))
        assert run(org, tmp_path).downloaded == 30
        lake_equals_org(Lake(str(tmp_path / "lake")), org, OPPORTUNITY)


def test_an_object_of_a_million_ids_is_compared_by_bulk(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=2_500) as org:
        run(org, tmp_path)
        org.store.set_calculated("Opportunity", made_id("006", 2_001), {"Days_Open__c": Decimal(7)})
        org.clock.advance(DAY)
        assert run(org, tmp_path).refreshed == 1
        assert len(org.requests("POST ")) - org.log_ins == 2
        lake_equals_org(Lake(str(tmp_path / "lake")), org, OPPORTUNITY)


def test_a_log_of_deletions_that_is_refused_is_no_failure(tmp_path: Path) -> None:
    refused = Fault(
        match="/deleted",
        action="status",
        status=400,
        code="EXCEEDED_ID_LIMIT",
        message="The number of IDs exceeds 600000",
    )
    with small_org(tmp_path, opportunities=20) as org:
        run(org, tmp_path)
        org.store.hard_delete("Opportunity", made_id("006", 3))
        org.clock.advance(timedelta(hours=1))
        org.set_faults(refused)
        report = run(org, tmp_path)
        assert (report.deletion_gap, report.buried) == (True, 1)


def test_the_times_of_deletion_are_the_orgs(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        run(org, tmp_path)
        org.clock.advance(DAY)
        org.store.hard_delete("Opportunity", made_id("006", 3))
        run(org, tmp_path)
        at = held(tmp_path, 3)["_deleted_at"]
        assert isinstance(at, datetime) and abs(at - org.clock.now()) < timedelta(minutes=1)


def test_an_object_without_rows_is_kept_up_too(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    contact = spec("Contact")
    with small_org(tmp_path, opportunities=2) as org:
        assert run(org, tmp_path, contact).downloaded == 0
        org.clock.advance(DAY)
        assert run(org, tmp_path, contact).source_rows in (None, 0)
        org.store.insert("Contact", {"LastName": "First", "OwnerId": USER})
        org.clock.advance(DAY * 20)
        assert run(org, tmp_path, contact).deletion_gap
        lake_equals_org(lake, org, contact)


def test_a_column_that_came_with_no_row_yet_does_not_disturb_the_upkeep(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=20) as org:
        org.store.hide_field("Opportunity", "CampaignId")
        run(org, tmp_path)
        org.store.show_field("Opportunity", "CampaignId")
        org.clock.advance(timedelta(hours=1))
        run(org, tmp_path)
        org.store.hard_delete("Opportunity", made_id("006", 3))
        org.store.set_calculated("Opportunity", made_id("006", 4), {"Days_Open__c": Decimal(999)})
        org.clock.advance(DAY)
        report = run(org, tmp_path)
        assert (report.buried, report.refreshed) == (1, 1)
        lake_equals_org(Lake(str(tmp_path / "lake")), org, OPPORTUNITY)


def test_a_comparison_of_ids_that_the_quota_stopped_is_never_taken_for_a_read_of_records(tmp_path: Path) -> None:
    few = {name: OPPORTUNITY.fields[name] for name in ("Id", "SystemModstamp", "Days_Open__c")}
    slim = OPPORTUNITY.model_copy(update={"fields": few, "api": "bulk"})
    lake = Lake(str(tmp_path / "lake"))
    quota = Fault(match="/results", action="status", status=403, code="REQUEST_LIMIT_EXCEEDED", message="Limit.")
    with small_org(tmp_path, opportunities=20) as org:
        run(org, tmp_path, slim)
        org.clock.advance(DAY)
        org.set_faults(quota)
        with pytest.raises(QuotaSpent):
            run(org, tmp_path, slim)
        org.set_faults()
        org.clock.advance(timedelta(minutes=10))
        assert run(org, tmp_path, slim).resumed is False
        watermark = lake.table("salesforce/opportunity").watermark()
        assert watermark is not None and watermark < org.clock.now()
        lake_equals_org(lake, org, slim)


def test_a_log_in_that_may_not_read_the_log_of_deletions_compares_once_a_day(tmp_path: Path) -> None:
    denied = Fault(match="/deleted", action="status", status=403, code="INSUFFICIENT_ACCESS", message="no")
    with small_org(tmp_path, opportunities=20, faults=[denied]) as org:
        run(org, tmp_path)
        org.store.hard_delete("Opportunity", made_id("006", 3))
        org.clock.advance(timedelta(hours=1))
        assert run(org, tmp_path).buried == 0
        org.clock.advance(DAY)
        assert run(org, tmp_path).buried == 1
