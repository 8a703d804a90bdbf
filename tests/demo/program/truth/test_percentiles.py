"""Medians and percentiles (rulings 7 and 38)."""

from __future__ import annotations

import statistics
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.demo.program.truth.percentiles import percentile

HALF, NINE_TENTHS = Decimal("0.5"), Decimal("0.9")


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ("7", HALF, "7"),
        ("1 2", HALF, "1.5"),
        ("3 1 2", HALF, "2"),
        ("4 1 3 2", HALF, "2.5"),
        ("1 2", NINE_TENTHS, "1.9"),
        ("1 2 3 4 5 6 7 8 9 10 11", NINE_TENTHS, "10"),
        ("0 0.000001", HALF, "0.000001"),  # half away from zero
        ("0 -0.000001", HALF, "-0.000001"),
    ],
)
def test_it_interpolates_between_the_two_nearest(values: str, share: Decimal, expected: str):
    assert percentile(map(Decimal, values.split()), share, 6) == Decimal(expected)


def test_nothing_has_no_median():
    assert percentile([], HALF, 6) is None


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=60))
def test_it_agrees_with_the_inclusive_quantiles_of_the_standard_library(numbers: list[int]):
    for share, cut in ((HALF, 4), (NINE_TENTHS, 8)):
        expected = statistics.quantiles([Fraction(n) for n in numbers], n=10, method="inclusive")[cut]
        found = percentile(map(Decimal, numbers), share, 6)
        assert found is not None
        assert abs(Fraction(found) - expected) <= Fraction(1, 2 * 10**6)
