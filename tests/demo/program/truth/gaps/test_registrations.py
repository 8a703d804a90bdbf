"""DR-01, DR-02, DR-06, DR-07 at their boundaries."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.demo.program.truth.facts import gather
from partnerops_pipeline.demo.program.truth.foreign_ids import marketplace_key
from partnerops_pipeline.demo.program.truth.gaps.registrations import marketplace_differences
from partnerops_pipeline.demo.program.truth.known import LAST_DAY, Known
from partnerops_pipeline.demo.program.truth.policy import Policy
from tests.demo.program.truth.tiny_programme import TinyProgramme, day


def in_crm(number: int) -> str:
    return salesforce_id("Deal_Registration__c", number)


def in_marketplace(number: int) -> str:
    return f"partnerstack:{marketplace_key('deal', number)}"


@pytest.mark.parametrize(
    ("as_of", "severity"),
    [
        ("2026-06-23", None),  # the second business day after Friday
        ("2026-06-24", "medium"),
        ("2026-06-25", "high"),
        ("2026-06-26", "high"),
        ("2026-06-27", "critical"),  # a Saturday, after five business days
    ],
)
def test_a_decision_waits_from_the_day_after_the_second_business_day_on(as_of: str, severity: str | None):
    p = TinyProgramme()
    number = p.registration(p.active_partner(country="US"), None, submitted="2026-06-19 23:00:00", approved=None)
    assert p.open_gaps("DR-01", as_of) == ({in_crm(number): severity} if severity else {})


def test_the_holidays_of_the_partner_s_region_count():
    p = TinyProgramme()
    for country in ("US", "DE"):
        p.registration(p.active_partner(country=country), None, submitted="2025-04-30 12:00:00", approved=None)
    assert p.open_gaps("DR-01", "2025-05-03") == {in_crm(1): "medium"}  # 1 May is free in Germany


def test_drafts_decided_and_undated_ones_do_not_wait():
    p = TinyProgramme()
    partner = p.active_partner()
    p.registration(partner, None, submitted=None, approved=None, status="draft")
    p.reject(p.registration(partner, None, approved=None), "2025-03-01")
    p.registration(partner, None)
    undated = p.registration(partner, None, submitted=None, approved=None)
    p.slip("marketplace", "deal", undated, "absent")
    assert p.open_gaps("DR-01") == {}


def test_the_marketplace_says_when_an_undated_one_came_in():
    p = TinyProgramme()
    undated = p.registration(p.active_partner(), None, submitted=None, approved=None)
    assert p.open_gaps("DR-01") == {in_crm(undated): "critical"}


def test_what_only_the_marketplace_numbers_waits_too_if_its_partner_is_known():
    p = TinyProgramme()
    partner = p.active_partner()
    person = p.contact(partner, f"a@c{partner}.example")
    number = p.registration(partner, None, approved=None, contact=person)
    p.slip("marketplace", "deal", number, "external_key_missing")
    assert set(p.open_gaps("DR-01")) == {in_crm(number), in_marketplace(number)}
    p.partner(domain=f"c{partner}.example")
    assert set(p.open_gaps("DR-01")) == {in_crm(number)}


@pytest.mark.parametrize(("as_of", "is_gap"), [("2026-06-22", False), ("2026-06-23", True)])
def test_an_approval_needs_a_deal_after_one_business_day(as_of: str, is_gap: bool):
    p = TinyProgramme()
    number = p.registration(p.active_partner(), None, submitted="2026-06-18", approved="2026-06-19 10:00:00")  # Friday
    assert p.open_gaps("DR-02", as_of) == ({in_crm(number): None} if is_gap else {})


def test_an_approval_on_an_unknown_day_needs_a_deal_at_once():
    p = TinyProgramme()
    number = p.registration(p.active_partner(), None, approved="2026-06-30", approval_entered=False)
    assert p.open_gaps("DR-02") == {in_crm(number): None}


def test_a_deleted_deal_is_none_and_what_ended_needs_none():
    p = TinyProgramme()
    partner, deal, gone = p.active_partner(), p.deal(), p.deal()
    p.registration(partner, deal)
    lost = p.registration(partner, gone)
    p.end(p.registration(partner, None), "2025-09-01", "expired")
    p.delete("opportunity", gone)
    assert p.open_gaps("DR-02") == {in_crm(lost): None}
    p.delete("registration", lost)
    assert p.open_gaps("DR-02") == {}


@pytest.mark.parametrize(("as_of", "is_gap"), [("2026-06-22", False), ("2026-06-23", True)])
def test_in_the_marketplace_alone_the_last_change_is_the_approval(as_of: str, is_gap: bool):
    p = TinyProgramme()
    partner = p.active_partner()
    person = p.contact(partner, f"a@c{partner}.example")
    number = p.registration(partner, p.deal(), submitted="2026-06-18", approved="2026-06-19 10:00:00", contact=person)
    p.slip("marketplace", "deal", number, "external_key_missing")
    assert p.open_gaps("DR-02", as_of) == ({in_marketplace(number): None} if is_gap else {})


def a_copy(slip: str, **values: object) -> tuple[TinyProgramme, int]:
    p = TinyProgramme()
    given = {"amount": Decimal("1000.00"), "expected_close": day("2025-09-01")}
    number = p.registration(p.active_partner(), None, **(given | values))  # type: ignore[arg-type]
    p.slip("marketplace", "deal", number, slip)
    return p, number


@pytest.mark.parametrize(
    ("slip", "is_gap"),
    [
        ("amount_differs", True),
        ("close_date_differs", True),
        ("external_key_short", False),
        ("close_date_vague", False),
    ],
)
def test_another_amount_or_close_date_in_the_marketplace_is_a_gap(slip: str, is_gap: bool):
    p, number = a_copy(slip)
    assert p.open_gaps("DR-06") == ({in_crm(number): None} if is_gap else {})


@pytest.mark.parametrize(
    ("said", "is_gap"),
    [
        ({"amount": Decimal("1050.00")}, False),
        ({"amount": Decimal("1050.01")}, True),
        ({"amount": Decimal("950.00")}, False),
        ({"amount": Decimal("949.99")}, True),
        ({"amount": None}, False),
        ({"currency": "EUR"}, True),
        ({"closes": day("2025-09-08")}, False),
        ({"closes": day("2025-09-09")}, True),
        ({"closes": day("2025-08-24")}, True),
        ({"status": "submitted"}, True),
        ({"status": "rejected"}, True),
    ],
)
def test_five_per_cent_and_seven_days_are_no_difference_yet(said: dict[str, object], is_gap: bool):
    p, number = a_copy("")
    known = Known.on(p.log(), gather(p.log()), day("2026-06-30"), LAST_DAY, Policy())
    [copy] = known.exports.deals
    known = replace(known, exports=replace(known.exports, deals=[replace(copy, **said)]))  # type: ignore[arg-type]
    assert [gap.entity_id for gap in marketplace_differences(known, {})] == ([in_crm(number)] if is_gap else [])


@pytest.mark.parametrize("slip", ["amount_differs", "close_date_differs"])
def test_what_nobody_entered_cannot_differ(slip: str):
    p, _ = a_copy(slip, amount=None, expected_close=None)
    assert p.open_gaps("DR-06") == {}


@pytest.mark.parametrize("status", ["expired", "converted", "withdrawn", "revoked"])
def test_another_state_in_the_marketplace_is_a_gap_if_the_deal_does_not_tell_it_already(status: str):
    p, number = a_copy("stage_behind")
    p.end(number, "2025-12-01", status)
    assert p.open_gaps("DR-06") == {in_crm(number): None}
    won = p.won_deal("2025-11-01")
    p.link_registration(number, won)
    assert (p.open_gaps("DR-06"), p.open_gaps("DR-07")) == ({}, {in_crm(number): None})


@pytest.mark.parametrize("status", ["expired", "converted", "withdrawn", "revoked", "rejected"])
def test_what_both_systems_say_has_ended_is_no_difference(status: str):
    p, number = a_copy("")
    if status == "rejected":
        p.reject(number, "2025-12-01")
    else:
        p.end(number, "2025-12-01", status)
    assert p.open_gaps("DR-06") == {}


def ended(deal_won: bool, status: str) -> TinyProgramme:
    p = TinyProgramme()
    deal = p.won_deal("2025-11-01") if deal_won else p.lost_deal("2025-11-01")
    number = p.registration(p.active_partner(), deal, approved=None if status == "submitted" else "2025-02-22")
    if status == "rejected":
        p.reject(number, "2025-12-01")
    elif status not in ("submitted", "approved"):
        p.end(number, "2025-12-01", status)
    return p


@pytest.mark.parametrize(
    ("deal_won", "status", "is_gap"),
    [
        (True, "submitted", True),
        (True, "approved", True),
        (True, "converted", False),
        (True, "expired", False),
        (True, "rejected", False),
        (True, "withdrawn", False),
        (False, "converted", True),
        (False, "approved", False),
        (False, "submitted", False),
        (False, "expired", False),
    ],
)
def test_the_end_of_the_deal_is_told_to_the_registration(deal_won: bool, status: str, is_gap: bool):
    p = ended(deal_won, status)
    assert p.open_gaps("DR-07") == ({in_crm(1): None} if is_gap else {})
    assert p.open_gaps("DR-07", "2025-10-31") == {}


def test_a_deal_that_does_not_count_tells_nothing():
    p = TinyProgramme()
    partner = p.active_partner()
    p.registration(partner, p.won_deal("2025-11-01", is_test=True))
    p.delete("opportunity", p.won_deal("2025-11-01"))
    p.registration(partner, 2)
    p.registration(partner, p.won_deal("2025-11-01", account=p.account(is_own_company=True)))
    assert p.open_gaps("DR-07") == {}
