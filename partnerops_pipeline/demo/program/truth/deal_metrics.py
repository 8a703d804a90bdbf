"""The metrics of deals: value, and deals with a partner against deals without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .money import divide
from .opportunity import OpportunityTruth
from .periods import Period
from .policy import Policy
from .series import GRAINS, ONE, PLACES, ZERO, Cell, Line, Metric, MetricTruth, rows_of_lines

SEGMENTS = ("opportunity_type", "account_region", "size_band")
_NO_AMOUNT = "no_corporate_amount"

Parts = tuple[Decimal, Decimal] | None
"""Numerator and denominator of a deal; None where it is left out of both."""
Key = tuple[Period, str, str]
"""A row among those of its metric: its period, dimension and value."""


@dataclass(frozen=True, slots=True)
class DealMetric:
    """A metric and how it is made of deals. One that `compares` sets deals with a partner against deals without."""

    metric: Metric
    scope: Callable[[OpportunityTruth], bool]
    parts: Callable[[OpportunityTruth], Parts]
    compares: bool = False

    def lines(self, deals: list[OpportunityTruth]) -> Iterator[Line]:
        for o in filter(self.scope, deals):
            assert o.decided_date is not None  # won and lost deals have one
            cells = tuple(_comparing_cells(o) if self.compares else _segment_cells(o))
            numerator, denominator = self.parts(o) or (None, ONE)
            yield Line(o.decided_date, cells, numerator, denominator)


def _won(o: OpportunityTruth) -> bool:
    return o.state == "won"


def _decided(o: OpportunityTruth) -> bool:
    return o.state in ("won", "lost")


def _share_of_amount(counts: Callable[[OpportunityTruth], bool]) -> Callable[[OpportunityTruth], Parts]:
    def parts(o: OpportunityTruth) -> Parts:
        amount = o.amount_corporate
        return None if amount is None else (amount if counts(o) else ZERO, amount)

    return parts


def _amount_per_deal(o: OpportunityTruth) -> Parts:
    return None if o.amount_corporate is None else (o.amount_corporate, ONE)


def _cycle_days(o: OpportunityTruth) -> Parts:
    days = (o.close_date - o.cycle_start_date).days
    return None if days < 0 else (Decimal(days), ONE)


def _value(name: str, unit: str, aggregation: str, scope: Callable, parts: Callable, reason: str | None) -> DealMetric:
    return DealMetric(Metric(name, unit, aggregation, GRAINS, reason), scope, parts)


def _revenue(bucket: str) -> DealMetric:
    return _value(
        f"{bucket}_revenue", "money", "sum", lambda o: _won(o) and o.bucket == bucket, _amount_per_deal, _NO_AMOUNT
    )


def _comparison(
    name: str, unit: str, aggregation: str, scope: Callable, parts: Callable, reason: str | None
) -> DealMetric:
    return DealMetric(Metric(name, unit, aggregation, ("trailing_4q",), reason), scope, parts, compares=True)


METRICS = (
    _value("attach_rate_count", "ratio", "ratio", _won, lambda o: (ONE if o.is_attached else ZERO, ONE), None),
    _value("attach_rate_amount", "ratio", "ratio", _won, _share_of_amount(lambda o: o.is_attached), _NO_AMOUNT),
    _revenue("sourced"),
    _revenue("influenced"),
    _revenue("direct"),
    _value(
        "partner_revenue_share", "ratio", "ratio", _won, _share_of_amount(lambda o: o.bucket != "direct"), _NO_AMOUNT
    ),
    _comparison("win_rate_count", "ratio", "ratio", _decided, lambda o: (ONE if _won(o) else ZERO, ONE), None),
    _comparison("win_rate_amount", "ratio", "ratio", _decided, _share_of_amount(_won), _NO_AMOUNT),
    _comparison("deal_size_mean", "money", "ratio", _won, _amount_per_deal, _NO_AMOUNT),
    _comparison("deal_cycle_days_mean", "days", "ratio", _won, _cycle_days, "negative_cycle"),
    _comparison("deal_cycle_days_median", "days", "median", _won, _cycle_days, "negative_cycle"),
)


def deal_rows(deals: list[OpportunityTruth], first: date, as_of: date, policy: Policy) -> list[MetricTruth]:
    """Every row of every metric of the eligible `deals`, and of the sales velocity that follows from them."""
    rows: list[MetricTruth] = []
    for deal_metric in METRICS:
        rows += rows_of_lines(deal_metric.metric, deal_metric.lines(deals), first, as_of, policy)
    return [*rows, *_sales_velocity(rows)]


def _sales_velocity(rows: list[MetricTruth]) -> Iterator[MetricTruth]:
    """Decided deals × win rate × mean size ÷ mean cycle, of the published values: one row for each win rate."""
    published = {(row.metric_id, *_key(row)): row.value for row in rows}
    velocities: dict[Key, Decimal | None] = {}
    win_rates = [row for row in rows if row.metric_id == "win_rate_count"]
    for row in win_rates:
        key = _key(row)
        size, cycle = published.get(("deal_size_mean", *key)), published.get(("deal_cycle_days_mean", *key))
        velocities[key] = None
        if row.value is not None and size is not None and cycle:
            exact = row.n * Fraction(row.value) * Fraction(size) / Fraction(cycle)
            velocities[key] = divide(Decimal(exact.numerator), Decimal(exact.denominator), PLACES)
    for row in win_rates:
        period, dimension, value = _key(row)
        yield replace(
            row, metric_id="sales_velocity", unit="money_per_day", value=velocities[period, dimension, value],
            numerator=None, denominator=None, prior_value=velocities.get((period.previous(), dimension, value)),
        )  # fmt: skip


def _key(row: MetricTruth) -> Key:
    return Period(row.period_grain, row.period_start, row.period_end), row.dimension, row.dimension_value


def _segment_cells(o: OpportunityTruth) -> Iterator[Cell]:
    yield "all", "all"
    for segment in SEGMENTS:
        yield segment, getattr(o, segment)


def _comparing_cells(o: OpportunityTruth) -> Iterator[Cell]:
    """Renewals stand only where the type of the deal is told apart (rulings 5 and 34)."""
    attached = "with" if o.is_attached else "without"
    yield "attached|opportunity_type", f"{attached}|{o.opportunity_type}"
    if o.opportunity_type == "renewal":
        return
    yield "all", "all"
    yield "attached", attached
    yield "attached|account_region", f"{attached}|{o.account_region}"
    yield "attached|size_band", f"{attached}|{o.size_band}"
