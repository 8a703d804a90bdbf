"""Chance that can be repeated: every subject of the programme draws from a stream of its own.

A stream is seeded with text, which Python hashes with SHA-512: neither PYTHONHASHSEED, nor the clock, nor what other
subjects draw can move it. So one more partner, deal or draw changes nothing that happens to the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")


def stream(seed: int, *subject: str | int) -> Random:
    """The random stream of one subject, such as `stream(7, "deal", 12, 3)`."""
    return Random("/".join(map(str, (seed, *subject))))


def weighted(rng: Random, weights: Mapping[T, float]) -> T:
    """One key of `weights`, each as likely as its weight says; they need not sum to 1."""
    left = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return key


def accident(rng: Random, rates: Mapping[str, float]) -> str:
    """The accident that happens, or "" for none: `rates` are probabilities, of which at most one comes true."""
    left = rng.random()
    for name, rate in rates.items():
        left -= rate
        if left < 0:
            return name
    return ""


def at_work(rng: Random, day: date) -> datetime:
    """A second of `day` between 07:00:00 and 18:59:59 UTC."""
    return datetime.combine(day, time(7), UTC) + timedelta(seconds=rng.randrange(12 * 3600))


def day_between(rng: Random, first: date, last: date) -> date:
    """A day from `first` to `last`, both included; `first` if `last` is earlier."""
    return first + timedelta(days=rng.randint(0, max((last - first).days, 0)))


def instant_between(rng: Random, after: datetime, before: datetime) -> datetime:
    """A second after `after` and before `before`; one second after `after` if there is none between."""
    return after + timedelta(seconds=rng.randint(1, max(int((before - after).total_seconds()) - 1, 1)))


def midnight(day: date) -> datetime:
    """The first instant of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


def last_second(day: date) -> datetime:
    """The last whole second of a day, in UTC."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def quarter_end(day: date) -> date:
    """The last day of the calendar quarter that contains `day`."""
    month = (day.month + 2) // 3 * 3
    following = date(day.year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)
