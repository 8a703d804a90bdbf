"""MD-03 and MD-04 at their boundaries."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.demo.program.truth.foreign_ids import portal_claim_id
from tests.demo.program.truth.tiny_programme import TinyProgramme


def in_crm(number: int) -> str:
    return salesforce_id("PartnerFundClaim", number)


def in_portal(number: int) -> str:
    return f"impartner:{portal_claim_id(number)}"


def a_request(granted: str = "1000.00", budget: str = "10000.00") -> tuple[TinyProgramme, int]:
    p = TinyProgramme()
    partner = p.active_partner()
    return p, p.request(partner, p.budget(partner, budget), granted)


@pytest.mark.parametrize(
    ("as_of", "severity"),
    [("2025-05-31", None), ("2025-06-01", "high"), ("2025-06-15", "high"), ("2025-06-16", "critical")],
)
def test_a_claim_waits_after_thirty_days_and_too_long_after_45(as_of: str, severity: str | None):
    p, request = a_request()
    claim = p.claim(request, "2025-05-01 23:00:00")
    assert p.open_gaps("MD-03", as_of) == ({in_crm(claim): severity} if severity else {})


def test_paid_in_full_or_turned_down_waits_no_more_but_paid_in_part_does():
    p, request = a_request()
    p.claim(request, "2025-05-01", decided="2025-05-02", approved="800.00", paid="2025-06-10")
    p.claim(request, "2025-05-01", decided="2025-05-02")
    half = p.claim(request, "2025-05-01", decided="2025-05-02", approved="800.00")
    p.pay(half, "2025-05-20", "400.00")
    assert p.open_gaps("MD-03", "2025-06-30") == {in_crm(half): "critical"}
    assert set(p.open_gaps("MD-03", "2025-06-09")) == {in_crm(1), in_crm(half)}


def test_a_claim_that_only_the_portal_numbers_waits_too():
    p, request = a_request()
    claim = p.claim(request, "2025-05-01")
    p.slip("portal", "claim", claim, "crm_id_missing")
    assert set(p.open_gaps("MD-03")) == {in_crm(claim), in_portal(claim)}


@pytest.mark.parametrize(("amount", "is_gap"), [("1000.00", False), ("1000.01", True)])
def test_a_claim_may_want_what_its_request_was_granted_and_no_more(amount: str, is_gap: bool):
    p, request = a_request()
    claim = p.claim(request, "2026-06-01", amount)
    assert p.open_gaps("MD-04") == ({in_crm(claim): None} if is_gap else {})


@pytest.mark.parametrize(("second", "both"), [("400.00", False), ("400.01", True)])
def test_the_claims_of_a_request_share_its_grant(second: str, both: bool):
    p, request = a_request()
    claims = [p.claim(request, "2026-06-01", "600.00"), p.claim(request, "2026-06-02", second)]
    p.claim(request, "2026-06-03", "900.00", decided="2026-06-04")  # turned down
    assert p.open_gaps("MD-04") == ({in_crm(claim): None for claim in claims} if both else {})


@pytest.mark.parametrize(("budget", "is_gap"), [("1200.00", False), ("1199.99", True)])
def test_the_claims_of_a_budget_share_its_amount(budget: str, is_gap: bool):
    p = TinyProgramme()
    partner = p.active_partner()
    number = p.budget(partner, budget)
    claims = [p.claim(p.request(partner, number, "600.00"), "2026-06-01", "600.00") for _ in range(2)]
    assert p.open_gaps("MD-04") == ({in_crm(claim): None for claim in claims} if is_gap else {})


def test_a_claim_of_the_portal_alone_counts_for_itself_and_not_in_the_sums():
    p, request = a_request()
    claim = p.claim(request, "2026-06-01", "600.00")
    p.slip("portal", "claim", claim, "crm_id_missing")
    assert p.open_gaps("MD-04") == {}
    other = p.claim(request, "2026-06-01", "1000.01")
    p.slip("portal", "claim", other, "crm_id_missing")
    assert set(p.open_gaps("MD-04")) == {in_crm(claim), in_crm(other), in_portal(other)}


def test_a_larger_amount_in_the_portal_does_not_matter_where_the_crm_has_the_claim():
    p, request = a_request("620.00")
    p.slip("portal", "claim", p.claim(request, "2026-06-01", "600.00"), "amount_differs")
    assert p.open_gaps("MD-04") == {}
