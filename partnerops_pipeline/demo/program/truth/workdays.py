"""The calendar of a region: which days are worked on, and how many working hours lie between two instants.

The holidays are written down a second time here, as the other numbers of `policy` are.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from .days import day_of
from .money import divide
from .policy import UNKNOWN

OPENS, CLOSES = time(9, tzinfo=UTC), time(17, tzinfo=UTC)
HEADQUARTERS = "na"
_EVERYWHERE = frozenset({(1, 1), (12, 25)})
_HOLIDAYS = {
    "na": _EVERYWHERE | {(7, 4), (11, 11)},
    "emea": _EVERYWHERE | {(5, 1), (12, 26)},
    "latam": _EVERYWHERE | {(5, 1), (9, 7), (11, 15)},
    "apac": _EVERYWHERE | {(1, 26), (4, 25), (12, 26)},
}
_HOUR_PLACES = 6


def is_business_day(day: date, region: str) -> bool:
    """Neither Saturday, Sunday nor a holiday of the region; an unknown region keeps the headquarters' calendar."""
    holidays = _HOLIDAYS[HEADQUARTERS if region == UNKNOWN else region]
    return day.weekday() < 5 and (day.month, day.day) not in holidays


def business_day_after(day: date, n: int, region: str) -> date:
    """The `n`-th business day after `day`, which itself does not count."""
    while n > 0:
        day += timedelta(days=1)
        n -= is_business_day(day, region)
    return day


def close_of(day: date) -> datetime:
    """The end of a day's business hours."""
    return datetime.combine(day, CLOSES)


def business_hours(start: datetime, end: datetime, region: str) -> Decimal:
    """Hours between two instants that lie within business hours of business days, to six places; 0 if end ≤ start."""
    worked, day = timedelta(), day_of(start)
    while day <= day_of(end):
        if is_business_day(day, region):
            inside = min(end, close_of(day)) - max(start, datetime.combine(day, OPENS))
            worked += max(inside, timedelta())
        day += timedelta(days=1)
    return divide(Decimal(worked // timedelta(seconds=1)), Decimal(3600), _HOUR_PLACES)
