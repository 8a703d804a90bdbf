from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.events import EventLog

Rows = dict[str, list[dict[str, Any]]]


def test_what_was_paid_on_claims_is_what_budgets_say_was_reimbursed(demo_log: EventLog, demo_rows: Rows) -> None:
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for claim in demo_rows["PartnerFundClaim"]:
        paid[claim["BudgetId"]] += claim["Paid_Amount__c"] or 0
    assert sum(paid.values()) == sum(e.amount for e in demo_log.events if isinstance(e, ev.MdfPaid)) > 0
    for budget in demo_rows["PartnerMarketingBudget"]:
        assert budget["TotalReimbursedFcs"] == paid[budget["Id"]]


def test_a_claim_paid_in_two_parts_shows_their_sum(demo_log: EventLog, demo_rows: Rows) -> None:
    parts: dict[int, list[Decimal]] = defaultdict(list)
    for event in demo_log.events:
        if isinstance(event, ev.MdfPaid):
            parts[event.claim].append(event.amount)
    twice = [sum(amounts) for amounts in parts.values() if len(amounts) == 2]
    assert twice
    shown = [row["Paid_Amount__c"] for row in demo_rows["PartnerFundClaim"]]
    assert all(total in shown for total in twice)


def test_every_state_of_requests_and_claims_occurs(demo_rows: Rows) -> None:
    assert {r["Status"] for r in demo_rows["PartnerFundRequest"]} == {"Submitted", "Approved", "Rejected"}
    assert {r["Status"] for r in demo_rows["PartnerFundClaim"]} == {"Submitted", "Approved", "Rejected", "Paid"}
