"""Amounts in corporate currency (§1, rulings 6, 7, 37)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.demo.program.truth.money import divide, rounded

from .tiny_programme import TinyProgramme


@given(
    st.decimals(-(10**12), 10**12, places=2),
    st.decimals("0.000001", 10**5, places=6),
    st.integers(0, 12),
)
def test_division_is_exact_and_rounds_half_away_from_zero(amount: Decimal, rate: Decimal, places: int):
    with localcontext() as context:
        context.prec = 90  # far more than the 12 + 6 + 12 places that can matter, so the first rounding cannot
        expected = (amount / rate).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    assert divide(amount, rate, places) == expected
    assert divide(amount, rate, places).as_tuple().exponent == -places


@pytest.mark.parametrize(
    ("amount", "rate", "cents"),
    [("0.01", "2", "0.01"), ("-0.01", "2", "-0.01"), ("0.01", "2.000001", "0.00"), ("100.00", "0.92", "108.70")],
)
def test_half_a_cent_goes_away_from_zero(amount: str, rate: str, cents: str):
    assert str(divide(Decimal(amount), Decimal(rate), 2)) == cents


def test_nothing_is_never_negative():
    assert str(rounded(Decimal("-0.004"), 2)) == "0.00"


def test_division_by_zero_says_what_was_divided():
    with pytest.raises(ZeroDivisionError, match="7 divided by 0"):
        divide(Decimal(7), Decimal(0), 2)


def test_the_rate_of_a_won_deal_is_the_one_of_its_close_date_and_its_range_is_half_open():
    p = TinyProgramme()
    p.rate("EUR", "0.500000", "2025-06-01")
    p.rate("EUR", "0.800000", "2025-01-01")
    last_day, first_day = (p.won_deal(close, currency="EUR") for close in ("2025-05-31", "2025-06-01"))
    assert str(p.truth(last_day).amount_corporate) == "1250.00"
    truth = p.truth(first_day)
    assert (str(truth.amount_corporate), truth.rate_kind) == ("2000.00", "dated")
    assert (str(truth.amount), truth.currency) == ("1000.00", "EUR")


def test_the_rate_of_a_lost_deal_is_the_one_of_its_close_date_too():
    p = TinyProgramme()
    p.rate("EUR", "0.800000", "2025-01-01")
    p.rate("EUR", "0.500000", "2025-06-01")
    deal = p.deal(currency="EUR", close="2025-06-30")
    p.stage(deal, "2025-05-10", "Closed Lost", close="2025-06-30")
    assert str(p.truth(deal, "2025-05-31").amount_corporate) == "2000.00"


def test_the_rate_of_an_open_deal_is_the_one_of_the_earlier_of_close_date_and_as_of():
    p = TinyProgramme()
    p.rate("EUR", "0.800000", "2025-01-01")
    p.rate("EUR", "0.500000", "2025-06-01")
    deal = p.deal(currency="EUR", close="2025-06-30")
    assert str(p.truth(deal, "2025-05-31").amount_corporate) == "1250.00"
    assert str(p.truth(deal, "2025-06-01").amount_corporate) == "2000.00"
    overdue = p.deal(currency="EUR", close="2025-05-01")
    assert str(p.truth(overdue, "2025-06-01").amount_corporate) == "1250.00"


@pytest.mark.parametrize(
    ("currency", "close"),
    [
        pytest.param("GBP", "2025-06-30", id="no rate was ever listed"),
        pytest.param("EUR", "2024-12-31", id="before the first rate"),
        pytest.param(None, "2025-06-30", id="no currency"),
    ],
)
def test_without_a_rate_there_is_no_amount_and_never_rate_one(currency: str | None, close: str):
    p = TinyProgramme()
    p.rate("EUR", "0.800000", "2025-01-01")
    truth = p.truth(p.won_deal(close, currency=currency))
    assert (truth.amount_corporate, truth.rate, truth.rate_kind, truth.size_band) == (None, None, "none", "unknown")
    assert truth.is_eligible


def test_corporate_currency_has_rate_one_even_where_somebody_listed_another():
    p = TinyProgramme()
    p.rate("USD", "2.000000", "2020-01-01")
    truth = p.truth(p.deal())
    assert (str(truth.amount_corporate), truth.rate_kind) == ("1000.00", "corporate")


def test_a_missing_amount_stays_missing_and_zero_stays_zero():
    p = TinyProgramme()
    assert p.truth(p.deal(amount=None)).amount_corporate is None
    assert str(p.truth(p.deal(amount="0.00")).amount_corporate) == "0.00"
