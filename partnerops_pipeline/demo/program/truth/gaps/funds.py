"""MD-03, MD-04: claims on marketing funds that wait for their money, or want more than was granted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from ..claim_facts import ClaimFact, claim_facts
from ..known import Known
from .gap import GapTruth

_WAITED = ((45, "critical"), (30, "high"))  # more than so many calendar days


def claims_paid_late(known: Known) -> Iterator[GapTruth]:
    """MD-03: neither rejected nor paid in full, a month or more after it was submitted."""
    for fact in claim_facts(known):
        paid = fact.paid_in_full_on
        if fact.is_rejected or (paid is not None and paid <= known.as_of):
            continue
        waited = (known.as_of - fact.submitted_on).days
        for days, severity in _WAITED:
            if waited > days:
                yield GapTruth("MD-03", fact.fact_id, severity)
                break


def claims_above_their_funds(known: Known) -> Iterator[GapTruth]:
    """MD-04: alone or together, the claims of a request or budget want more than there is.

    A claim that only the portal knows is held against its request alone, since it may be the copy of another one.
    """
    facts = [fact for fact in claim_facts(known) if not fact.is_rejected]
    of_request: dict[int, Decimal] = defaultdict(Decimal)
    of_budget: dict[int | None, Decimal] = defaultdict(Decimal)
    for fact in facts:
        if fact.is_in_crm:
            of_request[fact.request] += fact.claimed
            of_budget[fact.budget] += fact.claimed
    for fact in facts:
        if _exceeds(fact.claimed, fact.granted) or (fact.is_in_crm and _is_exceeded(fact, of_request, of_budget)):
            yield GapTruth("MD-04", fact.fact_id)


def _is_exceeded(fact: ClaimFact, of_request: dict[int, Decimal], of_budget: dict[int | None, Decimal]) -> bool:
    return _exceeds(of_request[fact.request], fact.granted) or _exceeds(of_budget[fact.budget], fact.budget_amount)


def _exceeds(wanted: Decimal, there: Decimal | None) -> bool:
    return there is not None and wanted > there
