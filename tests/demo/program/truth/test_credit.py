"""Credit of a deal, under four models (§2, ruling 31)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.demo.program.truth import credits, partner_id
from partnerops_pipeline.demo.program.truth.credit import even_weights, split_to_the_cent

from .tiny_programme import TinyProgramme, day

CREATED = "2025-03-31 10:00:00"


def credit(p: TinyProgramme, model: str, as_of: str = "2026-06-30") -> dict[str, tuple[str, str | None]]:
    """partner id → (weight, amount) under one model."""
    return {
        c.partner_id: (str(c.weight), None if c.amount is None else str(c.amount))
        for c in credits(p.log(), day(as_of))
        if c.model == model
    }


# --- arithmetic


@given(st.integers(1, 5000))
def test_even_weights_are_equal_but_for_the_last_and_sum_to_exactly_one(partners: int):
    weights = even_weights(partners)
    assert sum(weights) == 1
    assert len(weights) == partners
    assert len(set(weights[:-1])) <= 1
    assert abs(weights[-1] - weights[0]) <= Decimal(partners).scaleb(-12)
    assert all(w.as_tuple().exponent == -12 for w in weights)


def test_a_third_is_rounded_at_twelve_places_and_the_last_takes_the_remainder():
    assert [str(w) for w in even_weights(3)] == ["0.333333333333", "0.333333333333", "0.333333333334"]
    assert [str(w) for w in even_weights(6)] == ["0.166666666667"] * 5 + ["0.166666666665"]
    assert [str(w) for w in even_weights(1)] == ["1.000000000000"]


@given(st.decimals(-(10**14), 10**14, places=2), st.integers(1, 200))
def test_parts_of_an_amount_sum_to_it_and_differ_by_at_most_a_cent(amount: Decimal, partners: int):
    parts = split_to_the_cent(amount, partners)
    assert sum(parts) == amount
    assert len(parts) == partners
    assert max(parts) - min(parts) <= Decimal("0.01")
    assert [abs(x) for x in parts] == sorted((abs(x) for x in parts), reverse=True)


@pytest.mark.parametrize(
    ("amount", "parts"),
    [
        ("100.00", ["33.34", "33.33", "33.33"]),
        ("-100.00", ["-33.34", "-33.33", "-33.33"]),
        ("200.00", ["66.67", "66.67", "66.66"]),
        ("0.02", ["0.01", "0.01", "0.00"]),
        ("0.00", ["0.00", "0.00", "0.00"]),
    ],
)
def test_left_over_cents_go_to_the_first_and_negative_amounts_are_split_by_their_absolute_value(amount, parts):
    assert [str(x.copy_abs() if x == 0 else x) for x in split_to_the_cent(Decimal(amount), 3)] == parts


# --- who is credited


def test_a_direct_deal_has_no_credit():
    p = TinyProgramme()
    p.deal()
    assert credits(p.log(), day("2026-06-30")) == []


def test_a_deal_that_does_not_exist_yet_has_no_credit():
    p = TinyProgramme()
    p.link(p.deal(created=CREATED), p.partner())
    assert credits(p.log(), day("2025-03-30")) == []


def test_linked_partners_share_and_those_who_only_touched_go_without():
    p = TinyProgramme()
    deal, one, two, met = p.deal(amount="100.01"), p.partner(), p.partner(), p.partner()
    p.link(deal, two)
    p.link(deal, one)
    p.field(deal, one, "2025-03-05")
    p.activity(deal, "2025-03-10", partner=met)
    assert credit(p, "even") == {
        partner_id(one): ("0.500000000000", "50.01"),
        partner_id(two): ("0.500000000000", "50.00"),
    }


def test_without_a_link_the_touching_partners_within_the_window_share():
    p = TinyProgramme()
    deal, one, two, long_ago = p.deal(created=CREATED), p.partner(), p.partner(), p.partner()
    p.activity(deal, "2025-04-10", partner=one)
    p.activity(deal, "2025-04-11", partner=two)
    p.activity(deal, "2024-12-01", partner=long_ago)
    assert set(credit(p, "even")) == {partner_id(one), partner_id(two)}


def test_a_deal_without_an_amount_has_weights_and_no_money():
    p = TinyProgramme()
    deal, partner = p.deal(amount=None), p.partner()
    p.link(deal, partner)
    assert credit(p, "even") == {partner_id(partner): ("1.000000000000", None)}


def test_deals_that_are_not_eligible_have_credit_too():
    p = TinyProgramme()
    deal, partner = p.deal(is_test=True), p.partner()
    p.link(deal, partner)
    assert set(credit(p, "even")) == {partner_id(partner)}


def test_every_model_gives_away_exactly_the_deal():
    p = TinyProgramme()
    for amount in ("100.00", "-0.01", "99999.99"):
        deal = p.deal(amount=amount)
        for _ in range(3):
            p.link(deal, p.partner(), is_primary=True)
    sums = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for c in credits(p.log(), day("2026-06-30")):
        sums[c.opportunity_id, c.model][0] += c.weight
        sums[c.opportunity_id, c.model][1] += c.amount
    assert len(sums) == 3 * 4
    assert {weight for weight, _ in sums.values()} == {1}
    assert sorted({amount for _, amount in sums.values()}) == [
        Decimal("-0.01"),
        Decimal("100.00"),
        Decimal("99999.99"),
    ]


# --- the models with one partner


def test_primary_is_the_sourcing_partner_before_the_primary_link():
    p = TinyProgramme()
    deal, primary, source = p.deal(), p.partner(), p.partner()
    p.link(deal, primary, is_primary=True)
    p.registration(source, deal)
    assert credit(p, "primary") == {partner_id(source): ("1.000000000000", "1000.00")}


def test_primary_is_the_primary_link_before_the_earliest_touch_and_of_two_the_smallest_id():
    p = TinyProgramme()
    deal, early, second, first = p.deal(), p.partner(), p.partner(), p.partner()
    p.link(deal, early, at="2025-03-02")
    p.link(deal, first, at="2025-03-04", is_primary=True)
    assert set(credit(p, "primary")) == {partner_id(first)}
    p.link(deal, second, at="2025-03-05", is_primary=True)
    assert set(credit(p, "primary")) == {partner_id(second)}


def test_primary_without_source_and_primary_link_is_the_earliest_touch():
    p = TinyProgramme()
    deal, later, early = p.deal(), p.partner(), p.partner()
    p.link(deal, later, at="2025-03-05")
    p.link(deal, early, at="2025-03-04")
    assert set(credit(p, "primary")) == {partner_id(early)}


def test_first_and_last_touch_look_at_credited_partners_only():
    p = TinyProgramme()
    deal, one, two, met = p.deal(created=CREATED), p.partner(), p.partner(), p.partner()
    p.link(deal, one, at="2025-04-02 09:00:00")
    p.link(deal, two, at="2025-04-03 09:00:00")
    p.activity(deal, "2025-03-31", partner=met)
    p.activity(deal, "2025-05-01", partner=met)
    assert set(credit(p, "first_touch")) == {partner_id(one)}
    assert set(credit(p, "last_touch")) == {partner_id(two)}
    p.activity(deal, "2025-04-20", partner=one)
    assert set(credit(p, "last_touch")) == {partner_id(one)}


def test_first_touch_ignores_what_lies_before_the_lookback():
    p = TinyProgramme()
    deal, one, two = p.deal(created=CREATED), p.partner(), p.partner()
    p.link(deal, one, at="2025-04-02")
    p.link(deal, two, at="2025-04-03")
    p.activity(deal, "2024-12-30", partner=two)
    assert set(credit(p, "first_touch")) == {partner_id(one)}
    p.activity(deal, "2024-12-31", partner=two)
    assert set(credit(p, "first_touch")) == {partner_id(two)}


def test_a_bare_date_stands_at_the_start_of_its_day_against_instants():
    p = TinyProgramme()
    deal, linked, met = p.deal(created=CREATED), p.partner(), p.partner()
    p.link(deal, linked, at="2025-04-02 00:00:01")
    p.link(deal, met, at="2025-04-05")
    p.activity(deal, "2025-04-02", partner=met)
    assert set(credit(p, "first_touch")) == {partner_id(met)}


@pytest.mark.parametrize("model", ["first_touch", "last_touch", "primary"])
def test_touches_at_the_same_instant_go_to_the_smallest_partner_id(model: str):
    p = TinyProgramme()
    deal, smaller, greater = p.deal(created=CREATED), p.partner(), p.partner()
    p.link(deal, greater, at="2025-01-01")  # both are lifted to the creation of the deal
    p.link(deal, smaller, at="2025-02-01")
    assert set(credit(p, model)) == {partner_id(smaller)}
