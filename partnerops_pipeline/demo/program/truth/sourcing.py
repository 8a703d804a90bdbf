"""Which partner, if any, sourced a deal: the first of three rules that fires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ..ids import salesforce_id
from .days import day_of
from .facts import Deal, Facts
from .links import Link
from .partners import Partners
from .policy import Policy


@dataclass(frozen=True, slots=True)
class Sourcing:
    """`rule` is deal_registration, partner_lead or lead_source; `record_id` the registration's or lead's id."""

    rule: str
    partner: int
    record_id: str | None = None


def sourcing_of(
    deal: Deal, facts: Facts, partners: Partners, links: list[Link], day: date, cutoff: date, policy: Policy
) -> Sourcing | None:
    """The sourcing of `deal` on `day`, or None. `links` are its valid links on that day."""
    return (
        _by_registration(deal, facts, partners, day, cutoff, policy)
        or _by_lead(deal, facts, partners, cutoff, policy)
        or _by_lead_source(deal, links, policy)
    )


def _by_registration(
    deal: Deal, facts: Facts, partners: Partners, day: date, cutoff: date, policy: Policy
) -> Sourcing | None:
    latest = deal.created.at + timedelta(days=policy.sourcing_grace_days)
    candidates = []
    for r in deal.registrations:
        partner = partners.on(deal, r.partner)
        if partner is None or facts.is_deleted("registration", r.number) or not r.is_approved_on(day):
            continue
        if r.approved_at is None or day_of(r.approved_at) > cutoff or r.submitted_at is None:
            continue
        if r.submitted_at <= latest and r.is_protecting(deal.created.at, policy.protection_days):
            candidates.append((r.submitted_at, salesforce_id("Deal_Registration__c", r.number), partner))
    if not candidates:
        return None
    _, record_id, partner = min(candidates)
    return Sourcing("deal_registration", partner, record_id)


def _by_lead(deal: Deal, facts: Facts, partners: Partners, cutoff: date, policy: Policy) -> Sourcing | None:
    latest = deal.created.at + timedelta(days=policy.sourcing_grace_days)
    candidates = []
    for lead in deal.leads:
        submitted = lead.submitted
        partner = partners.on(deal, submitted.partner)
        if partner is None or submitted.is_test or facts.is_deleted("lead", submitted.lead):
            continue
        if lead.converted_on <= cutoff and submitted.at <= latest:
            candidates.append((submitted.at, salesforce_id("Lead", submitted.lead), partner))
    if not candidates:
        return None
    _, record_id, partner = min(candidates)
    return Sourcing("partner_lead", partner, record_id)


def _by_lead_source(deal: Deal, links: list[Link], policy: Policy) -> Sourcing | None:
    if deal.created.lead_source not in policy.partner_lead_sources:
        return None
    linked = {link.partner for link in links}
    primary = {link.partner for link in links if link.is_primary}
    for only in (linked, primary):
        if len(only) == 1:
            return Sourcing("lead_source", next(iter(only)))
    return None
