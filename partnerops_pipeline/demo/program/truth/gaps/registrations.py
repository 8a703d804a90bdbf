"""DR-01, DR-02, DR-06, DR-07: registrations that wait, lead nowhere, or on which CRM and marketplace disagree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from ...ids import salesforce_id
from ..days import day_of
from ..known import Known
from ..opportunity import OpportunityTruth
from ..registration_facts import RegistrationFact, registration_facts
from ..workdays import business_day_after
from .gap import GapTruth

_CLASSES = {"draft": "open", "submitted": "open", "revoked": "refused", "rejected": "refused"}
_WAITED = ((5, "critical"), (3, "high"), (2, "medium"))  # more than so many business days
_DAYS_APART = timedelta(days=7)
_SHARE_APART = Decimal("0.05")

Deals = dict[str, OpportunityTruth]


def decisions_that_wait(known: Known) -> Iterator[GapTruth]:
    """DR-01: submitted on a known day, not decided, two business days or more gone."""
    for fact in registration_facts(known):
        if fact.status != "submitted" or fact.submitted_at is None:
            continue
        day, region = day_of(fact.submitted_at), known.region(fact.partner)
        for days, severity in _WAITED:
            if known.as_of > business_day_after(day, days, region):
                yield GapTruth("DR-01", fact.fact_id, severity)
                break


def approvals_without_deal(known: Known) -> Iterator[GapTruth]:
    """DR-02: approved more than one business day ago, or on a day that nobody entered, and without a deal."""
    for fact in registration_facts(known):
        if fact.status != "approved" or _has_deal(known, fact):
            continue
        day = fact.approved_on
        if day is None or known.as_of > business_day_after(day, 1, known.region(fact.partner)):
            yield GapTruth("DR-02", fact.fact_id)


def marketplace_differences(known: Known, deals: Deals) -> Iterator[GapTruth]:
    """DR-06: another amount, another close date, or another state that DR-07 does not already tell."""
    for fact in registration_facts(known):
        if fact.record is not None and fact.deal is not None and _differs(fact, deals):
            yield GapTruth("DR-06", fact.fact_id)


def ends_that_are_not_told(known: Known, deals: Deals) -> Iterator[GapTruth]:
    """DR-07: the deal is won and the registration still open or approved, or lost and the registration converted."""
    for fact in registration_facts(known):
        if _end_is_not_told(fact, deals):
            yield GapTruth("DR-07", fact.fact_id)


def _has_deal(known: Known, fact: RegistrationFact) -> bool:
    return fact.opportunity is not None and not known.facts.is_deleted("opportunity", fact.opportunity)


def _class(status: str) -> str:
    return _CLASSES.get(status, status)


def _differs(fact: RegistrationFact, deals: Deals) -> bool:
    assert fact.record is not None and fact.deal is not None
    created, deal = fact.record.created, fact.deal
    amount, closes = created.amount, created.expected_close
    if amount is not None and deal.amount is not None:
        if created.currency != deal.currency:
            return True
        if abs(deal.amount - amount) > abs(amount) * _SHARE_APART:
            return True
    if closes is not None and deal.closes is not None and abs(deal.closes - closes) > _DAYS_APART:
        return True
    return _class(fact.record.status) != _class(deal.status) and not _end_is_not_told(fact, deals)


def _end_is_not_told(fact: RegistrationFact, deals: Deals) -> bool:
    if fact.opportunity is None:
        return False
    deal = deals[salesforce_id("Opportunity", fact.opportunity)]
    said = {_class(fact.status)} | ({_class(fact.deal.status)} if fact.deal is not None else set())
    if not deal.is_eligible:
        return False
    return (deal.state == "won" and bool(said & {"open", "approved"})) or (deal.state == "lost" and "converted" in said)
