"""Amounts in corporate currency, exactly: integers and Decimal, never a float."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ..events import RateSet

CENTS = 2


def divide(numerator: Decimal, denominator: Decimal, places: int) -> Decimal:
    """The quotient with `places` decimals, rounded once, half away from zero.

    Worked out in integers, so that no precision of a decimal context can round a second time.

    Raises:
        ZeroDivisionError: the denominator is 0.
    """
    a, b = numerator.as_integer_ratio()
    c, d = denominator.as_integer_ratio()
    top, bottom = a * d * 10**places, b * c
    if bottom == 0:
        raise ZeroDivisionError(f"{numerator} divided by {denominator}")
    negative = (top < 0) != (bottom < 0)
    digits = (2 * abs(top) + abs(bottom)) // (2 * abs(bottom))
    return Decimal((int(negative and digits > 0), tuple(map(int, str(digits))), -places))


def rounded(value: Decimal, places: int) -> Decimal:
    """`value` with `places` decimals, half away from zero."""
    return divide(value, Decimal(1), places)


@dataclass(slots=True)
class Rates:
    """Dated rates: each is in force from its first day to the day before the next one of the same currency."""

    corporate_currency: str
    _starts: dict[str, list[date]] = field(default_factory=dict)
    _values: dict[str, list[Decimal]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Iterable[RateSet], corporate_currency: str) -> Rates:
        """Take every rate of the log, whenever it was entered; the later entry wins for the same first day."""
        rates = cls(corporate_currency)
        by_currency: dict[str, dict[date, Decimal]] = {}
        for setting in settings:
            by_currency.setdefault(setting.currency, {})[setting.valid_from] = setting.rate
        for currency, values in by_currency.items():
            rates._starts[currency] = sorted(values)
            rates._values[currency] = [values[start] for start in rates._starts[currency]]
        return rates

    def rate(self, currency: str | None, on: date) -> tuple[Decimal | None, str]:
        """Units of `currency` for 1 of the corporate currency on a day, and where it is from (`rate_kind`).

        `corporate`: rate 1. `dated`: from the dated rates. `none`: no rate in force on that day, or no currency.
        """
        if currency == self.corporate_currency:
            return Decimal(1), "corporate"
        at = bisect_right(self._starts.get(currency or "", []), on)
        if currency is None or at == 0:
            return None, "none"
        return self._values[currency][at - 1], "dated"


def convert(amount: Decimal | None, rate: Decimal | None) -> Decimal | None:
    """`amount` ÷ `rate` to the cent, half away from zero; None where either is unknown."""
    return None if amount is None or rate is None else divide(amount, rate, CENTS)
