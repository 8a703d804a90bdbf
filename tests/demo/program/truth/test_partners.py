"""Who is a partner (rulings 2 and 35)."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.truth import partner_id

from .tiny_programme import TinyProgramme


def test_a_partner_id_is_p_and_the_account_id():
    assert partner_id(17) == "P-001Hb000000000HIAQ"


@pytest.mark.parametrize(
    ("values", "is_partner"),
    [
        ({"is_partner": True}, True),
        ({"is_partner": False}, False),
        ({"is_partner": True, "is_test": True}, False),
        ({"is_partner": True, "is_own_company": True}, False),
    ],
)
def test_only_a_real_partner_account_makes_a_link(values: dict[str, bool], is_partner: bool):
    p = TinyProgramme()
    deal = p.deal()
    p.link(deal, p.account(**values))
    assert p.truth(deal).is_attached is is_partner


def test_a_deleted_account_is_no_partner_at_any_as_of():
    p = TinyProgramme()
    deal, partner = p.deal(), p.partner()
    p.link(deal, partner)
    p.delete("account", partner)
    assert p.linked(deal, "2025-04-01") == {}


def test_a_merged_partner_stands_under_its_survivor_and_links_collapse_to_the_earliest():
    p = TinyProgramme()
    deal, survivor, loser, middle = p.deal(), p.partner(), p.partner(), p.partner()
    p.link(deal, survivor, at="2025-03-09 00:00:00")
    p.link(deal, loser, at="2025-03-05 00:00:00")
    p.merge(loser, into=middle, at="2026-05-01")
    p.merge(middle, into=survivor, at="2026-06-01")
    assert p.linked(deal, "2025-04-01") == {("partner_list", survivor): "2025-03-05 00:00:00"}


def test_what_the_loser_was_does_not_matter_only_what_the_survivor_is():
    p = TinyProgramme()
    deal, plain, partner = p.deal(), p.account(), p.partner()
    p.link(deal, partner)
    p.merge(partner, into=plain)
    assert p.linked(deal) == {}
    other_deal, test_partner, real = p.deal(), p.partner(is_test=True), p.partner()
    p.link(other_deal, test_partner)
    p.merge(test_partner, into=real)
    assert p.truth(other_deal).linked_partner_ids == (partner_id(real),)


def test_the_deals_own_account_is_no_partner_of_it_also_after_a_merge():
    p = TinyProgramme()
    own, twin, buyer = p.partner(), p.partner(), p.account()
    deal = p.deal(account=own)
    p.link(deal, own)
    p.link(deal, twin)
    assert list(p.linked(deal)) == [("partner_list", twin)]
    p.merge(twin, into=own)
    assert p.linked(deal) == {}
    others_deal = p.deal(account=buyer)
    p.link(others_deal, own)
    assert list(p.linked(others_deal)) == [("partner_list", own)]
