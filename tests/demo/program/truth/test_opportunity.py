"""Eligibility and segments of a deal (§1, rulings 2, 4, 35)."""

from __future__ import annotations

import pytest

from .tiny_programme import TinyProgramme


def reason(p: TinyProgramme, deal: int, as_of: str = "2026-06-30") -> str | None:
    truth = p.truth(deal, as_of)
    assert truth.is_eligible == (truth.ineligible_reason is None)
    return truth.ineligible_reason


def test_a_plain_deal_is_eligible():
    p = TinyProgramme()
    assert reason(p, p.deal()) is None


def test_deletion_counts_at_every_as_of():
    p = TinyProgramme()
    deal = p.deal()
    p.delete("opportunity", deal)
    assert reason(p, deal, "2025-04-01") == "deleted"
    assert p.truth(deal, "2025-04-01").bucket == "direct"


@pytest.mark.parametrize(
    ("account", "deal", "expected"),
    [
        ({"is_test": True}, {}, "test"),
        ({}, {"is_test": True}, "test"),
        ({"is_own_company": True}, {}, "own_company"),
        ({"is_own_company": True}, {"is_test": True}, "test"),
        ({"is_own_company": True}, {"stage": "Duplicate - Void"}, "own_company"),
        ({"is_test": True}, {"created": "2027-01-01"}, "not_yet_created"),
    ],
)
def test_a_deal_is_test_or_own_if_it_or_its_account_is_and_the_first_reason_is_named(account, deal, expected):
    p = TinyProgramme()
    assert reason(p, p.deal(account=p.account(**account), **deal)) == expected


def test_the_order_of_reasons_starts_with_deletion():
    p = TinyProgramme()
    deal = p.deal(created="2027-01-01", is_test=True)
    p.delete("opportunity", deal)
    assert reason(p, deal) == "deleted"


def test_a_deal_whose_account_is_gone_is_still_eligible_and_of_unknown_region():
    p = TinyProgramme()
    account = p.account(is_test=True)
    gone, never_there = p.deal(account=account), p.deal(account=999)
    p.delete("account", account)
    for deal in (gone, never_there):
        assert reason(p, deal) is None
        assert p.truth(deal).account_region == "unknown"


def test_a_deal_of_a_merged_account_is_judged_by_the_survivor_at_every_as_of():
    p = TinyProgramme()
    first, second, third = p.account(country="DE"), p.account(country="US"), p.account(country="BR", is_test=True)
    deal = p.deal(account=first)
    p.merge(first, into=second, at="2026-05-01")
    assert p.truth(deal, "2025-04-01").account_region == "na"
    p.merge(second, into=third, at="2026-06-01")
    truth = p.truth(deal, "2025-04-01")
    assert (truth.account_region, truth.ineligible_reason) == ("latam", "test")


def test_the_segments_of_a_deal_come_from_its_type_its_account_and_its_amount():
    p = TinyProgramme()
    truth = p.truth(p.deal(opportunity_type="Renewal", account=p.account(country="JP"), amount="60000.00"))
    assert (truth.opportunity_type, truth.account_region, truth.size_band) == ("renewal", "apac", "50k_to_250k")
