"""Where a deal stands on a day: rebuilt from its history events, or read off the record where there is no history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .days import day_of
from .facts import Deal
from .policy import Policy


@dataclass(frozen=True, slots=True)
class State:
    """A deal on a day.

    `name` is open, won, lost, void, not_yet_created, or `neither` (won by its stage, with a close date still to come).
    `decided_date` is the close date of a win and the day of a loss. `effective_close_date` is "the close": not earlier
    than the creation of a deal that was entered late. `cutoff` is the last day on which links and touches count.
    """

    name: str
    stage: str
    stage_category: str
    amount: Decimal | None
    close_date: date
    decided_date: date | None
    effective_close_date: date | None
    cutoff: date


@dataclass(frozen=True, slots=True)
class _Moment:
    day: date
    stage: str
    amount: Decimal | None
    close_date: date


def state_on(deal: Deal, day: date, policy: Policy) -> State:
    """Rulings 3, 4, 28 and 29. `day` includes all its instants; equal timestamps are ordered by the events' `seq`."""
    created = deal.created
    created_day = day_of(created.at)
    everything = [_Moment(created_day, created.stage, created.amount, created.close_date)]
    everything += [_Moment(day_of(c.at), c.stage, c.amount, c.close_date) for c in deal.changes]
    history = [m for m in everything if m.day <= day] if created.has_history else []
    now = history[-1] if history else everything[-1]
    category = policy.stage_category(now.stage)

    name, decided = _judge(category, now, history, day, policy)
    if created_day > day:
        name, decided = "not_yet_created", None
    close = None if decided is None else max(decided, created_day)
    return State(name, now.stage, category, now.amount, now.close_date, decided, close, close or day)


def _judge(category: str, now: _Moment, history: list[_Moment], day: date, policy: Policy) -> tuple[str, date | None]:
    if category == "void":
        return "void", None
    if category == "won":
        if now.close_date <= day:
            return "won", now.close_date
        return ("neither" if history else "open"), None
    if category == "lost":
        if history:
            return "lost", _start_of_last_lost_run(history, policy)
        if now.close_date <= day:
            return "lost", now.close_date
    return "open", None


def _start_of_last_lost_run(history: list[_Moment], policy: Policy) -> date:
    first = history[-1]
    for moment in reversed(history):
        if policy.stage_category(moment.stage) != "lost":
            break
        first = moment
    return first.day
