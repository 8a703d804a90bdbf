"""Periods of the metrics (ruling 9)."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.demo.program.truth.periods import dense_periods, period_of

from .tiny_programme import day

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
months = st.integers(1, 12)


@pytest.mark.parametrize(
    ("on", "grain", "start", "end"),
    [
        ("2024-02-29", "month", "2024-02-01", "2024-02-29"),
        ("2025-02-28", "month", "2025-02-01", "2025-02-28"),
        ("2025-12-31", "quarter", "2025-10-01", "2025-12-31"),
        ("2025-01-01", "quarter", "2025-01-01", "2025-03-31"),
        ("2025-12-31", "year", "2025-01-01", "2025-12-31"),
        ("2025-06-30", "trailing_4q", "2024-07-01", "2025-06-30"),
        ("2025-04-01", "trailing_4q", "2024-07-01", "2025-06-30"),
    ],
)
def test_a_day_lies_in_its_calendar_period_when_the_year_starts_in_january(on, grain, start, end):
    period = period_of(day(on), grain, 1)
    assert (period.start, period.end) == (day(start), day(end))


@pytest.mark.parametrize(
    ("on", "grain", "start", "end"),
    [
        ("2025-01-31", "quarter", "2024-11-01", "2025-01-31"),
        ("2025-02-01", "quarter", "2025-02-01", "2025-04-30"),
        ("2025-01-31", "year", "2024-02-01", "2025-01-31"),
        ("2025-03-15", "trailing_4q", "2024-05-01", "2025-04-30"),
    ],
)
def test_a_fiscal_year_may_start_in_another_month(on, grain, start, end):
    period = period_of(day(on), grain, 2)
    assert (period.start, period.end) == (day(start), day(end))


@given(days, st.sampled_from(["month", "quarter", "year", "trailing_4q"]), months)
def test_a_period_contains_its_day_and_its_predecessor_ends_where_it_should(on, grain, start_month):
    period = period_of(on, grain, start_month)
    assert period.start <= on <= period.end
    before = period.previous()
    if grain == "trailing_4q":
        quarters = list(period.quarters())
        assert len(quarters) == 4
        assert (quarters[0].start, quarters[-1].end) == (period.start, period.end)
        assert before.end == quarters[-2].end
    else:
        assert (period.start - before.end).days == 1
    assert before.grain == grain


@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
@given(first=days, length=st.integers(0, 1200))
def test_dense_periods_leave_no_gap_from_the_first_day_to_as_of(grain, first, length):
    as_of = date.fromordinal(first.toordinal() + length)
    periods = dense_periods(first, as_of, grain, 1)
    assert periods[0].start <= first <= periods[0].end
    assert periods[-1].start <= as_of <= periods[-1].end
    assert all(b.previous() == a for a, b in pairwise(periods))


@pytest.mark.parametrize(
    ("first", "as_of", "ends"),
    [
        ("2025-03-31", "2025-06-30", ["2025-03-31", "2025-06-30"]),
        ("2025-04-01", "2025-06-30", ["2025-06-30"]),
        ("2025-03-31", "2025-06-29", ["2025-03-31"]),
        ("2025-04-01", "2025-06-29", []),
    ],
)
def test_trailing_windows_end_with_the_quarters_that_are_over(first, as_of, ends):
    windows = dense_periods(day(first), day(as_of), "trailing_4q", 1)
    assert [w.end for w in windows] == [day(e) for e in ends]
