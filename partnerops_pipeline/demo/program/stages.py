"""A deal's way through the sales stages, as the CRM's history would record it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from .chance import instant_between
from .company import Setting
from .deals import Deal
from .events import Happening, OpportunityChanged, OpportunityCreated

OPEN = ("Prospecting", "Qualification", "Proposal", "Negotiation")
WON, LOST, VOID, UNKNOWN = "Closed Won", "Closed Lost", "Duplicate - Void", "Verbal Commit"
DECIDED = {"won": WON, "lost": LOST}


class Step(NamedTuple):
    """Stage, amount and close date from `at` on."""

    at: datetime
    stage: str
    amount: Decimal | None
    close_date: date


def stage_events(rng: Random, setting: Setting, deal: Deal) -> Iterator[Happening]:
    """The creation of a deal and each change of its stage, amount or close date, in order."""
    if not deal.has_history:
        steps = _imported(rng, setting, deal)
    elif deal.accident == "entered_late":
        steps = _entered_late(rng, deal)
    else:
        steps = _path(rng, deal)
        steps = _mishap(rng, deal, steps)
    first, *rest = steps
    yield OpportunityCreated(
        0, deal.created, deal.number, deal.customer.account, deal.name, deal.deal_type, deal.lead_source, deal.owner,
        first.stage, first.amount, deal.currency, first.close_date, deal.contact, deal.campaign,
        deal.prior_contract_end, deal.is_test, deal.has_history,
    )  # fmt: skip
    for step in rest:
        yield OpportunityChanged(0, step.at, deal.number, step.stage, step.amount, step.close_date)


def _path(rng: Random, deal: Deal) -> list[Step]:
    """From a first guess through some open stages to the decision, which never comes for an open deal."""
    amount = deal.amount
    guess = None if rng.random() < 0.08 else _guess(rng, amount)
    hoped = max(deal.created.date(), deal.closes + timedelta(days=rng.choice((0, 0, -14, -30, -45, 20))))
    start = rng.choice((0, 0, 1))
    steps = [Step(deal.created, OPEN[start], guess, hoped)]
    wanted = rng.choices((0, 1, 2), (40, 43, 17))[0]
    stages = sorted(rng.sample(range(start + 1, len(OPEN)), min(wanted, 3 - start)))
    moments = sorted(instant_between(rng, deal.created, deal.decided_at) for _ in stages)
    for stage, at in zip(stages, moments, strict=True):
        amount_then = amount if rng.random() < 0.6 else steps[-1].amount
        steps.append(Step(at, OPEN[stage], amount_then, deal.closes if rng.random() < 0.5 else steps[-1].close_date))
    if deal.outcome == "won":
        steps.append(Step(deal.decided_at, WON, amount, deal.closes))
    elif deal.outcome == "lost":
        day = deal.decided_at.date() if rng.random() < 0.6 else steps[-1].close_date
        steps.append(Step(deal.decided_at, LOST, amount, day))
    return steps


def _guess(rng: Random, amount: Decimal | None) -> Decimal | None:
    return None if amount is None else (amount * rng.randint(75, 120) / 100).quantize(Decimal("0.01"))


def _imported(rng: Random, setting: Setting, deal: Deal) -> list[Step]:
    """All that an import brought along is the state on its day; half of the open ones are decided later."""
    if deal.accident == "imported_won_ahead":
        ahead = setting.ends + timedelta(days=rng.randint(10, 300))
        return [Step(deal.created, WON, deal.amount, ahead)]
    if rng.random() < 0.6:
        past = deal.created.date() - timedelta(days=rng.randint(3, 200))
        return [Step(deal.created, DECIDED.get(deal.outcome, LOST), deal.amount, past)]
    steps = [Step(deal.created, rng.choice(OPEN), deal.amount, deal.closes)]
    if rng.random() < 0.5:
        steps.append(Step(deal.decided_at, DECIDED.get(deal.outcome, WON), deal.amount, deal.closes))
    return steps


def _entered_late(rng: Random, deal: Deal) -> list[Step]:
    stage = DECIDED.get(deal.outcome, WON)
    if rng.random() < 0.5:
        return [Step(deal.created, stage, deal.amount, deal.closes)]
    hour = deal.created + timedelta(hours=1)
    return [Step(deal.created, OPEN[3], deal.amount, deal.closes), Step(hour, stage, deal.amount, deal.closes)]


def _mishap(rng: Random, deal: Deal, steps: list[Step]) -> list[Step]:
    """The accidents that show in the history; `steps` ends with the decision, unless the deal stays open."""
    *_, before, last = [None, *steps]
    at, closes = deal.decided_at, deal.closes
    middle = instant_between(rng, before.at if before and before.at < at else deal.created, at)

    def later(days: int) -> datetime:
        return at + timedelta(days=days + rng.randint(0, 20), seconds=rng.randint(0, 3600))

    def step(when: datetime, stage: str) -> Step:
        return Step(when, stage, deal.amount, closes if when <= at else when.date())

    match deal.accident:
        case "reopened_won":
            back = later(3)
            return [*steps[:-1], step(at, LOST), step(back, OPEN[3]), step(back + timedelta(days=9), WON)]
        case "reopened_lost":
            back = later(3)
            again = back + timedelta(days=rng.randint(2, 30))
            # The second loss is corrected some days later: the first event of the last lost run dates it.
            corrected = Step(again + timedelta(days=35), LOST, deal.amount, again.date())
            return [*steps, step(back, OPEN[2]), step(again, LOST), corrected]
        case "reopened_open":
            return [*steps, step(at, LOST), step(later(5), OPEN[1])]
        case "win_taken_back":
            return [*steps[:-1], step(at, WON), step(later(2), OPEN[3]), step(at + timedelta(days=40), LOST)]
        case "won_with_later_close":
            days = rng.choice((366, 365, 731, 45, 90))
            return [*steps[:-1], Step(at, WON, deal.amount, closes + timedelta(days=days))]
        case "same_instant":
            return [*steps[:-1], Step(last.at, OPEN[3], last.amount, last.close_date), last]
        case "lost_and_won_in_a_second":
            return [*steps[:-1], Step(at, LOST, deal.amount, closes), Step(at, WON, deal.amount, closes)]
        case "duplicate":
            return [*steps[:-1], step(at, VOID)] if len(steps) > 1 else [*steps, step(middle, VOID)]
        case "unknown_stage":
            if rng.random() < 0.5:
                return [*steps[:-1], step(at, UNKNOWN)] if len(steps) > 1 else [*steps, step(middle, UNKNOWN)]
            return [*steps[:-1], Step(at, UNKNOWN, deal.amount, closes), last]
    return steps
