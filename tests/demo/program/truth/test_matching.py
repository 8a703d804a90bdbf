"""Which partner a record of another system belongs to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partnerops_pipeline.demo.exports import spelling
from partnerops_pipeline.demo.program.truth.facts import gather
from partnerops_pipeline.demo.program.truth.foreign_ids import marketplace_key, portal_id
from partnerops_pipeline.demo.program.truth.known import LAST_DAY, Known
from partnerops_pipeline.demo.program.truth.matching import Matching
from partnerops_pipeline.demo.program.truth.policy import Policy

from .tiny_programme import TinyProgramme, day


def matched(p: TinyProgramme) -> Matching:
    return Known.on(p.log(), gather(p.log()), day("2026-06-30"), LAST_DAY, Policy()).matching


def test_the_ids_are_those_that_the_exporting_systems_give():
    assert [portal_id(n) for n in (1, 9_000_000_001)] == [spelling.portal_id(n) for n in (1, 9_000_000_001)]
    assert marketplace_key("part", 17, 0) == spelling.key("part", 17, 0)


@pytest.mark.parametrize("slip", ["", "crm_id_short", "crm_id_folded", "tier_spelled", "status_differs", "repeated"])
def test_a_usable_id_of_the_crm_matches_whatever_else_slipped(slip: str):
    p = TinyProgramme()
    partner, twin = p.active_partner(domain="same.example"), p.partner(domain="same.example")
    p.slip("portal", "partner", partner, slip)
    assert matched(p).portal == {portal_id(partner): partner}
    assert twin not in matched(p).portal.values()


@pytest.mark.parametrize("slip", ["absent", "id_unreadable"])
def test_a_row_that_is_not_there_or_cannot_be_read_matches_nobody(slip: str):
    p = TinyProgramme()
    p.slip("portal", "partner", p.active_partner(), slip)
    assert matched(p).portal == {}


def test_without_an_id_the_domain_decides_if_one_partner_alone_has_it():
    p = TinyProgramme()
    partner = p.active_partner(domain="one.example")
    p.slip("portal", "partner", partner, "crm_id_missing")
    assert matched(p).portal == {portal_id(partner): partner}
    twin = p.partner(domain="one.example")
    assert matched(p).portal == {}
    p.delete("account", twin)
    assert matched(p).portal == {portal_id(partner): partner}


def test_an_account_that_was_merged_away_means_the_survivor_where_the_portal_still_has_it():
    p = TinyProgramme()
    loser, stays = p.active_partner(), p.partner()
    p.merge(loser, stays)
    assert matched(p).portal == {portal_id(stays): stays}
    p.slip("portal", "partner", loser, "merged_kept")
    assert matched(p).portal == {portal_id(loser): stays, portal_id(stays): stays}


def test_partners_of_the_portal_alone_applicants_refused_and_test_records_match_nobody():
    p = TinyProgramme()
    p.slip("portal", "partner", 9_000_000_001, "portal_only")
    p.apply(p.account())
    p.active_partner(is_test=True)
    p.active_partner(is_own_company=True)
    assert matched(p).portal == {}


def a_deal(p: TinyProgramme, slip: str = "", email: str | None = None) -> tuple[int, str]:
    partner = p.active_partner(domain="one.example")
    person = p.contact(partner, email)
    p.slip("marketplace", "deal", p.registration(partner, None, contact=person), slip)
    return partner, marketplace_key("part", partner, person)


@pytest.mark.parametrize("slip", ["", "external_key_short", "close_date_vague", "stage_behind"])
def test_a_key_of_the_marketplace_follows_the_registrations_that_its_deals_name(slip: str):
    p = TinyProgramme()
    partner, key = a_deal(p, slip)
    p.partner(domain="one.example")
    assert matched(p).marketplace == {key: partner}


def test_a_deleted_registration_still_tells_whose_key_it_is():
    p = TinyProgramme()
    partner, key = a_deal(p)
    p.delete("registration", 1)
    assert matched(p).marketplace == {key: partner}


def test_without_a_registration_the_e_mail_s_domain_decides():
    p = TinyProgramme()
    partner, key = a_deal(p, "external_key_missing", "a.b@one.example")
    assert matched(p).marketplace == {key: partner}
    p = TinyProgramme()
    a_deal(p, "external_key_missing", None)
    assert matched(p).marketplace == {}


def test_a_key_whose_deals_name_two_partners_is_nobody_s_though_their_e_mails_agree():
    p = TinyProgramme()
    _, key = a_deal(p, email="a.b@one.example")
    p.registration(p.active_partner(domain="other.example"), None)
    known = Known.on(p.log(), gather(p.log()), day("2026-06-30"), LAST_DAY, Policy())
    first, second = known.exports.deals
    both = replace(known.exports, deals=[first, replace(second, partner_key=key, partner_email="c@one.example")])
    assert Matching(known.facts, known.partners, both).marketplace == {}


def test_drafts_and_deals_that_the_marketplace_lost_give_no_key():
    p = TinyProgramme()
    a_deal(p, "absent")
    p.registration(p.active_partner(), None, submitted=None, approved=None, status="draft")
    assert matched(p).marketplace == {}


def test_a_learner_belongs_to_the_branch_s_partner_else_to_the_e_mail_s():
    p = TinyProgramme()
    one, other = p.active_partner(domain="one.example"), p.active_partner(domain="other.example")
    match = matched(p).of_award
    assert match(portal_id(one), "a@other.example") == one
    assert match(None, "a@other.example") == other
    assert match("999", "a@other.example") == other
    assert match(None, "a@elsewhere.example") is None
    assert match(None, None) is None


def test_without_exports_nothing_is_matched():
    p = TinyProgramme()
    p.active_partner()
    assert Known.on(p.log(), gather(p.log()), day("2026-06-30"), None, Policy()).matching.portal == {}
