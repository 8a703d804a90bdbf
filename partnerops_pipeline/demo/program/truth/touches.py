"""Every contact of a partner with a deal, and which of them lie close enough to it to count as influence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .days import day_of, start_of
from .facts import Deal, Facts
from .links import Link
from .partners import Partners
from .policy import Policy


@dataclass(frozen=True, slots=True)
class Touch:
    """`kind` is link, registration, campaign or activity. An activity has only a day and stands at its start."""

    kind: str
    partner: int
    at: datetime
    is_bare_date: bool = False


def touches_in_window(
    deal: Deal, facts: Facts, partners: Partners, links: list[Link], day: date, cutoff: date, policy: Policy
) -> list[Touch]:
    """The touches from the lookback before the deal's creation to its close (or `day` while open), by time.

    The lookback is a multiple of 24 h between instants, and of days where the touch has only a day (ruling 30).
    """
    created_at = deal.created.at
    earliest = created_at - timedelta(days=policy.influence_lookback_days)
    earliest_day = day_of(created_at) - timedelta(days=policy.influence_lookback_days)
    within = [
        touch
        for touch in _touches(deal, facts, partners, links, day)
        if day_of(touch.at) <= cutoff
        and (day_of(touch.at) >= earliest_day if touch.is_bare_date else touch.at >= earliest)
    ]
    return sorted(within, key=lambda t: (t.at, t.kind, t.partner))


def _touches(deal: Deal, facts: Facts, partners: Partners, links: list[Link], day: date) -> Iterator[Touch]:
    for link in links:
        yield Touch("link", link.partner, link.at)
    for registration in deal.registrations:
        partner = partners.on(deal, registration.partner)
        if partner is None or facts.is_deleted("registration", registration.number):
            continue
        submitted_at = registration.touch_on(day)
        if submitted_at is not None:
            yield Touch("registration", partner, submitted_at)
    yield from _campaign_touches(deal, facts, partners, day)
    for activity in deal.activities:
        if facts.is_deleted("activity", activity.activity):
            continue
        met = {partners.on(deal, activity.partner), partners.of_contact(deal, activity.contact)}
        for partner in met - {None}:
            assert partner is not None
            yield Touch("activity", partner, start_of(activity.day), is_bare_date=True)


def _campaign_touches(deal: Deal, facts: Facts, partners: Partners, day: date) -> Iterator[Touch]:
    contacts = {added.contact for added in deal.contacts if day_of(added.at) <= day}
    if deal.created.contact is not None:
        contacts.add(deal.created.contact)
    for contact in sorted(contacts):
        if facts.is_deleted("contact", contact):
            continue
        for member in facts.memberships.get(contact, ()):
            partner = partners.on(deal, facts.campaign_partners.get(member.campaign))
            if partner is not None and not facts.is_deleted("campaign_member", member.member):
                yield Touch("campaign", partner, member.at)
