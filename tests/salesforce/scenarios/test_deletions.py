"""Ranked failure modes 5 and 6: deletions of every kind, gaps in the log of deletions, formulas without a stamp."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.demo.salesforce.ids import made_id
from tests.salesforce.scenarios.stage import Stage, stage
from tests.salesforce.small_org import current_in_lake

ONE = {"Account": made_id("001", 1), "Opportunity": made_id("006", 1), "PartnerRole": made_id("0Jz", 1)}


def standing(on: Stage, name: str) -> dict[str, Any]:
    """What the lake holds now of the first record of an object."""
    return current_in_lake(on.lake, on.spec(name))[ONE[name]]


def with_a_partner(on: Stage, name: str) -> str:
    values = {"AccountToId": made_id("001", 1)}
    values |= (
        {"OpportunityId": made_id("006", 1)} if name == "OpportunityPartner" else {"AccountFromId": made_id("001", 2)}
    )
    return on.org.store.insert(name, {**values, "Role": "Reseller"})


def test_a_soft_deletion_and_its_undoing_are_two_versions_more(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run()
        for name in ("Account", "Opportunity"):
            on.org.store.delete(name, ONE[name])
        on.later_run()
        on.is_org()
        assert standing(on, "Account")["_deleted_kind"] == "soft"
        for name in ("Account", "Opportunity"):
            on.org.store.undelete(name, ONE[name])
        on.later_run()
        on.is_org()
        assert on.versions("Account") == 5 + 2


def test_the_loser_of_a_merge_is_told_and_its_children_move(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run()
        on.org.store.merge("Account", made_id("001", 2), ONE["Account"])
        on.later_run()
        on.is_org()
        loser = standing(on, "Account")
        assert (loser["_deleted_kind"], loser["MasterRecordId"]) == ("merge", made_id("001", 2))


@pytest.mark.parametrize("name", ["Account", "Opportunity"])
def test_a_hard_deletion_leaves_a_tombstone_with_kind_and_time_and_history_stays(tmp_path: Path, name: str) -> None:
    with stage(tmp_path) as on:
        on.run()
        before = on.versions(name)
        on.org.clock.advance(timedelta(hours=1))
        moment = on.org.clock.now_to_the_second()
        on.org.store.hard_delete(name, ONE[name], at=moment)
        on.org.clock.advance(timedelta(hours=1))
        on.run()
        on.is_org()
        grave = standing(on, name)
        assert (grave["_is_deleted"], grave["_deleted_kind"], grave["_deleted_at"]) == (True, "hard", moment)
        assert grave["Name"], "the tombstone still says who it was"
        assert on.versions(name) == before + 1


def test_a_record_purged_between_two_runs_is_told_though_it_was_never_seen_in_the_recycle_bin(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run()
        on.org.store.delete("Account", ONE["Account"])
        on.org.store.purge_recycle_bin("Account")
        on.later_run()
        on.is_org()
        assert standing(on, "Account")["_is_deleted"] is True


@pytest.mark.parametrize("name", ["OpportunityPartner", "AccountPartner"])
def test_an_object_without_a_log_of_deletions_is_compared_id_by_id_every_day(tmp_path: Path, name: str) -> None:
    with stage(tmp_path) as on:
        key = with_a_partner(on, name)
        kept = with_a_partner(on, name)
        on.later_run(name)
        on.org.store.hard_delete(name, key)
        assert len(on.requests("/deleted")) == 0
        on.later_run(name)
        on.is_org(name)
        held = current_in_lake(on.lake, on.spec(name))
        assert (held[key]["_deleted_kind"], held[kept]["_is_deleted"]) == ("hard", False)


def test_an_object_that_is_read_whole_every_time_notices_what_is_gone(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("PartnerRole")
        on.org.store.hard_delete("PartnerRole", ONE["PartnerRole"])
        on.later_run("PartnerRole")
        on.is_org("PartnerRole")


def test_a_log_of_deletions_with_a_gap_is_noticed_and_all_ids_are_compared(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run()
        on.org.store.hard_delete("Account", ONE["Account"])
        on.org.clock.advance(timedelta(minutes=10))
        on.org.store.purge_deleted_log()
        on.org.clock.advance(timedelta(minutes=10))
        on.run()
        on.is_org()
        assert standing(on, "Account")["_deleted_kind"] == "hard"


def test_an_outage_longer_than_the_log_of_deletions_loses_no_deletion(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run()
        on.org.store.hard_delete("Opportunity", ONE["Opportunity"])
        on.org.store.delete("Account", ONE["Account"])
        on.org.store.purge_recycle_bin("Account")
        on.org.clock.advance(timedelta(days=40))
        on.run()
        on.is_org()


def test_a_deletion_is_told_once_and_not_again_by_every_run(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run()
        on.org.store.hard_delete("Account", ONE["Account"])
        on.later_run()
        stored = on.versions("Account")
        for _ in range(2):
            assert on.later_run()["Account"].committed == 0
        assert on.versions("Account") == stored


@pytest.mark.parametrize(("name", "field"), [("Opportunity", "Days_Open__c"), ("Account", "Open_Opportunities__c")])
def test_a_formula_or_roll_up_that_moved_without_a_stamp_is_right_within_a_day(
    tmp_path: Path, name: str, field: str
) -> None:
    with stage(tmp_path) as on:
        on.run()
        before = on.versions(name)
        on.org.store.set_calculated(name, ONE[name], {field: Decimal(41)})
        on.later_run()
        on.is_org()
        assert standing(on, name)[field] == 41
        assert on.versions(name) == before + 1, "only the record whose value moved"


def test_formulas_are_asked_for_once_a_day_and_nothing_but_them(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("Opportunity")
        costs = []
        for _ in range(3):
            on.org.clock.advance(timedelta(hours=9))
            seen = len(on.requests())
            on.run("Opportunity")
            costs.append(sum("jobs/query" in one.path and one.method == "POST" for one in on.requests()[seen:]))
        assert sorted(costs)[-1] <= 1 and sum(costs) <= 2, costs
