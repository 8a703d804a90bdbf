from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.demo.program.records.stage_table import STAGES

Rows = dict[str, list[dict[str, Any]]]


def test_the_record_shows_what_the_last_change_left(demo_log: EventLog, demo_rows: Rows) -> None:
    last: dict[str, Any] = {}
    for event in demo_log.events:
        if isinstance(event, (ev.OpportunityCreated, ev.OpportunityChanged)):
            last[salesforce_id("Opportunity", event.opportunity)] = event
    assert len(last) == len(demo_rows["Opportunity"])
    for row in demo_rows["Opportunity"]:
        event = last[row["Id"]]
        assert (row["StageName"], row["Amount"], row["CloseDate"]) == (event.stage, event.amount, event.close_date)
        assert row["SystemModstamp"] >= event.at


def test_history_rows_are_the_changes_in_order_of_their_ids(demo_log: EventLog, demo_rows: Rows) -> None:
    told = [
        (salesforce_id("Opportunity", e.opportunity), e.at, e.stage, e.amount, e.close_date)
        for e in demo_log.events
        if isinstance(e, (ev.OpportunityCreated, ev.OpportunityChanged))
    ]
    imported = {
        salesforce_id("Opportunity", e.opportunity)
        for e in demo_log.events
        if isinstance(e, ev.OpportunityCreated) and not e.has_history
    }
    assert imported
    rows = sorted(demo_rows["OpportunityHistory"], key=lambda r: r["Id"])
    kept = [(r["OpportunityId"], r["CreatedDate"], r["StageName"], r["Amount"], r["CloseDate"]) for r in rows]
    assert kept == [t for t in told if t[0] not in imported]


def test_formula_fields_follow_from_stage_amount_and_dates(demo_log: EventLog, demo_rows: Rows) -> None:
    for row in demo_rows["Opportunity"]:
        stage = STAGES[row["StageName"]]
        assert (row["IsClosed"], row["IsWon"], row["Probability"]) == (stage.closed, stage.won, stage.probability)
        if row["Amount"] is None:
            assert row["ExpectedRevenue"] is None
        else:
            assert abs(row["ExpectedRevenue"] - row["Amount"] * stage.probability / 100) <= Decimal("0.005")
        until = row["CloseDate"] if row["IsClosed"] else demo_log.ends
        assert row["Days_Open__c"] == (until - row["CreatedDate"].date()).days
        assert row["Fiscal"] == f"{row['FiscalYear']} {row['FiscalQuarter']}"
        assert row["FiscalYear"] == row["CloseDate"].year


def test_open_deals_on_an_account_are_counted_on_it(demo_rows: Rows) -> None:
    count: dict[str, int] = defaultdict(int)
    for row in demo_rows["Opportunity"]:
        count[row["AccountId"]] += not row["IsClosed"] and not row["IsDeleted"]
    assert sum(count.values()) > 100
    for row in demo_rows["Account"]:
        assert row["Open_Opportunities__c"] == count[row["Id"]], row["Id"]


def test_a_mirror_row_names_the_deals_own_account_and_both_point_at_each_other(demo_rows: Rows) -> None:
    rows = {row["Id"]: row for row in demo_rows["OpportunityPartner"]}
    own = {row["Id"]: row["AccountId"] for row in demo_rows["Opportunity"]}
    mirrors = 0
    for row in rows.values():
        if row["ReversePartnerId"] is not None:
            other = rows[row["ReversePartnerId"]]
            assert other["ReversePartnerId"] == row["Id"]
            assert other["OpportunityId"] == row["OpportunityId"]
            assert row["IsDeleted"] == other["IsDeleted"]
            if row["Role"] == "Customer":
                mirrors += 1
                assert row["AccountToId"] == own[row["OpportunityId"]]
                assert not row["IsPrimary"]
    assert 500 < mirrors < len(rows) / 2


def test_tracked_look_ups_keep_the_old_and_the_new_id_and_name(demo_rows: Rows) -> None:
    names = {row["Id"]: row["Name"] for row in demo_rows["Account"]}
    rows = sorted(demo_rows["OpportunityFieldHistory"], key=lambda r: r["Id"])
    look_ups = [r for r in rows if r["Field"] in ("PartnerAccount", "Fulfillment_Partner__c")]
    assert len(look_ups) > 100
    for by_name, by_id in zip(look_ups[::2], look_ups[1::2], strict=True):
        assert (by_name["DataType"], by_id["DataType"]) == ("Text", "EntityId")
        for value in ("OldValue", "NewValue"):
            assert by_name[value] == (None if by_id[value] is None else names[by_id[value]])


def test_untracked_changes_of_a_look_up_leave_only_the_present_value(demo_log: EventLog, demo_rows: Rows) -> None:
    present = {row["Id"]: row for row in demo_rows["Opportunity"]}
    tracked = {e.opportunity for e in demo_log.events if isinstance(e, ev.PartnerFieldSet) and e.tracked}
    with_history = {r["OpportunityId"] for r in demo_rows["OpportunityFieldHistory"] if r["DataType"] == "EntityId"}
    last: dict[int, ev.PartnerFieldSet] = {}
    for event in demo_log.events:
        if isinstance(event, ev.PartnerFieldSet) and event.opportunity not in tracked:
            last[event.opportunity] = event
    assert len(last) > 50
    for number, event in last.items():
        row = present[salesforce_id("Opportunity", number)]
        column = "PartnerAccountId" if event.field == "partner_account" else "Fulfillment_Partner__c"
        assert (row[column] is None) == (event.account is None)
        assert row["Id"] not in with_history
