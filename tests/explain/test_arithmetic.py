from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.explain.arithmetic import half_away, percentile, recompute


@dataclass(frozen=True)
class Part:
    record_id: str
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    measure: Decimal | None = None


def parts(*numbers: tuple[str | None, str | None]) -> list[Part]:
    return [
        Part(str(i), None if n is None else Decimal(n), None if d is None else Decimal(d))
        for i, (n, d) in enumerate(numbers)
    ]


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(1, 2_000_000), "0.000001"),
        (Fraction(-1, 2_000_000), "-0.000001"),
        (Fraction(1, 2_000_001), "0.000000"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(10**24), "1000000000000000000000000.000000"),
    ],
)
def test_halves_go_away_from_zero(value: Fraction, rounded: str) -> None:
    assert str(half_away(value)) == rounded


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_rounding_is_never_further_than_half_a_unit(above: int, below: int) -> None:
    exact = Fraction(above, below)
    assert abs(Fraction(half_away(exact)) - exact) <= Fraction(1, 2 * 10**6)


def test_a_ratio_is_the_ratio_of_sums_and_not_the_mean_of_ratios() -> None:
    again = recompute("ratio", parts(("1", "1"), ("0", "1"), ("0", "1")), "m")
    assert (again.value, again.numerator, again.denominator) == (Decimal("0.333333"), Decimal(1), Decimal(3))


def test_a_ratio_without_a_denominator_has_no_value() -> None:
    again = recompute("ratio", [], "m")
    assert (again.value, again.numerator, again.denominator) == (None, 0, 0)


def test_a_line_without_an_amount_counts_on_neither_side() -> None:
    assert recompute("ratio", parts(("5.25", "10"), (None, None)), "m").value == Decimal("0.525000")
    assert recompute("sum", parts(("5.25", None), (None, None)), "m").value == Decimal("5.25")


def test_a_sum_over_nothing_is_zero() -> None:
    assert recompute("sum", [], "m").value == 0


def test_percentiles_interpolate_linearly() -> None:
    values = [Decimal(v) for v in (40, 10, 30, 20)]
    assert percentile(values, Fraction(1, 2)) == 25
    assert percentile(values, Fraction(9, 10)) == 37
    assert percentile([Decimal(7)], Fraction(9, 10)) == 7
    assert percentile([], Fraction(1, 2)) is None


def test_a_median_leaves_out_what_was_not_measured() -> None:
    lines = [Part("a", measure=Decimal(1)), Part("b"), Part("c", measure=Decimal(4))]
    assert recompute("median", lines, "m").value == Decimal("2.500000")


def test_distinct_records_count_once() -> None:
    assert recompute("count_distinct", [Part("a"), Part("a"), Part("b")], "m").value == 2


def test_a_formula_over_other_metrics_is_refused_with_the_reason() -> None:
    with pytest.raises(
        ConfigurationError, match="sales_velocity is computed as 'derived', which is not a sum over records"
    ):
        recompute("derived", [], "sales_velocity")
