"""Contact without a link: campaigns that partners run, meetings and tasks, people on deals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from .chance import at_work, day_between, instant_between
from .company import Setting, campaign_of, office
from .customers import Customers
from .deals import Deal
from .events import (
    ActivityLogged,
    CampaignCreated,
    CampaignMemberAdded,
    Happening,
    OpportunityContactAdded,
    RecordDeleted,
)
from .numbers import Numbers
from .partners import Partner

SUBJECTS = ("Discovery call", "Joint demo", "Pricing review", "Technical workshop", "Mutual action plan", "Follow-up")
LOOKBACK = timedelta(days=90)
CAMPAIGNS_A_YEAR = (0.0, 0.35, 0.6, 0.9)  # by the highest tier that the partner reaches


def touches_before(rng: Random, deal: Deal, partner: Partner, account: int, numbers: Numbers) -> Iterator[Happening]:
    """One contact of the partner with a deal that it is not linked to; by accident on the very edge of the lookback."""
    mishap, first, contacts = deal.partner_accident, deal.created.date(), deal.customer.contacts
    member_at = deal.created - LOOKBACK - timedelta(seconds=0 if mishap == "member_90_days_before" else 1)
    if mishap.startswith("activity"):
        day = first - timedelta(days=90 if mishap == "activity_90_days_before" else 91)
        yield meeting(rng, numbers, deal, day, account, None)
    elif mishap.startswith("member") and contacts and partner.applied + timedelta(days=20) < member_at:
        yield OpportunityContactAdded(0, deal.created + timedelta(hours=1), deal.number, contacts[0])
        yield from _campaign(rng, partner, member_at - timedelta(days=6), [(member_at, contacts[0])], numbers)
    elif rng.random() < 0.5:
        day = day_between(rng, first - timedelta(days=110), deal.decided_at.date() + timedelta(days=5))
        yield meeting(rng, numbers, deal, day, None, partner.contacts[0])
    else:
        yield meeting(rng, numbers, deal, day_between(rng, first, deal.decided_at.date()), account, None)


def contacts_and_meetings(rng: Random, deal: Deal, partner: Partner, numbers: Numbers) -> Iterator[Happening]:
    """The customer's people on the deal, the seller's own meetings, and with a partner now and then a joint one."""
    for contact in deal.customer.contacts:
        if rng.random() < 0.5:
            at = instant_between(rng, deal.created, min(deal.decided_at, deal.created + timedelta(days=20)))
            yield OpportunityContactAdded(0, at, deal.number, contact)
    first, last = deal.created.date(), deal.decided_at.date()
    if deal.customer.contacts and rng.random() < 0.35:
        yield meeting(rng, numbers, deal, day_between(rng, first, last), None, deal.customer.contacts[0])
    if deal.with_partner and deal.way != "touched" and rng.random() < 0.5:
        account = partner.account_on(rng, first) if rng.random() < 0.5 else None
        day = day_between(rng, first, last + timedelta(days=14))
        yield meeting(rng, numbers, deal, day, account, None if account else partner.contacts[0])


def meeting(
    rng: Random, numbers: Numbers, deal: Deal, day: date, partner: int | None, contact: int | None
) -> Happening:
    """A meeting or task with a partner, a person, or both; one in six is planned ahead and may lie in the future."""
    planned = rng.random() < 0.17
    at = at_work(rng, day) if day > deal.created.date() and not planned else deal.created + timedelta(hours=1)
    kind = rng.choice(("task", "event"))
    number, subject = numbers.next("activity"), rng.choice(SUBJECTS)
    return ActivityLogged(0, at, number, kind, day, deal.number, contact, partner, deal.owner, subject)


def partner_campaigns(
    setting: Setting, rng: Random, partner: Partner, customers: Customers, numbers: Numbers
) -> Iterator[Happening]:
    """Campaigns that the partner runs for customers around it, and their guests."""
    years = (setting.ends - setting.starts).days / 365.25
    for _ in range(round(CAMPAIGNS_A_YEAR[partner.highest] * years * rng.uniform(0.6, 1.4))):
        starts = at_work(rng, day_between(rng, setting.starts, setting.ends))
        if not partner.works_on(starts.date()):
            continue
        known = [c for customer in customers.known(False, starts) for c in customer.contacts]
        guests = rng.sample(known, min(len(known), rng.randint(1, 5)))
        joined = [(starts + timedelta(days=rng.randint(0, 20), seconds=k), guest) for k, guest in enumerate(guests)]
        yield from _campaign(rng, partner, starts - timedelta(days=9), joined, numbers)


def _campaign(
    rng: Random, partner: Partner, at: datetime, joined: list[tuple[datetime, int]], numbers: Numbers
) -> Iterator[Happening]:
    n = numbers.next("campaign")
    account, starts = partner.account_on(rng, at.date()), at.date() + timedelta(days=5)
    name = f"{partner.name} roadshow {starts.isoformat()}"[:80]
    ends = starts + timedelta(days=30)
    yield CampaignCreated(0, at, n, name, account, office("partner_operations"), starts, ends)
    for when, contact in joined:
        member = numbers.next("member")
        yield CampaignMemberAdded(0, when, member, n, contact)
        if rng.random() < 0.02:
            yield RecordDeleted(0, when + timedelta(days=3), "campaign_member", member)


def web_guests(setting: Setting, rng: Random, customers: Customers, numbers: Numbers) -> Iterator[Happening]:
    """Some customers come to the company's own webinars, which touch no partner."""
    for customer in customers.known(False, setting.now):
        campaign = campaign_of(setting, customer.created.date())
        if campaign is not None and customer.contacts and rng.random() < 0.1:
            at = customer.created + timedelta(hours=rng.randint(1, 200))
            yield CampaignMemberAdded(0, at, numbers.next("member"), campaign, customer.contacts[0])
