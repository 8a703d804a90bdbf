"""Fiscal months, quarters and years, and the windows of four quarters that end with each quarter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {"month": 1, "quarter": 3, "year": 12, "trailing_4q": 12}
_STEPS = {"month": 1, "quarter": 3, "year": 12, "trailing_4q": 3}


@dataclass(frozen=True, slots=True)
class Period:
    """`grain` is month, quarter, year or trailing_4q. Both days belong to it."""

    grain: str
    start: date
    end: date

    def previous(self) -> Period:
        """The directly preceding one: for trailing_4q the window that ends one quarter earlier."""
        return _period(self.grain, _plus_months(self.start, -_STEPS[self.grain]))

    def quarters(self) -> Iterator[Period]:
        """The quarters inside, in order (of a quarter, a year or a trailing window)."""
        start = self.start
        while start <= self.end:
            yield _period("quarter", start)
            start = _plus_months(start, 3)


def period_of(day: date, grain: str, fiscal_year_start_month: int) -> Period:
    """The month, quarter or year that contains `day`; for trailing_4q the window ending with the day's quarter."""
    length = _MONTHS["quarter" if grain == "trailing_4q" else grain]
    into = (day.month - fiscal_year_start_month) % length
    start = _plus_months(day.replace(day=1), -into)
    return _period(grain, _plus_months(start, -9) if grain == "trailing_4q" else start)


def dense_periods(first: date, as_of: date, grain: str, fiscal_year_start_month: int) -> list[Period]:
    """The periods of dimension `all` (ruling 9).

    Months, quarters and years: from the one that contains `first` to the one that contains `as_of`. trailing_4q: one
    per quarter end from `first` to `as_of`, so only windows that are over.
    """
    periods = []
    period = period_of(as_of, grain, fiscal_year_start_month)
    while period.end >= first:
        if grain != "trailing_4q" or period.end <= as_of:
            periods.append(period)
        period = period.previous()
    return periods[::-1]


def _period(grain: str, start: date) -> Period:
    return Period(grain, start, _plus_months(start, _MONTHS[grain]) - timedelta(days=1))


def _plus_months(first_of_month: date, months: int) -> date:
    year, month = divmod(first_of_month.year * 12 + first_of_month.month - 1 + months, 12)
    return date(year, month + 1, 1)
