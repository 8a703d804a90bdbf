"""Which partners a deal is linked to and since when (§2, rulings 27, 28, 30)."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.events import RegistrationLinked

from .tiny_programme import TinyProgramme

CREATED = "2025-03-01 10:00:00"


def test_a_deal_without_any_reference_is_not_attached():
    p = TinyProgramme()
    deal = p.deal()
    assert (p.linked(deal), p.truth(deal).is_attached) == ({}, False)


# --- the partner list


@pytest.mark.parametrize(
    ("role", "counts"),
    [("Reseller", True), ("Something else", True), ("Competitor", False), ("Customer", False), ("Client", False)],
)
def test_the_role_decides_whether_a_row_of_the_partner_list_links(role: str, counts: bool):
    p = TinyProgramme()
    deal = p.deal()
    p.link(deal, p.partner(), role=role)
    assert p.truth(deal).is_attached is counts


def test_the_same_partner_as_competitor_on_one_row_and_reseller_on_another_is_linked():
    p = TinyProgramme()
    deal, partner = p.deal(), p.partner()
    p.link(deal, partner, at="2025-03-02 09:00:00", role="Competitor")
    p.link(deal, partner, at="2025-03-04 09:00:00", role="Reseller")
    assert p.linked(deal) == {("partner_list", partner): "2025-03-04 09:00:00"}


def test_a_link_and_its_mirror_row_are_one_link():
    p = TinyProgramme()
    deal, partner = p.deal(), p.partner()
    p.link(deal, partner, has_reverse_row=True)
    assert p.linked(deal) == {("partner_list", partner): "2025-03-02 09:00:00"}


def test_a_deleted_row_does_not_link_at_any_as_of():
    p = TinyProgramme()
    deal = p.deal()
    p.delete("link", p.link(deal, p.partner()))
    assert p.linked(deal, "2025-04-01") == {}


def test_a_link_counts_from_its_own_day_on():
    p = TinyProgramme()
    deal, partner = p.deal(), p.partner()
    p.link(deal, partner, at="2025-03-31 23:59:59")
    assert p.linked(deal, "2025-03-30") == {}
    assert p.linked(deal, "2025-03-31") == {("partner_list", partner): "2025-03-31 23:59:59"}


@pytest.mark.parametrize("decide", ["won_deal", "lost_deal"])
def test_a_link_on_the_day_of_the_close_counts_and_one_on_the_next_day_does_not(decide: str):
    p = TinyProgramme()
    deal, in_time, late = getattr(p, decide)("2025-06-30"), p.partner(), p.partner()
    p.link(deal, in_time, at="2025-06-30 23:59:59")
    p.link(deal, late, at="2025-07-01 00:00:00")
    assert list(p.linked(deal)) == [("partner_list", in_time)]


def test_the_cut_off_of_a_deal_entered_late_is_its_creation():
    p = TinyProgramme()
    deal, partner = p.deal(created=CREATED, close="2025-01-15", stage="Closed Won"), p.partner()
    p.link(deal, partner, at="2025-03-01 18:00:00")
    assert list(p.linked(deal)) == [("partner_list", partner)]


def test_a_deal_won_with_a_later_close_date_takes_links_up_to_the_as_of_day():
    p = TinyProgramme()
    deal, partner = p.deal(), p.partner()
    p.stage(deal, "2025-04-01", "Closed Won", close="2025-06-15")
    p.link(deal, partner, at="2025-05-05 10:00:00")
    assert list(p.linked(deal, "2025-05-31")) == [("partner_list", partner)]


def test_a_link_older_than_the_deal_is_lifted_to_its_creation():
    p = TinyProgramme()
    deal, partner = p.deal(created=CREATED), p.partner()
    p.link(deal, partner, at="2024-01-01 00:00:00")
    assert p.linked(deal) == {("partner_list", partner): CREATED}


# --- look-up fields


@pytest.mark.parametrize("field", ["partner_account", "fulfillment_partner"])
def test_a_field_filled_at_creation_and_never_changed_links_since_creation(field: str):
    p = TinyProgramme()
    deal, partner = p.deal(created=CREATED), p.partner()
    p.field(deal, partner, CREATED, tracked=False, field=field)
    assert p.linked(deal) == {(field, partner): CREATED}


def test_a_field_without_history_has_its_present_value_since_creation_whenever_it_was_set():
    p = TinyProgramme()
    deal, first, present = p.won_deal("2025-06-30", created=CREATED), p.partner(), p.partner()
    p.field(deal, first, CREATED, tracked=False)
    p.field(deal, present, "2025-12-24 10:00:00", tracked=False)
    assert p.linked(deal, "2025-07-01") == {("partner_account", present): CREATED}


def test_a_tracked_change_links_from_its_own_instant_and_the_replaced_value_no_more():
    p = TinyProgramme()
    deal, first, second = p.deal(created=CREATED), p.partner(), p.partner()
    p.field(deal, first, CREATED, tracked=False)
    p.field(deal, second, "2025-04-10 12:00:00")
    assert p.linked(deal, "2025-04-09") == {("partner_account", first): CREATED}
    assert p.linked(deal, "2025-04-10") == {("partner_account", second): "2025-04-10 12:00:00"}


def test_before_the_first_tracked_change_the_field_holds_the_old_value_even_if_that_was_empty():
    p = TinyProgramme()
    deal, partner = p.deal(created=CREATED), p.partner()
    p.field(deal, partner, "2025-04-10 12:00:00")
    assert p.linked(deal, "2025-04-09") == {}
    assert p.linked(deal, "2025-04-10") == {("partner_account", partner): "2025-04-10 12:00:00"}


def test_a_change_after_the_close_does_not_count_and_the_value_at_the_close_does():
    p = TinyProgramme()
    deal, at_close, later = p.won_deal("2025-06-30", created=CREATED), p.partner(), p.partner()
    p.field(deal, at_close, CREATED, tracked=False)
    p.field(deal, later, "2025-07-01 00:00:00")
    assert p.linked(deal) == {("partner_account", at_close): CREATED}


def test_a_cleared_field_links_nobody():
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    p.field(deal, p.partner(), CREATED, tracked=False)
    p.field(deal, None, "2025-05-01 10:00:00")
    assert p.linked(deal) == {}


def test_the_history_of_a_field_wins_over_a_later_value_that_it_does_not_hold():
    p = TinyProgramme()
    deal, tracked, silent = p.deal(created=CREATED), p.partner(), p.partner()
    p.field(deal, tracked, "2025-04-01 10:00:00")
    p.field(deal, silent, "2025-05-01 10:00:00", tracked=False)
    assert p.linked(deal) == {("partner_account", tracked): "2025-04-01 10:00:00"}


def test_of_two_tracked_changes_at_the_same_instant_the_later_one_holds():
    p = TinyProgramme()
    deal, first, second = p.deal(created=CREATED), p.partner(), p.partner()
    p.field(deal, first, "2025-04-01 10:00:00")
    p.field(deal, second, "2025-04-01 10:00:00")
    assert p.linked(deal) == {("partner_account", second): "2025-04-01 10:00:00"}


# --- registrations and leads


def test_an_approved_registration_links_from_its_approval_on():
    p = TinyProgramme()
    deal, partner = p.deal(created=CREATED), p.partner()
    p.registration(partner, deal, approved="2025-03-20 15:00:00")
    assert p.linked(deal, "2025-03-19") == {}
    assert p.linked(deal, "2025-03-20") == {("deal_registration", partner): "2025-03-20 15:00:00"}


def test_an_approval_without_a_date_links_since_the_deals_creation():
    p = TinyProgramme()
    deal, partner = p.won_deal("2025-06-30", created=CREATED), p.partner()
    p.registration(partner, deal, approved="2026-01-01 15:00:00", approval_entered=False)
    assert p.linked(deal) == {("deal_registration", partner): CREATED}


def test_an_approval_after_the_close_does_not_link():
    p = TinyProgramme()
    deal = p.won_deal("2025-06-30")
    p.registration(p.partner(), deal, approved="2025-07-01 00:00:00")
    assert p.linked(deal) == {}


def test_the_opportunity_of_a_registration_is_its_present_value_at_every_as_of():
    p = TinyProgramme()
    first, second, partner = p.deal(created=CREATED), p.deal(created=CREATED), p.partner()
    registration = p.registration(partner, first)
    p.add(RegistrationLinked, "2026-05-05", registration=registration, opportunity=second)
    assert p.linked(first, "2025-04-01") == {}
    assert p.linked(second, "2025-04-01") == {("deal_registration", partner): CREATED}


def test_a_deleted_registration_or_lead_does_not_link():
    p = TinyProgramme()
    deal = p.deal()
    p.delete("registration", p.registration(p.partner(), deal))
    p.delete("lead", p.lead(p.partner(), deal, "2025-02-01", "2025-03-01"))
    assert p.linked(deal) == {}


def test_a_converted_partner_lead_links_from_the_start_of_its_day_lifted_to_the_creation():
    p = TinyProgramme()
    deal, partner, late = p.deal(created=CREATED), p.partner(), p.partner()
    p.lead(partner, deal, "2025-02-01 09:00:00", "2025-03-01 18:00:00")
    p.lead(late, deal, "2025-02-01 09:00:00", "2025-03-15 18:00:00")
    assert p.linked(deal) == {("lead", partner): CREATED, ("lead", late): "2025-03-15 00:00:00"}
    assert list(p.linked(deal, "2025-03-14")) == [("lead", partner)]


@pytest.mark.parametrize(("converted", "counts"), [("2025-06-30 23:59:59", True), ("2025-07-01 00:00:00", False)])
def test_a_conversion_after_the_day_of_the_close_does_not_link(converted: str, counts: bool):
    p = TinyProgramme()
    deal = p.won_deal("2025-06-30")
    p.lead(p.partner(), deal, "2025-02-01", converted)
    assert p.truth(deal).is_attached is counts


def test_a_lead_without_a_partner_or_a_test_lead_does_not_link():
    p = TinyProgramme()
    deal = p.deal()
    p.lead(None, deal, "2025-02-01", "2025-03-01")
    p.lead(p.partner(), deal, "2025-02-01", "2025-03-01", is_test=True)
    assert p.linked(deal) == {}


def test_kinds_and_partners_are_kept_apart():
    p = TinyProgramme()
    deal, one, two = p.deal(created=CREATED), p.partner(), p.partner()
    p.link(deal, one)
    p.link(deal, two)
    p.field(deal, one, CREATED, tracked=False)
    assert set(p.linked(deal)) == {("partner_list", one), ("partner_list", two), ("partner_account", one)}
    assert len(p.truth(deal).linked_partner_ids) == 2


def test_a_deal_that_does_not_exist_yet_has_no_link_no_touch_and_no_source():
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    p.link(deal, p.partner(), at="2025-02-01")
    p.registration(p.partner(), deal, submitted="2025-01-05", approved="2025-01-06")
    early = p.truth(deal, "2025-02-28")
    assert (early.links, early.touches, early.sourced_rule, early.bucket) == ((), (), None, None)
