"""A claim on marketing funds as its record stands after the last event, with what its request and budget granted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .. import events as happened
from .days import day_of

Step = (
    happened.MdfBudgetSet
    | happened.MdfRequested
    | happened.MdfRequestDecided
    | happened.MdfClaimed
    | happened.MdfClaimDecided
    | happened.MdfPaid
)


@dataclass(slots=True)
class Claim:
    """The present record. Amounts are in `currency`; `granted` is the request's, None where it was not granted."""

    number: int
    partner: int
    request: int
    budget: int
    currency: str
    claimed: Decimal
    submitted_on: date
    granted: Decimal | None
    budget_amount: Decimal | None
    decided_on: date | None = None
    approved: Decimal | None = None
    paid: Decimal | None = None
    paid_on: date | None = None  # of the last payment

    @property
    def is_rejected(self) -> bool:
        """Turned down; a claim on which something was paid is not, whatever was decided."""
        return self.decided_on is not None and self.approved is None and self.paid_on is None


def claims_of(steps: Iterable[Step]) -> dict[int, Claim]:
    """Every claim by its number, after `steps`, which come in order of time.

    Raises:
        ValueError: a claim names a request that was never made.
    """
    requests: dict[int, happened.MdfRequested] = {}
    granted: dict[int, Decimal | None] = {}
    budgets: dict[int, Decimal] = {}
    claims: dict[int, Claim] = {}
    for step in steps:
        match step:
            case happened.MdfBudgetSet():
                budgets[step.budget] = step.amount
            case happened.MdfRequested():
                requests[step.request] = step
            case happened.MdfRequestDecided():
                granted[step.request] = step.approved
            case happened.MdfClaimed():
                wanted = requests.get(step.request)
                if wanted is None:
                    raise ValueError(
                        f"claim {step.claim} of event {step.seq} names request {step.request}, never made."
                    )
                claims[step.claim] = Claim(
                    step.claim, wanted.partner, step.request, wanted.budget, wanted.currency, step.amount,
                    day_of(step.at), None, None,
                )  # fmt: skip
            case happened.MdfClaimDecided():
                claims[step.claim].decided_on, claims[step.claim].approved = day_of(step.at), step.approved
            case happened.MdfPaid():
                claim = claims[step.claim]
                claim.paid, claim.paid_on = (claim.paid or Decimal(0)) + step.amount, day_of(step.at)
    for claim in claims.values():
        claim.granted, claim.budget_amount = granted.get(claim.request), budgets.get(claim.budget)
    return claims
