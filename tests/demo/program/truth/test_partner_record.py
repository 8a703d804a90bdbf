"""A partner's status and tier on a day (ruling 33), and what a merge leaves."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.truth.facts import gather
from partnerops_pipeline.demo.program.truth.partner_record import PartnerRecord

from .tiny_programme import TinyProgramme, day


def record(p: TinyProgramme, account: int) -> PartnerRecord:
    return gather(p.log()).records[account]


def tiers(p: TinyProgramme, account: int, *days: str, as_of: str = "2026-06-30") -> list[str]:
    return [record(p, account).tier_on(day(d), day(as_of)) for d in days]


def test_a_status_counts_on_its_own_day_and_is_unknown_before_the_first():
    p = TinyProgramme()
    partner = p.partner()
    p.status(partner, "active", "2024-03-01 23:59:59")
    p.status(partner, "suspended", "2024-05-01 10:00:00")
    found = [record(p, partner).status_on(day(d)) for d in ("2024-02-29", "2024-03-01", "2024-04-30", "2024-05-01")]
    assert found == ["unknown", "active", "active", "suspended"]


def test_of_two_changes_on_one_day_the_later_one_counts():
    p = TinyProgramme()
    partner = p.partner()
    p.status(partner, "active", "2024-03-01 09:00:00")
    p.status(partner, "terminated", "2024-03-01 10:00:00")
    assert record(p, partner).status_on(day("2024-03-01")) == "terminated"


def test_before_the_first_change_of_level_the_first_tier_holds():
    p = TinyProgramme()
    partner = p.partner()
    p.tier(partner, "registered", "2024-03-01")
    p.tier(partner, "silver", "2024-06-01 12:00:00")
    days = ("2024-01-01", "2024-05-31", "2024-06-01")
    assert tiers(p, partner, *days) == ["registered", "registered", "silver"]


def test_without_any_change_of_level_the_account_s_field_was_empty_before_its_first_entry():
    p = TinyProgramme()
    partner = p.partner()
    p.tier(partner, "gold", "2024-03-01")
    assert tiers(p, partner, "2024-02-29", "2024-03-01") == ["unknown", "gold"]
    assert tiers(p, p.partner(), "2024-03-01") == ["unknown"]


def test_a_membership_that_begins_after_the_as_of_day_says_nothing_yet():
    p = TinyProgramme()
    partner = p.partner()
    p.tier(partner, "registered", "2024-03-01")
    p.tier(partner, "silver", "2024-06-01")
    assert tiers(p, partner, "2024-01-01", as_of="2024-02-29") == ["unknown"]
    assert tiers(p, partner, "2024-01-01", as_of="2024-03-01") == ["registered"]


def test_after_a_merge_the_survivor_has_its_own_history_and_what_it_lacked():
    p = TinyProgramme()
    loser, stays = p.active_partner("gold", since="2024-01-10"), p.partner()
    p.status(stays, "suspended", "2024-02-01")
    p.merge(loser, stays, at="2024-05-05 10:00:00")
    p.tier(loser, "platinum", "2024-07-01")  # said of the loser, written on the survivor
    found = record(p, stays)
    assert (found.partner_type, found.manager, found.status, found.tier) == ("reseller", 1, "suspended", "platinum")
    assert found.tiers == [(day("2024-05-05"), "gold"), (day("2024-07-01"), "platinum")]
    assert record(p, loser).tier == "gold"


@pytest.mark.parametrize("status", ["applicant", "active"])
def test_a_status_of_its_own_is_not_taken_from_the_loser(status: str):
    p = TinyProgramme()
    loser, stays = p.active_partner(), p.partner()
    p.status(stays, status, "2024-02-01")
    p.merge(loser, stays)
    assert record(p, stays).statuses == [(day("2024-02-01"), status)]
