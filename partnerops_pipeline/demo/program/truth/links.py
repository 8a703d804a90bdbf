"""Which partners a deal is linked to, in which ways and since when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from ..events import PartnerFieldSet
from .days import day_of, start_of
from .facts import Deal, Facts
from .partners import Partners
from .policy import Policy


@dataclass(frozen=True, slots=True)
class Link:
    """One partner on one deal in one way.

    `kind`: partner_list, partner_account, fulfillment_partner, deal_registration or lead. `at` is the earliest link of
    the kind, never before the deal's creation. `is_primary` marks a partner that the partner list calls primary.
    """

    kind: str
    partner: int
    at: datetime
    is_primary: bool = False


def links_of(deal: Deal, facts: Facts, partners: Partners, day: date, cutoff: date, policy: Policy) -> list[Link]:
    """One link per partner and kind, ordered by kind and partner, for `deal` on `day`.

    `cutoff` is the close of a decided deal, else `day`: what is dated later does not count.
    """
    created_at = deal.created.at
    found: dict[tuple[str, int], Link] = {}
    for kind, account, at, is_primary in _references(deal, facts, day, cutoff, policy):
        partner = partners.on(deal, account)
        if partner is None or day_of(at) > cutoff:
            continue
        known = found.get((kind, partner))
        at = max(at, created_at)
        if known is not None:
            at, is_primary = min(at, known.at), is_primary or known.is_primary
        found[kind, partner] = Link(kind, partner, at, is_primary)
    return [found[key] for key in sorted(found)]


def _references(
    deal: Deal, facts: Facts, day: date, cutoff: date, policy: Policy
) -> Iterator[tuple[str, int | None, datetime, bool]]:
    """Every reference from the deal to an account, at its own time: (kind, account, time, is primary)."""
    created_at = deal.created.at
    for row in deal.links:  # the mirror rows of the CRM say nothing new, so `has_reverse_row` is not looked at
        if row.role not in policy.roles_without_partner and not facts.is_deleted("link", row.link):
            yield "partner_list", row.account, row.at, row.is_primary
    for kind in ("partner_account", "fulfillment_partner"):
        account, at = field_in_force(deal.fields.get(kind, []), cutoff, created_at)
        yield kind, account, at, False
    for registration in deal.registrations:
        if registration.is_approved_on(day) and not facts.is_deleted("registration", registration.number):
            yield "deal_registration", registration.partner, registration.approved_at or created_at, False
    for lead in deal.leads:
        if not lead.submitted.is_test and not facts.is_deleted("lead", lead.submitted.lead):
            yield "lead", lead.submitted.partner, start_of(lead.converted_on), False


def field_in_force(settings: list[PartnerFieldSet], cutoff: date, created_at: datetime) -> tuple[int | None, datetime]:
    """The account in a look-up field on the day `cutoff` and the instant that put it there (ruling 28).

    The field's history decides. Before its first change the field held that change's old value, since the deal's
    creation; without any history only the present value is known, and is taken to stand since the creation.
    """
    tracked = [number for number, setting in enumerate(settings) if setting.tracked]
    if not tracked:
        return (settings[-1].account if settings else None), created_at
    by_then = [number for number in tracked if day_of(settings[number].at) <= cutoff]
    if by_then:
        return settings[by_then[-1]].account, settings[by_then[-1]].at
    first = tracked[0]
    return (settings[first - 1].account if first > 0 else None), created_at
