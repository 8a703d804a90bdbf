from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.ids import salesforce_id

Rows = dict[str, list[dict[str, Any]]]


def test_the_loser_of_a_merge_is_deleted_and_names_its_survivor(demo_log: EventLog, demo_rows: Rows) -> None:
    rows = {row["Id"]: row for row in demo_rows["Account"]}
    merges = [e for e in demo_log.events if isinstance(e, ev.AccountsMerged)]
    assert merges
    for merge in merges:
        loser = rows[salesforce_id("Account", merge.loser)]
        assert loser["IsDeleted"]
        assert loser["MasterRecordId"] == salesforce_id("Account", merge.survivor)
        assert loser["SystemModstamp"] >= merge.at
    masters = {row["Id"] for row in rows.values() if row["MasterRecordId"] is not None}
    assert masters == {salesforce_id("Account", merge.loser) for merge in merges}


def test_after_a_merge_nothing_but_history_points_at_the_loser(demo_rows: Rows) -> None:
    losers = {row["Id"] for row in demo_rows["Account"] if row["MasterRecordId"] is not None}
    for sobject, rows in demo_rows.items():
        for row in rows:
            pointing = [k for k, v in row.items() if v in losers and (sobject, k) != ("Account", "Id")]
            assert pointing == [] or sobject.endswith("History") or pointing == ["MasterRecordId"], (sobject, row["Id"])


def test_the_survivor_carries_type_tier_and_status_of_the_partner(demo_rows: Rows) -> None:
    masters = {row["MasterRecordId"] for row in demo_rows["Account"] if row["MasterRecordId"]}
    final = [r for r in demo_rows["Account"] if r["Id"] in masters and not r["IsDeleted"]]
    assert final
    assert all(r["Partner_Type__c"] and r["Partner_Tier__c"] and r["Partner_Status__c"] for r in final)


def test_half_of_the_test_records_are_known_by_their_name_only(demo_log: EventLog, demo_rows: Rows) -> None:
    meant = {
        salesforce_id("Opportunity", e.opportunity)
        for e in demo_log.events
        if isinstance(e, ev.OpportunityCreated) and e.is_test
    }
    flagged = {row["Id"] for row in demo_rows["Opportunity"] if row["Is_Test__c"]}
    assert flagged < meant
    by_name = [r["Name"].lower() for r in demo_rows["Opportunity"] if r["Id"] in meant - flagged]
    assert all(n.startswith(("test ", "zzz", "do not use")) or "(demo)" in n for n in by_name)


def test_tier_history_leads_to_the_present_tier(demo_rows: Rows) -> None:
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(demo_rows["AccountHistory"], key=lambda r: r["Id"]):
        if row["Field"] == "Partner_Tier__c":
            changes[row["AccountId"]].append(row)
    present = {row["Id"]: row["Partner_Tier__c"] for row in demo_rows["Account"]}
    assert len(changes) > 400
    for account, rows in changes.items():
        assert rows[-1]["NewValue"] == present[account]
        assert all(a["NewValue"] == b["OldValue"] for a, b in itertools.pairwise(rows))


def test_members_of_the_channel_programme_stand_on_their_present_level(demo_rows: Rows) -> None:
    levels = {row["Id"]: row for row in demo_rows["ChannelProgramLevel"]}
    tiers = {row["Id"]: row["Partner_Tier__c"] for row in demo_rows["Account"]}
    assert len(demo_rows["ChannelProgramMember"]) > 450
    for member in demo_rows["ChannelProgramMember"]:
        assert levels[member["LevelId"]]["Name"] == tiers[member["PartnerId"]]
        assert levels[member["LevelId"]]["ProgramId"] == member["ProgramId"]


def test_partners_of_the_programme_are_as_many_as_asked_for(demo_rows: Rows) -> None:
    partners = [
        r
        for r in demo_rows["Account"]
        if r["IsPartner"]
        and not r["IsDeleted"]
        and not r["Is_Test__c"]
        and not r["Name"].startswith(("ZZZ", "Harbour"))
    ]
    assert 490 <= len(partners) <= 510
