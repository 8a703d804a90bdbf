"""Leads, registrations and claims (§4, rulings 8, 11 to 13), reckoned by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from partnerops_pipeline.demo.program.events import MdfClaimDecided, RegistrationApproved
from partnerops_pipeline.demo.program.simulate import moved
from partnerops_pipeline.demo.program.truth import headline_metrics

from .tiny_programme import TinyProgramme, day, instant

DECISION, CLAIM = "deal_registration_decision_hours", "mdf_claim_payment_days"
JUNE = ("month", "2025-06-01")


def test_leads_of_partners_count_on_the_day_they_were_sent():
    p = TinyProgramme()
    partner = p.active_partner()
    p.sent_lead(partner, "2025-06-30 23:59:59")
    p.sent_lead(partner, "2025-07-01 00:00:00")
    p.sent_lead(None, "2025-06-10")
    p.sent_lead(p.account(), "2025-06-10")  # no partner
    p.sent_lead(partner, "2025-06-10", is_test=True)
    p.delete("lead", p.sent_lead(partner, "2025-06-10"))
    assert p.numbers("leads_submitted", *JUNE) == ("1", "1", None, 1, 0)
    assert p.numbers("leads_submitted", "trailing_4q", "2024-07-01") == ("1", "1", None, 1, 0)
    assert p.numbers("leads_submitted", "year", "2025-01-01", as_of="2025-07-01")[0] == "2"
    assert p.numbers("leads_submitted", "year", "2025-01-01", as_of="2025-06-30")[0] == "1"


def test_a_lead_of_a_merged_account_is_the_survivor_s_and_its_tier_is_that_of_its_day():
    p = TinyProgramme()
    loser, stays = p.partner(), p.active_partner("silver", kind="msp", country="US")
    p.tier(stays, "gold", "2025-06-15 12:00:00")
    p.merge(loser, stays, at="2026-05-05")
    p.sent_lead(loser, "2025-06-14")
    p.sent_lead(loser, "2025-06-15 01:00:00")
    for dimension, value, count in (
        ("partner_type", "msp", "2"), ("partner_region", "na", "2"), ("tier", "silver", "1"), ("tier", "gold", "1"),
    ):  # fmt: skip
        assert p.numbers("leads_submitted", *JUNE, dimension, value)[0] == count
    assert p.metric("leads_submitted", *JUNE, "tier", "unknown") is None


def decided(p: TinyProgramme, submitted: str, approved: str | None = None, **values: object) -> int:
    partner = values.pop("partner", None) or p.active_partner(country="US")
    return p.registration(partner, None, submitted=submitted, approved=approved, **values)  # type: ignore[arg-type]


def test_a_decision_takes_business_hours_of_the_partner_s_region():
    p = TinyProgramme()
    decided(p, "2025-06-06 15:00:00", "2025-06-09 11:30:00")  # Friday to Monday: 2 + 2.5 hours
    p.reject(decided(p, "2025-06-10 09:00:00"), "2025-06-10 10:00:00")
    decided(p, "2025-06-02 09:00:00", "2025-06-03 17:00:00")
    assert p.numbers(DECISION, *JUNE) == ("4.5", None, None, 3, 0)
    assert p.numbers(f"{DECISION}_p90", *JUNE) == ("13.7", None, None, 3, 0)  # 4.5 + 0.8 × (16 − 4.5)
    emea = p.active_partner(country="DE")
    decided(p, "2025-05-01 09:00:00", "2025-05-02 10:00:00", partner=emea)
    assert p.numbers(DECISION, "month", "2025-05-01") == ("1", None, None, 1, 0)  # the first of May is free


def test_decided_before_it_was_submitted_is_left_out_and_counted():
    p = TinyProgramme()
    number = decided(p, "2025-06-10 09:00:00")
    p.add(RegistrationApproved, "2025-06-10 08:59:59", registration=number, date_entered=True, protection_end=None)
    assert p.numbers(DECISION, *JUNE) == (None, None, None, 0, 1)
    row = p.metric(DECISION, *JUNE)
    assert row is not None
    assert row.excluded_reason == "negative_duration"
    assert p.numbers("deal_registration_approval_rate", *JUNE)[0] == "1"


def test_a_decision_in_the_same_second_took_no_time_and_one_on_the_as_of_day_counts():
    p = TinyProgramme()
    decided(p, "2025-06-10 09:00:00", "2025-06-10 09:00:00")
    assert p.numbers(DECISION, *JUNE, as_of="2025-06-10") == ("0", None, None, 1, 0)
    assert p.numbers("deal_registration_approval_rate", *JUNE, as_of="2025-06-10")[0] == "1"
    assert p.numbers(DECISION, *JUNE, as_of="2025-06-09")[3] == 0


def test_the_first_decision_is_the_approval_though_it_was_taken_back():
    p = TinyProgramme()
    p.reject(decided(p, "2025-06-10 09:00:00", "2025-06-10 11:00:00"), "2025-06-20 12:00:00")
    p.reject(decided(p, "2025-06-10 09:00:00", "2025-06-10 11:00:00", approval_entered=False), "2025-06-11 12:00:00")
    assert p.numbers(DECISION, *JUNE)[3] == 2
    assert p.numbers("deal_registration_approval_rate", *JUNE) == ("0.5", "1", "2", 2, 0)


def test_a_decision_without_a_date_lies_in_no_period():
    p = TinyProgramme()
    decided(p, "2025-06-10 09:00:00", "2025-06-10 11:00:00", approval_entered=False)
    p.end(decided(p, "2025-06-10 09:00:00"), "2025-06-10 10:00:00", "withdrawn")
    assert p.numbers(DECISION, "year", "2025-01-01")[3] == 0
    assert p.numbers("deal_registration_approval_rate", "year", "2025-01-01") == (None, "0", "0", 0, 0)


def test_an_empty_submission_date_is_filled_from_the_marketplace_unless_it_has_no_such_deal():
    p = TinyProgramme()
    decided(p, None, "2025-06-10 11:00:00")  # type: ignore[arg-type]
    assert p.numbers(DECISION, *JUNE)[3] == 1
    p.slip("marketplace", "deal", 1, "absent")
    assert p.numbers(DECISION, *JUNE)[3] == 0


@pytest.mark.parametrize(
    ("approved", "in_time"), [("2025-06-05 17:00:00", "1"), ("2025-06-05 17:00:01", "0"), (None, "0")]
)
def test_a_decision_is_due_at_the_close_of_the_third_business_day(approved: str | None, in_time: str):
    p = TinyProgramme()
    decided(p, "2025-06-02 23:00:00", approved)  # Monday
    assert p.numbers(f"{DECISION}_sla_rate", *JUNE, as_of="2025-06-05") == (in_time, in_time, "1", 1, 0)
    assert p.numbers(f"{DECISION}_sla_rate", *JUNE, as_of="2025-06-04") == (None, "0", "0", 0, 0)


@pytest.mark.parametrize(
    ("withdrawn", "entered", "due"),
    [("2025-06-05 16:59:59", True, 0), ("2025-06-05 17:00:00", True, 1), ("2025-06-03 12:00:00", False, 1)],
)
def test_withdrawn_before_it_is_due_is_left_out(withdrawn: str, entered: bool, due: int):
    p = TinyProgramme()
    p.end(decided(p, "2025-06-02 10:00:00"), withdrawn, "withdrawn", entered)
    assert p.numbers(f"{DECISION}_sla_rate", *JUNE)[3] == due


def test_deleted_and_test_registrations_and_those_of_no_partner_do_not_count():
    p = TinyProgramme()
    p.delete("registration", decided(p, "2025-06-02 10:00:00", "2025-06-03 10:00:00"))
    decided(p, "2025-06-02 10:00:00", "2025-06-03 10:00:00", partner=p.account())
    decided(p, "2025-06-02 10:00:00", "2025-06-03 10:00:00", customer_name="Test Customer")
    assert p.numbers(DECISION, *JUNE)[3] == 0


def test_what_the_marketplace_has_without_a_usable_id_is_a_registration_of_its_own_and_nobody_knows_its_decision():
    p = TinyProgramme()
    partner = p.active_partner(country="US")
    person = p.contact(partner, f"a.b@c{partner}.example")
    number = decided(p, "2025-06-02 10:00:00", "2025-06-03 10:00:00", partner=partner, contact=person)
    p.slip("marketplace", "deal", number, "external_key_missing")
    assert p.numbers(f"{DECISION}_sla_rate", *JUNE) == ("0.5", "1", "2", 2, 0)
    assert p.numbers(DECISION, *JUNE)[3] == 1
    test = decided(p, "2025-06-02 10:00:00", partner=partner, contact=person, customer_name="Demo Corp (demo)")
    p.slip("marketplace", "deal", test, "external_key_missing")
    assert p.numbers(f"{DECISION}_sla_rate", *JUNE)[3] == 2


def paid_claim(p: TinyProgramme, submitted: str, paid: str | None, partner: int | None = None, **values: str) -> int:
    partner = partner or p.active_partner()
    request = p.request(partner, p.budget(partner))
    return p.claim(request, submitted, **({"decided": submitted, "approved": "800.00", "paid": paid} | values))


def test_payment_is_counted_in_calendar_days_to_the_day_of_full_payment():
    p = TinyProgramme()
    paid_claim(p, "2025-05-31 23:00:00", "2025-06-10 01:00:00")
    paid_claim(p, "2025-06-01", "2025-06-01")
    half = paid_claim(p, "2025-06-01", "2025-06-05", approved="400.00")  # as much as was approved
    assert p.numbers(CLAIM, *JUNE) == ("4", None, None, 3, 0)
    assert p.numbers(f"{CLAIM}_p90", *JUNE) == ("8.8", None, None, 3, 0)
    p.pay(half, "2025-06-20", "1.00")  # the day is that of the last payment
    assert p.numbers(CLAIM, *JUNE) == ("10", None, None, 3, 0)
    assert p.numbers(CLAIM, *JUNE, as_of="2025-06-09")[3] == 1


def test_a_claim_paid_in_part_is_not_paid():
    p = TinyProgramme()
    claim = paid_claim(p, "2025-06-01", None)
    p.pay(claim, "2025-06-05", "799.99")
    assert p.numbers(CLAIM, *JUNE)[3] == 0
    p.pay(claim, "2025-06-06", "0.01")
    assert p.numbers(CLAIM, *JUNE)[:1] == ("5",)


def test_without_the_portal_the_approved_amount_is_what_was_claimed_at_most_what_was_granted():
    p = TinyProgramme()
    partner = p.active_partner()
    claim = p.claim(p.request(partner, p.budget(partner), "700.00"), "2025-06-01", amount="800.00")
    p.pay(claim, "2025-06-05", "700.00")
    assert p.numbers(CLAIM, *JUNE)[3] == 1
    p.add(MdfClaimDecided, "2025-06-02", claim=claim, approved=Decimal("750.00"))
    assert p.numbers(CLAIM, *JUNE)[3] == 0
    p.slip("portal", "claim", claim, "absent")
    assert p.numbers(CLAIM, *JUNE)[3] == 1


@pytest.mark.parametrize(("paid", "in_time"), [("2025-06-15 23:59:59", "1"), ("2025-06-16", "0")])
def test_a_payment_is_due_45_days_after_the_claim(paid: str, in_time: str):
    p = TinyProgramme()
    paid_claim(p, "2025-05-01 12:00:00", paid)
    assert p.numbers(f"{CLAIM}_sla_rate", *JUNE, as_of="2025-06-15") == (in_time, in_time, "1", 1, 0)
    assert p.numbers(f"{CLAIM}_sla_rate", *JUNE, as_of="2025-06-14") == (None, "0", "0", 0, 0)


@pytest.mark.parametrize(("rejected", "due"), [("2025-06-15 23:00:00", 0), ("2025-06-16", 1)])
def test_a_claim_turned_down_by_the_day_it_is_due_is_left_out(rejected: str, due: int):
    p = TinyProgramme()
    partner = p.active_partner()
    p.claim(p.request(partner, p.budget(partner)), "2025-05-01 12:00:00", decided=rejected)
    assert p.numbers(f"{CLAIM}_sla_rate", *JUNE)[3] == due
    assert p.numbers(CLAIM, "year", "2025-01-01")[3] == 0


def test_a_claim_that_only_the_portal_numbers_is_a_claim_of_its_own_if_its_partner_is_known():
    p = TinyProgramme()
    partner = p.active_partner()
    p.slip("portal", "claim", paid_claim(p, "2025-06-01", "2025-06-05", partner), "crm_id_missing")
    assert p.numbers(CLAIM, *JUNE)[3] == 2
    p.slip("portal", "partner", partner, "absent")
    assert p.numbers(CLAIM, *JUNE)[3] == 1


def test_rows_begin_with_the_first_line_though_the_series_of_deals_begins_later():
    p = TinyProgramme()
    p.sent_lead(p.active_partner(since="2023-05-01"), "2023-06-10")
    assert p.numbers("leads_submitted", "month", "2023-06-01")[0] == "1"
    assert p.metric("leads_submitted", "month", "2023-05-01") is None
    assert p.numbers("leads_submitted", "month", "2023-08-01")[0] == "0"


def test_moving_one_decision_moves_the_truth():
    p = TinyProgramme()
    number = decided(p, "2025-06-02 10:00:00", "2025-06-03 10:00:00")
    p.deal(created="2023-07-03 10:00:00", close="2027-01-01")
    later = moved(p.log(), RegistrationApproved, lambda e: e.registration == number, at=instant("2025-07-03"))
    changed = set(headline_metrics(p.log(), day("2026-06-30"))) ^ set(headline_metrics(later, day("2026-06-30")))
    assert {row.metric_id for row in changed} == {
        DECISION, f"{DECISION}_p90", f"{DECISION}_sla_rate", "deal_registration_approval_rate",
    }  # fmt: skip
