"""From lines to published rows: one way for every metric, with exactly the columns of `mart_headline_metrics`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .money import divide, rounded
from .percentiles import percentile
from .periods import Period, dense_periods, period_of
from .policy import Policy

PLACES = 6
GRAINS = ("month", "quarter", "year", "trailing_4q")
AS_OF = "as_of"
ALL = ("all", "all")
ONE, ZERO = Decimal(1), Decimal(0)
_SHARES = {"median": Decimal("0.5"), "p90": Decimal("0.9")}

Cell = tuple[str, str]
"""A dimension and its value."""


@dataclass(frozen=True, slots=True)
class MetricTruth:
    """One row. `value`, `numerator` and `denominator` have six places; money is in corporate currency."""

    metric_id: str
    period_grain: str
    period_start: date
    period_end: date
    dimension: str
    dimension_value: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    n_excluded: int
    excluded_reason: str | None
    unit: str
    is_low_sample: bool
    is_complete_period: bool
    prior_value: Decimal | None
    as_of: date


@dataclass(frozen=True, slots=True)
class Metric:
    """How the lines of a metric are put together.

    `aggregation`: sum (of numerators), ratio (of the sums of numerators and denominators; a mean is one whose
    denominators are 1), median or p90 (of numerators). `excluded_reason` says why lines are left out.
    """

    metric_id: str
    unit: str
    aggregation: str
    grains: tuple[str, ...] = GRAINS
    excluded_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What one record adds to a metric, on a day and in some cells. With `numerator` None it is only counted as
    left out."""

    day: date
    cells: tuple[Cell, ...]
    numerator: Decimal | None
    denominator: Decimal = ONE


@dataclass(slots=True)
class Tally:
    """The lines of one cell and period."""

    numerators: list[Decimal] = field(default_factory=list)
    denominator: Decimal = ZERO
    n_excluded: int = 0

    def add(self, line: Line) -> None:
        if line.numerator is None:
            self.n_excluded += 1
            return
        self.numerators.append(line.numerator)
        self.denominator += line.denominator

    def add_all(self, other: Tally) -> None:
        self.numerators += other.numerators
        self.denominator += other.denominator
        self.n_excluded += other.n_excluded

    def value(self, metric: Metric) -> Decimal | None:
        if metric.aggregation in _SHARES:
            return percentile(self.numerators, _SHARES[metric.aggregation], PLACES)
        if metric.aggregation == "sum":
            return rounded(sum(self.numerators, ZERO), PLACES)
        return None if self.denominator == 0 else divide(sum(self.numerators, ZERO), self.denominator, PLACES)


Tallies = dict[Cell, dict[Period, Tally]]


def rows_of_lines(
    metric: Metric, lines: Iterable[Line], first: date, as_of: date, policy: Policy
) -> Iterator[MetricTruth]:
    """The rows of a metric whose lines have a day each. Dimension `all` is filled from `first` on."""
    lines = list(lines)
    for grain in metric.grains:
        if grain == AS_OF:
            period = Period(AS_OF, as_of, as_of)
            tallies: Tallies = {}
            for line in lines:
                _tally(tallies, line, period)
            tallies.setdefault(ALL, {}).setdefault(period, Tally())
        else:
            tallies = _tallies(lines, grain, as_of, policy)
            for period in dense_periods(first, as_of, grain, policy.fiscal_year_start_month):
                tallies.setdefault(ALL, {}).setdefault(period, Tally())
        yield from rows_of_tallies(metric, tallies, as_of, policy)


def rows_of_periods(
    metric: Metric, lines: dict[Period, list[Line]], as_of: date, policy: Policy
) -> Iterator[MetricTruth]:
    """The rows of a metric whose lines differ from period to period, whatever their days."""
    tallies: Tallies = {ALL: {}}
    for period, of_period in lines.items():
        tallies[ALL][period] = Tally()
        for line in of_period:
            _tally(tallies, line, period)
    yield from rows_of_tallies(metric, tallies, as_of, policy)


def rows_of_tallies(metric: Metric, tallies: Tallies, as_of: date, policy: Policy) -> Iterator[MetricTruth]:
    """Every row of a metric at one grain, by cell and period."""
    is_percentile, is_sum = metric.aggregation in _SHARES, metric.aggregation == "sum"
    for (dimension, value), by_period in sorted(tallies.items()):
        values = {period: tally.value(metric) for period, tally in by_period.items()}
        for period in sorted(by_period, key=lambda p: p.start):
            tally, n = by_period[period], len(by_period[period].numerators)
            yield MetricTruth(
                metric_id=metric.metric_id,
                period_grain=period.grain,
                period_start=period.start,
                period_end=period.end,
                dimension=dimension,
                dimension_value=value,
                value=values[period],
                numerator=None if is_percentile else rounded(sum(tally.numerators, ZERO), PLACES),
                denominator=None if is_percentile or is_sum else rounded(tally.denominator, PLACES),
                n=n,
                n_excluded=tally.n_excluded,
                excluded_reason=metric.excluded_reason if tally.n_excluded else None,
                unit=metric.unit,
                is_low_sample=n < policy.min_cohort_size,
                is_complete_period=period.end <= as_of,
                prior_value=None if period.grain == AS_OF else values.get(period.previous()),
                as_of=as_of,
            )


def _tally(tallies: Tallies, line: Line, period: Period) -> None:
    for cell in line.cells:
        tallies.setdefault(cell, {}).setdefault(period, Tally()).add(line)


def _tallies(lines: list[Line], grain: str, as_of: date, policy: Policy) -> Tallies:
    tallies: Tallies = {}
    base_grain = "quarter" if grain == "trailing_4q" else grain
    for line in lines:
        _tally(tallies, line, period_of(line.day, base_grain, policy.fiscal_year_start_month))
    return tallies if grain != "trailing_4q" else {cell: _trailing(by, as_of, policy) for cell, by in tallies.items()}


def _trailing(by_quarter: dict[Period, Tally], as_of: date, policy: Policy) -> dict[Period, Tally]:
    windows: dict[Period, Tally] = {}
    for window in dense_periods(min(q.end for q in by_quarter), as_of, "trailing_4q", policy.fiscal_year_start_month):
        inside = [by_quarter[q] for q in window.quarters() if q in by_quarter]
        if inside:
            windows[window] = Tally()
            for quarter in inside:
                windows[window].add_all(quarter)
    return windows
