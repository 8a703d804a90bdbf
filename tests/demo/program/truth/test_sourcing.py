"""Who sourced a deal: three rules, the first that fires (§2, rulings 27, 30)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.demo.program.truth import Policy, opportunities, partner_id

from .tiny_programme import TinyProgramme

CREATED = "2025-03-01 10:00:00"


def sourced(p: TinyProgramme, deal: int, as_of: str = "2026-06-30") -> tuple[str | None, str | None]:
    truth = p.truth(deal, as_of)
    assert (truth.bucket == "sourced") == (truth.sourced_rule is not None)
    return truth.sourced_rule, truth.sourcing_partner_id


# --- 1 deal_registration


@pytest.mark.parametrize(
    ("submitted", "rule"),
    [("2025-03-01 09:59:59", "deal_registration"), (CREATED, "deal_registration"), ("2025-03-01 10:00:01", None)],
)
def test_a_registration_sources_a_deal_if_it_was_submitted_no_later_than_the_deals_creation(submitted, rule):
    p = TinyProgramme()
    deal, partner = p.deal(created=CREATED), p.partner()
    registration = p.registration(partner, deal, submitted=submitted, approved="2025-03-02 10:00:00")
    assert sourced(p, deal) == (rule, partner_id(partner) if rule else None)
    expected = salesforce_id("Deal_Registration__c", registration) if rule else None
    assert p.truth(deal).sourcing_record_id == expected


@pytest.mark.parametrize(("seconds", "rule"), [(0, "deal_registration"), (1, None)])
def test_days_of_grace_are_multiples_of_24_hours(seconds: int, rule: str | None):
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    submitted = datetime(2025, 3, 3, 10, tzinfo=UTC) + timedelta(seconds=seconds)
    led_deal = p.deal(created=CREATED)
    p.registration(p.partner(), deal, submitted=f"{submitted:%Y-%m-%d %H:%M:%S}", approved="2025-03-04")
    p.lead(p.partner(), led_deal, f"{submitted:%Y-%m-%d %H:%M:%S}", "2025-03-05")
    truth = opportunities(p.log(), date(2026, 6, 30), Policy(sourcing_grace_days=2))
    assert truth[salesforce_id("Opportunity", deal)].sourced_rule == rule
    assert truth[salesforce_id("Opportunity", led_deal)].sourced_rule == (rule and "partner_lead")


@pytest.mark.parametrize(
    ("approved", "rule"), [("2024-12-01 10:00:01", "deal_registration"), ("2024-12-01 10:00:00", None)]
)
def test_protection_lasts_ninety_times_24_hours_and_excludes_its_end(approved: str, rule: str | None):
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    p.registration(p.partner(), deal, submitted="2024-11-20", approved=approved)
    assert sourced(p, deal)[0] == rule


@pytest.mark.parametrize(("protection_end", "rule"), [("2025-03-01", "deal_registration"), ("2025-02-28", None)])
def test_a_protection_end_of_its_own_replaces_the_ninety_days_and_includes_its_day(protection_end, rule):
    p = TinyProgramme()
    deal = p.deal(created="2025-03-01 23:59:59")
    p.registration(p.partner(), deal, submitted="2024-01-01", approved="2024-01-02", protection_end=protection_end)
    assert sourced(p, deal)[0] == rule


def test_an_approval_without_a_date_links_and_cannot_source():
    p = TinyProgramme()
    deal = p.deal()
    p.registration(p.partner(), deal, approval_entered=False)
    assert (sourced(p, deal)[0], p.truth(deal).is_attached, p.truth(deal).bucket) == (None, True, "influenced")


def test_a_submission_without_a_date_cannot_source():
    p = TinyProgramme()
    deal = p.deal()
    p.registration(p.partner(), deal, submitted=None)
    assert (sourced(p, deal)[0], p.truth(deal).is_attached) == (None, True)


@pytest.mark.parametrize(
    ("approved", "rule"), [("2025-06-30 23:59:59", "deal_registration"), ("2025-07-01 00:00:00", None)]
)
def test_an_approval_after_the_day_of_the_close_cannot_source(approved: str, rule: str | None):
    p = TinyProgramme()
    deal = p.won_deal("2025-06-30", created=CREATED)
    p.registration(p.partner(), deal, approved=approved)
    assert sourced(p, deal)[0] == rule


def test_a_deal_is_sourced_only_from_the_day_of_the_approval_on():
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    p.registration(p.partner(), deal, approved="2025-04-10 09:00:00")
    assert (sourced(p, deal, "2025-04-09")[0], p.truth(deal, "2025-04-09").bucket) == (None, "influenced")
    assert sourced(p, deal, "2025-04-10")[0] == "deal_registration"


def test_a_revoked_registration_sources_up_to_the_day_before_its_revocation():
    p = TinyProgramme()
    deal = p.deal()
    p.end(p.registration(p.partner(), deal), "2025-05-01 08:00:00", "revoked")
    assert sourced(p, deal, "2025-04-30")[0] == "deal_registration"
    assert sourced(p, deal, "2025-05-01")[0] is None


@pytest.mark.parametrize("status", ["expired", "converted"])
def test_a_registration_that_expired_or_was_won_still_sources(status: str):
    p = TinyProgramme()
    deal = p.deal()
    p.end(p.registration(p.partner(), deal), "2025-05-01", status)
    assert sourced(p, deal)[0] == "deal_registration"


def test_of_several_registrations_the_earliest_submission_sources_and_not_the_earliest_approval():
    p = TinyProgramme()
    deal, slow, quick = p.deal(), p.partner(), p.partner()
    p.registration(quick, deal, submitted="2025-02-20 09:00:01", approved="2025-02-21")
    p.registration(slow, deal, submitted="2025-02-20 09:00:00", approved="2025-02-25")
    assert sourced(p, deal) == ("deal_registration", partner_id(slow))


def test_of_registrations_submitted_at_the_same_instant_the_smallest_id_sources():
    p = TinyProgramme()
    deal, second, first = p.deal(), p.partner(), p.partner()
    p.registration(first, deal)
    p.registration(second, deal)
    assert first > second
    assert sourced(p, deal) == ("deal_registration", partner_id(first))


def test_a_registration_that_cannot_source_leaves_the_place_to_the_next():
    p = TinyProgramme()
    deal, second = p.deal(), p.partner()
    p.registration(p.partner(is_test=True), deal, submitted="2025-01-01")
    p.registration(p.account(), deal, submitted="2025-01-02")
    p.delete("registration", p.registration(p.partner(), deal, submitted="2025-01-03"))
    p.registration(second, deal)
    assert sourced(p, deal) == ("deal_registration", partner_id(second))


# --- 2 partner_lead


@pytest.mark.parametrize(("submitted", "rule"), [(CREATED, "partner_lead"), ("2025-03-01 10:00:01", None)])
def test_a_partner_lead_sources_the_deal_it_became_if_it_is_not_younger_than_the_deal(submitted, rule):
    p = TinyProgramme()
    deal, partner = p.deal(created=CREATED), p.partner()
    lead = p.lead(partner, deal, submitted, "2025-03-02")
    assert sourced(p, deal) == (rule, partner_id(partner) if rule else None)
    assert p.truth(deal).sourcing_record_id == (salesforce_id("Lead", lead) if rule else None)
    assert p.truth(deal).is_attached


def test_of_several_leads_the_earliest_sources_and_of_equal_ones_the_smallest_id():
    p = TinyProgramme()
    deal, later, second, first = p.deal(), p.partner(), p.partner(), p.partner()
    p.lead(later, deal, "2025-02-02", "2025-03-01")
    p.lead(first, deal, "2025-02-01", "2025-03-02")
    p.lead(second, deal, "2025-02-01", "2025-03-01")
    assert sourced(p, deal) == ("partner_lead", partner_id(first))


def test_a_lead_converted_after_the_close_or_after_as_of_cannot_source():
    p = TinyProgramme()
    deal = p.won_deal("2025-06-30")
    p.lead(p.partner(), deal, "2025-01-01", "2025-07-01")
    assert sourced(p, deal)[0] is None
    open_deal = p.deal()
    p.lead(p.partner(), open_deal, "2025-01-01", "2025-04-10")
    assert sourced(p, open_deal, "2025-04-09")[0] is None
    assert sourced(p, open_deal, "2025-04-10")[0] == "partner_lead"


def test_test_leads_deleted_leads_and_leads_of_no_partner_cannot_source():
    p = TinyProgramme()
    deal = p.deal()
    p.lead(p.partner(), deal, "2025-02-01", "2025-03-01", is_test=True)
    p.lead(None, deal, "2025-02-01", "2025-03-01")
    p.delete("lead", p.lead(p.partner(), deal, "2025-02-01", "2025-03-01"))
    assert (sourced(p, deal)[0], p.truth(deal).bucket) == (None, "direct")


def test_a_registration_comes_before_a_lead_and_a_lead_before_the_lead_source():
    p = TinyProgramme()
    deal, registered, led = p.deal(lead_source="Partner Portal"), p.partner(), p.partner()
    p.lead(led, deal, "2025-01-01", "2025-03-01")
    assert sourced(p, deal) == ("partner_lead", partner_id(led))
    p.registration(registered, deal)
    assert sourced(p, deal) == ("deal_registration", partner_id(registered))


# --- 3 lead_source


@pytest.mark.parametrize(
    ("lead_source", "rule"),
    [("Partner Referral", "lead_source"), ("Partner Portal", "lead_source"), ("Web", None), (None, None)],
)
def test_a_partner_lead_source_with_exactly_one_linked_partner_sources(lead_source, rule):
    p = TinyProgramme()
    deal, partner = p.deal(lead_source=lead_source), p.partner()
    p.link(deal, partner)
    p.field(deal, partner, CREATED, tracked=False)
    assert sourced(p, deal) == (rule, partner_id(partner) if rule else None)
    assert p.truth(deal).sourcing_record_id is None


def test_a_partner_lead_source_without_a_linked_partner_does_not_source():
    p = TinyProgramme()
    deal, partner = p.deal(lead_source="Partner Referral"), p.partner()
    p.activity(deal, "2025-03-05", partner=partner)
    assert (sourced(p, deal)[0], p.truth(deal).bucket) == (None, "influenced")


@pytest.mark.parametrize(("primaries", "sources"), [(0, False), (1, True), (2, False)])
def test_with_several_linked_partners_the_only_primary_sources(primaries: int, sources: bool):
    p = TinyProgramme()
    deal, first, second = p.deal(lead_source="Partner Referral"), p.partner(), p.partner()
    p.link(deal, first, is_primary=primaries > 1)
    p.link(deal, second, is_primary=primaries > 0)
    assert sourced(p, deal) == (("lead_source", partner_id(second)) if sources else (None, None))


def test_a_primary_row_that_does_not_count_makes_nobody_primary():
    p = TinyProgramme()
    deal, first, second = p.deal(lead_source="Partner Referral"), p.partner(), p.partner()
    p.link(deal, first)
    p.link(deal, second)
    p.link(deal, second, role="Competitor", is_primary=True)
    p.link(deal, first, at="2027-01-01", is_primary=True)
    assert sourced(p, deal)[0] is None


@pytest.mark.parametrize("primary_row", [0, 1])
def test_a_primary_flag_on_any_of_a_partners_rows_makes_it_primary(primary_row: int):
    p = TinyProgramme()
    deal, first, second = p.deal(lead_source="Partner Referral"), p.partner(), p.partner()
    p.link(deal, first, is_primary=primary_row == 0)
    p.link(deal, first, at="2025-03-05", role="Distributor", is_primary=primary_row == 1)
    p.link(deal, second)
    assert sourced(p, deal) == ("lead_source", partner_id(first))


def test_only_the_partner_list_can_call_a_partner_primary():
    p = TinyProgramme()
    deal = p.deal(created=CREATED)
    p.field(deal, p.partner(), CREATED, tracked=False)
    p.registration(p.partner(), deal)
    p.lead(p.partner(), deal, "2025-02-01", "2025-03-01")
    p.link(deal, p.partner())
    truth = p.truth(deal)
    assert (len(truth.linked_partner_ids), truth.primary_partner_ids) == (4, ())
