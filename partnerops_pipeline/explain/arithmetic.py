"""The number again, from its lines: exact fractions, rounded once at the end, half away from zero.

Deliberately not the SQL that made the headline: equal results from two arithmetics are the proof that `explain` offers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from partnerops_pipeline.errors import ConfigurationError

_PLACES = 6
"""Published values are DECIMAL(18,6)."""


class Measured(Protocol):
    """What the arithmetic needs to know of a line."""

    @property
    def record_id(self) -> str: ...
    @property
    def numerator(self) -> Decimal | None: ...
    @property
    def denominator(self) -> Decimal | None: ...
    @property
    def measure(self) -> Decimal | None: ...


@dataclass(frozen=True)
class Recomputed:
    """A value and its parts; `denominator` is None for a metric that is not a ratio."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None


def recompute(aggregation: str, lines: Sequence[Measured], metric_id: str) -> Recomputed:
    """Aggregate lines as the metric's definition says.

    Raises:
        ConfigurationError: the aggregation is not one over lines (a formula over other metrics, for example).
    """
    if aggregation not in AGGREGATIONS:
        raise ConfigurationError(
            f"{metric_id} is computed as {aggregation!r}, which is not a sum over records and has no lines of its own.",
            f"Explain the metrics that it is made of; records can be listed for {', '.join(sorted(AGGREGATIONS))}.",
        )
    return AGGREGATIONS[aggregation](lines)


def half_away(value: Fraction, places: int = _PLACES) -> Decimal:
    """A fraction rounded to decimal places, halves away from zero."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(f"{whole if value >= 0 else -whole}E-{places}")  # scaleb would round to the context's 28 digits


def percentile(values: Sequence[Decimal], share: Fraction) -> Fraction | None:
    """Linear interpolation between the two nearest of the sorted values; None without values."""
    if not values:
        return None
    ordered = sorted(Fraction(value) for value in values)
    position = share * (len(ordered) - 1)
    below = position.numerator // position.denominator
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _numerators(lines: Sequence[Measured]) -> Fraction:
    return sum((Fraction(line.numerator) for line in lines if line.numerator is not None), Fraction(0))


def _denominators(lines: Sequence[Measured]) -> Fraction:
    return sum((Fraction(line.denominator) for line in lines if line.denominator is not None), Fraction(0))


def _sum(lines: Sequence[Measured]) -> Recomputed:
    total = half_away(_numerators(lines))
    return Recomputed(total, total, None)


def _ratio(lines: Sequence[Measured]) -> Recomputed:
    above, below = _numerators(lines), _denominators(lines)
    return Recomputed(half_away(above / below) if below else None, half_away(above), half_away(below))


def _count_distinct(lines: Sequence[Measured]) -> Recomputed:
    count = half_away(Fraction(len({line.record_id for line in lines})))
    return Recomputed(count, count, None)


def _percentile(share: Fraction) -> Callable[[Sequence[Measured]], Recomputed]:
    def of(lines: Sequence[Measured]) -> Recomputed:
        at = percentile([line.measure for line in lines if line.measure is not None], share)
        return Recomputed(None if at is None else half_away(at), None, None)

    return of


AGGREGATIONS: dict[str, Callable[[Sequence[Measured]], Recomputed]] = {
    "sum": _sum,
    "stock": _sum,
    "ratio": _ratio,
    "mean": _ratio,
    "count_distinct": _count_distinct,
    "median": _percentile(Fraction(1, 2)),
    "p90": _percentile(Fraction(9, 10)),
}
"""How each aggregation named in `metric_definitions` is made from lines (metrics.md, section 4)."""
