"""The headline metrics, row by row, with exactly the columns of `mart_headline_metrics`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .money import divide, rounded
from .opportunity import OpportunityTruth
from .periods import Period, dense_periods, period_of
from .policy import Policy

PLACES = 6
GRAINS = ("month", "quarter", "year", "trailing_4q")
SEGMENTS = ("opportunity_type", "account_region", "size_band")


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
    """How a metric is made of deals.

    `parts` gives a deal's numerator and denominator, or None where the deal has no amount and is left out of both.
    A metric with `is_sum` publishes its numerator; the others numerator ÷ denominator. `compares` marks the metrics
    that set deals with a partner against deals without, over four quarters only.
    """

    metric_id: str
    unit: str
    scope: Callable[[OpportunityTruth], bool]
    parts: Callable[[OpportunityTruth], tuple[Decimal, Decimal] | None]
    is_sum: bool = False
    compares: bool = False


_ONE, _ZERO = Decimal(1), Decimal(0)


def _won(o: OpportunityTruth) -> bool:
    return o.state == "won"


def _share_of_amount(counts: Callable[[OpportunityTruth], bool]) -> Callable:
    def parts(o: OpportunityTruth) -> tuple[Decimal, Decimal] | None:
        amount = o.amount_corporate
        return None if amount is None else (amount if counts(o) else _ZERO, amount)

    return parts


def _amount_per_deal(o: OpportunityTruth) -> tuple[Decimal, Decimal] | None:
    return None if o.amount_corporate is None else (o.amount_corporate, _ONE)


def _revenue(bucket: str) -> Metric:
    return Metric(f"{bucket}_revenue", "money", lambda o: _won(o) and o.bucket == bucket, _amount_per_deal, is_sum=True)


METRICS = (
    Metric("attach_rate_count", "ratio", _won, lambda o: (_ONE if o.is_attached else _ZERO, _ONE)),
    Metric("attach_rate_amount", "ratio", _won, _share_of_amount(lambda o: o.is_attached)),
    _revenue("sourced"),
    _revenue("influenced"),
    _revenue("direct"),
    Metric("partner_revenue_share", "ratio", _won, _share_of_amount(lambda o: o.bucket != "direct")),
    Metric(
        "win_rate_count",
        "ratio",
        lambda o: o.state in ("won", "lost"),
        lambda o: (_ONE if _won(o) else _ZERO, _ONE),
        compares=True,
    ),
    Metric("deal_size_mean", "money", _won, _amount_per_deal, compares=True),
)


@dataclass(slots=True)
class _Sum:
    numerator: Decimal = _ZERO
    denominator: Decimal = _ZERO
    n: int = 0
    n_excluded: int = 0

    def add(self, parts: tuple[Decimal, Decimal] | None) -> None:
        if parts is None:
            self.n_excluded += 1
            return
        self.numerator += parts[0]
        self.denominator += parts[1]
        self.n += 1

    def add_all(self, other: _Sum) -> None:
        self.numerator += other.numerator
        self.denominator += other.denominator
        self.n += other.n
        self.n_excluded += other.n_excluded


def metrics_of(opportunities: Iterable[OpportunityTruth], as_of: date, policy: Policy) -> list[MetricTruth]:
    """Every row of every metric, ordered by metric, grain, dimension, value and period; none without eligible deals."""
    eligible = [o for o in opportunities if o.is_eligible]
    if not eligible:
        return []
    first = min(o.created_date for o in eligible)
    first = min([first, *(o.decided_date for o in eligible if o.decided_date is not None)])
    rows: list[MetricTruth] = []
    for metric in METRICS:
        scope = [o for o in eligible if metric.scope(o)]
        for grain in ("trailing_4q",) if metric.compares else GRAINS:
            sums = _sums(metric, scope, grain, as_of, policy)
            for period in dense_periods(first, as_of, grain, policy.fiscal_year_start_month):
                sums.setdefault(("all", "all"), {}).setdefault(period, _Sum())
            for (dimension, value), by_period in sorted(sums.items()):
                rows += _rows(metric, dimension, value, by_period, as_of, policy)
    return rows


def _sums(
    metric: Metric, scope: list[OpportunityTruth], grain: str, as_of: date, policy: Policy
) -> dict[tuple[str, str], dict[Period, _Sum]]:
    """Dimension and value → period → sums, over the periods in which a deal falls."""
    base_grain = "quarter" if grain == "trailing_4q" else grain
    sums: dict[tuple[str, str], dict[Period, _Sum]] = {}
    for o in scope:
        assert o.decided_date is not None  # won and lost deals have one
        period = period_of(o.decided_date, base_grain, policy.fiscal_year_start_month)
        parts = metric.parts(o)
        for cell in _comparing_cells(o) if metric.compares else _segment_cells(o):
            sums.setdefault(cell, {}).setdefault(period, _Sum()).add(parts)
    return sums if grain != "trailing_4q" else {cell: _trailing(by, as_of, policy) for cell, by in sums.items()}


def _trailing(by_quarter: dict[Period, _Sum], as_of: date, policy: Policy) -> dict[Period, _Sum]:
    windows: dict[Period, _Sum] = {}
    for window in dense_periods(min(q.end for q in by_quarter), as_of, "trailing_4q", policy.fiscal_year_start_month):
        inside = [by_quarter[q] for q in window.quarters() if q in by_quarter]
        if inside:
            windows[window] = _Sum()
            for quarter in inside:
                windows[window].add_all(quarter)
    return windows


def _segment_cells(o: OpportunityTruth) -> Iterator[tuple[str, str]]:
    yield "all", "all"
    for segment in SEGMENTS:
        yield segment, getattr(o, segment)


def _comparing_cells(o: OpportunityTruth) -> Iterator[tuple[str, str]]:
    """Renewals stand only where the type of the deal is told apart (rulings 5 and 34)."""
    attached = "with" if o.is_attached else "without"
    yield "attached|opportunity_type", f"{attached}|{o.opportunity_type}"
    if o.opportunity_type == "renewal":
        return
    yield "all", "all"
    yield "attached", attached
    yield "attached|account_region", f"{attached}|{o.account_region}"
    yield "attached|size_band", f"{attached}|{o.size_band}"


def _rows(
    metric: Metric, dimension: str, value: str, by_period: dict[Period, _Sum], as_of: date, policy: Policy
) -> Iterator[MetricTruth]:
    values = {period: _value(metric, total) for period, total in by_period.items()}
    for period in sorted(by_period, key=lambda p: p.start):
        total = by_period[period]
        yield MetricTruth(
            metric_id=metric.metric_id,
            period_grain=period.grain,
            period_start=period.start,
            period_end=period.end,
            dimension=dimension,
            dimension_value=value,
            value=values[period],
            numerator=rounded(total.numerator, PLACES),
            denominator=None if metric.is_sum else rounded(total.denominator, PLACES),
            n=total.n,
            n_excluded=total.n_excluded,
            excluded_reason="no_corporate_amount" if total.n_excluded else None,
            unit=metric.unit,
            is_low_sample=total.n < policy.min_cohort_size,
            is_complete_period=period.end <= as_of,
            prior_value=values.get(period.previous()),
            as_of=as_of,
        )


def _value(metric: Metric, total: _Sum) -> Decimal | None:
    if metric.is_sum:
        return rounded(total.numerator, PLACES)
    return None if total.denominator == 0 else divide(total.numerator, total.denominator, PLACES)
