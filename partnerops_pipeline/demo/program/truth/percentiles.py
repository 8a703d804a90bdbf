"""Medians and percentiles, exactly: linear interpolation between the two nearest values."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from .money import divide


def percentile(values: Iterable[Decimal], share: Decimal, places: int) -> Decimal | None:
    """The value below which `share` (0 to 1) of the values lie, rounded once, half away from zero; None of none.

    With n values in order, h = (n − 1) × share; the value is x[⌊h⌋] + (h − ⌊h⌋) × (x[⌊h⌋ + 1] − x[⌊h⌋]).
    """
    ordered = sorted(values)
    if not ordered:
        return None
    at = (len(ordered) - 1) * Fraction(share)
    low = int(at)
    below, above = Fraction(ordered[low]), Fraction(ordered[min(low + 1, len(ordered) - 1)])
    exact = below + (at - low) * (above - below)
    return divide(Decimal(exact.numerator), Decimal(exact.denominator), places)
