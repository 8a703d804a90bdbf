"""Touches, the window of influence and the three buckets (§2, rulings 30, 36)."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.truth import partner_id

from .tiny_programme import TinyProgramme

CREATED = "2025-03-31 10:00:00"  # ninety days before: 2024-12-31


def touches(p: TinyProgramme, deal: int, as_of: str = "2026-06-30") -> list[tuple[str, str]]:
    return [(t.kind, f"{t.at:%Y-%m-%d %H:%M:%S}") for t in p.truth(deal, as_of).touches]


def test_without_a_touch_a_deal_is_direct():
    p = TinyProgramme()
    assert p.truth(p.deal()).bucket == "direct"


def test_a_linked_deal_that_nobody_sourced_is_influenced():
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    p.link(deal, p.partner(), at="2020-01-01")
    truth = p.truth(deal)
    assert (truth.bucket, truth.is_attached, touches(p, deal)) == ("influenced", True, [("link", CREATED)])


@pytest.mark.parametrize(
    ("submitted", "bucket"), [("2024-12-31 10:00:00", "influenced"), ("2024-12-31 09:59:59", "direct")]
)
def test_between_instants_the_lookback_is_ninety_times_24_hours_to_the_second(submitted: str, bucket: str):
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    p.registration(p.partner(), deal, submitted=submitted, approved=None)
    assert p.truth(deal).bucket == bucket


@pytest.mark.parametrize(("on", "bucket"), [("2024-12-31", "influenced"), ("2024-12-30", "direct")])
def test_a_bare_date_is_held_against_the_lookback_by_day(on: str, bucket: str):
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    p.activity(deal, on, partner=p.partner())
    assert p.truth(deal).bucket == bucket


@pytest.mark.parametrize(("on", "touch"), [("2025-06-30", [("activity", "2025-06-30 00:00:00")]), ("2025-07-01", [])])
def test_a_touch_counts_up_to_the_day_of_the_close(on: str, touch: list):
    p = TinyProgramme()
    deal = p.won_deal("2025-06-30", created=CREATED)
    p.activity(deal, on, partner=p.partner())
    assert touches(p, deal) == touch


def test_while_a_deal_is_open_touches_count_up_to_as_of_and_never_from_the_future():
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    p.activity(deal, "2026-01-15", partner=p.partner(), at="2025-04-01")
    assert p.truth(deal, "2026-01-14").bucket == "direct"
    assert p.truth(deal, "2026-01-15").bucket == "influenced"


def test_an_attached_deal_entered_long_after_its_close_is_influenced():
    p = TinyProgramme()
    deal = p.deal(created=CREATED, close="2024-01-01", stage="Closed Won")
    p.link(deal, p.partner(), at="2023-12-01")
    assert (p.truth(deal).bucket, touches(p, deal)) == ("influenced", [("link", CREATED)])


# --- activities


def test_an_activity_touches_for_its_partner_field_and_for_the_partner_of_its_contact():
    p = TinyProgramme()
    deal, field, employer = p.deal(created=CREATED), p.partner(), p.partner()
    p.activity(deal, "2025-04-01", partner=field, contact=p.contact(employer))
    assert p.truth(deal).touching_partner_ids == (partner_id(field), partner_id(employer))


def test_one_partner_met_through_field_and_contact_is_touched_once():
    p = TinyProgramme()
    deal, partner = p.deal(created=CREATED), p.partner()
    p.activity(deal, "2025-04-01", partner=partner, contact=p.contact(partner))
    assert touches(p, deal) == [("activity", "2025-04-01 00:00:00")]


def test_activities_with_customers_of_other_deals_or_deleted_do_not_touch():
    p = TinyProgramme()
    customer, own_partner = p.account(), p.partner()
    deal, partner = p.deal(created=CREATED, account=own_partner), p.partner()
    p.activity(deal, "2025-04-01", contact=p.contact(customer))
    p.activity(deal, "2025-04-01", contact=p.contact(own_partner))
    p.activity(deal, "2025-04-01", partner=own_partner)
    p.activity(p.deal(), "2025-04-01", partner=partner)
    p.activity(None, "2025-04-01", partner=partner)
    p.delete("activity", p.activity(deal, "2025-04-01", partner=partner))
    gone = p.contact(partner)
    p.delete("contact", gone)
    p.activity(deal, "2025-04-01", contact=gone)
    assert p.truth(deal).bucket == "direct"


# --- campaigns


def test_a_contact_of_the_deal_in_a_partners_campaign_touches_when_it_became_a_member():
    p = TinyProgramme()
    customer = p.account()
    on_deal, on_role = p.contact(customer), p.contact(customer)
    deal = p.deal(created=CREATED, account=customer, contact=on_deal)
    p.buyer(deal, on_role, at="2025-04-10 09:00:00")
    p.membership(p.partner(), on_deal, "2025-04-01 12:00:00")
    p.membership(p.partner(), on_role, "2025-04-02 12:00:00")
    assert touches(p, deal, "2025-04-09") == [("campaign", "2025-04-01 12:00:00")]
    assert touches(p, deal, "2025-04-10") == [
        ("campaign", "2025-04-01 12:00:00"),
        ("campaign", "2025-04-02 12:00:00"),
    ]


def test_a_contact_that_came_to_the_deal_twice_touches_once():
    p = TinyProgramme()
    customer = p.account()
    buyer = p.contact(customer)
    deal = p.deal(created=CREATED, account=customer, contact=buyer)
    p.buyer(deal, buyer)
    p.membership(p.partner(), buyer, "2025-04-01 12:00:00")
    assert len(touches(p, deal)) == 1


@pytest.mark.parametrize("partner", [None, {"is_partner": False}, {"is_partner": True, "is_own_company": True}])
def test_a_campaign_without_a_real_partner_does_not_touch(partner: dict | None):
    p = TinyProgramme()
    customer = p.account()
    buyer = p.contact(customer)
    deal = p.deal(created=CREATED, account=customer, contact=buyer)
    p.membership(None if partner is None else p.account(**partner), buyer, "2025-04-01")
    assert p.truth(deal).bucket == "direct"


def test_a_deleted_membership_or_a_contact_that_is_not_on_the_deal_does_not_touch():
    p = TinyProgramme()
    customer, partner = p.account(), p.partner()
    buyer, stranger, gone = p.contact(customer), p.contact(customer), p.contact(customer)
    deal = p.deal(created=CREATED, account=customer, contact=buyer)
    p.buyer(deal, gone)
    p.membership(partner, stranger, "2025-04-01")
    p.delete("campaign_member", p.membership(partner, buyer, "2025-04-01"))
    p.membership(partner, gone, "2025-04-01")
    p.delete("contact", gone)
    assert p.truth(deal).bucket == "direct"


@pytest.mark.parametrize(
    ("joined", "bucket"),
    [
        ("2024-12-31 10:00:00", "influenced"),
        ("2024-12-31 09:59:59", "direct"),
        ("2025-06-30 23:59:59", "influenced"),
        ("2025-07-01 00:00:00", "direct"),
    ],
)
def test_a_membership_counts_from_the_lookback_to_the_close(joined: str, bucket: str):
    p = TinyProgramme()
    customer = p.account()
    buyer = p.contact(customer)
    deal = p.won_deal("2025-06-30", created=CREATED, account=customer, contact=buyer)
    p.membership(p.partner(), buyer, joined)
    assert p.truth(deal).bucket == bucket


def test_a_registration_of_the_deals_own_account_does_not_touch():
    p = TinyProgramme()
    own = p.partner()
    deal = p.deal(created=CREATED, account=own)
    p.registration(own, deal, approved=None, submitted=CREATED)
    assert p.truth(deal).bucket == "direct"
