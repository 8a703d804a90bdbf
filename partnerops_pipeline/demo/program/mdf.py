"""Market development funds: a budget each year for partners above the lowest tier, requests, claims, payments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from .chance import at_work, day_between
from .company import Setting
from .events import (
    Happening,
    MdfBudgetSet,
    MdfClaimDecided,
    MdfClaimed,
    MdfPaid,
    MdfRequestDecided,
    MdfRequested,
)
from .numbers import Numbers
from .partners import Partner

BUDGETS = (0, 5_000, 15_000, 40_000)  # a year, by the highest tier that the partner reaches
ACTIVITIES = ("Event", "Webinar", "Digital", "Print")


def mdf_events(setting: Setting, rng: Random, partner: Partner, numbers: Numbers) -> Iterator[Happening]:
    """Budgets for each calendar year in which the partner is active on 1 January or signs, and what comes of them."""
    for year in range(setting.starts.year, setting.ends.year + 1):
        starts = max(date(year, 1, 1), setting.starts)
        if not BUDGETS[partner.highest] or not partner.works_on(starts) or rng.random() < 0.2:
            continue
        budget, ends = numbers.next("budget"), date(year, 12, 31)
        amount = Decimal(BUDGETS[partner.highest] * rng.randint(8, 12)) / 10
        account = partner.account_on(rng, starts)
        at = at_work(rng, starts)
        yield MdfBudgetSet(0, at, budget, account, amount.quantize(Decimal("0.01")), partner.currency, starts, ends)
        left = amount
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            wanted = (left * rng.randint(15, 60) / 100).quantize(Decimal("0.01"))
            left -= wanted
            yield from _request(rng, partner, account, budget, wanted, day_between(rng, starts, ends), numbers)


def _request(
    rng: Random, partner: Partner, account: int, budget: int, wanted: Decimal, day: date, numbers: Numbers
) -> Iterator[Happening]:
    request, at = numbers.next("request"), at_work(rng, day) + timedelta(days=1)
    activity_ends = day + timedelta(days=rng.randint(20, 90))
    activity = rng.choice(ACTIVITIES)
    yield MdfRequested(0, at, request, budget, account, None, activity, wanted, partner.currency, activity_ends)
    if rng.random() < 0.06:
        return
    decided, approved = at + timedelta(days=rng.randint(1, 14)), rng.random() < 0.85
    granted = wanted if rng.random() < 0.7 else (wanted * 8 / 10).quantize(Decimal("0.01"))
    yield MdfRequestDecided(0, decided, request, granted if approved else None)
    if not approved or rng.random() < 0.15:
        return
    claim, claimed = numbers.next("claim"), at_work(rng, activity_ends + timedelta(days=rng.randint(2, 40)))
    spent = (granted * rng.randint(70, 105) / 100).quantize(Decimal("0.01"))
    yield MdfClaimed(0, claimed, claim, request, spent)
    decided = claimed + timedelta(days=rng.randint(1, 12))
    if rng.random() < 0.1:
        yield MdfClaimDecided(0, decided, claim, None)
        return
    payable = min(spent, granted)
    yield MdfClaimDecided(0, decided, claim, payable)
    paid = decided + timedelta(days=rng.randint(3, 45))
    if rng.random() < 0.1:  # in two parts
        half = (payable / 2).quantize(Decimal("0.01"))
        yield MdfPaid(0, paid, claim, half)
        yield MdfPaid(0, paid + timedelta(days=14), claim, payable - half)
    elif rng.random() < 0.95:
        yield MdfPaid(0, paid, claim, payable)
