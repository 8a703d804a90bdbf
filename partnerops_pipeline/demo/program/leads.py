"""Leads: sent by partners or found on the web, accepted, converted into deals, early or late, or forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from .chance import at_work, day_between
from .company import COUNTRIES, Setting, seller
from .deals import Deal
from .events import Happening, LeadAccepted, LeadConverted, LeadSubmitted, RecordDeleted
from .names import domain_of, email_of
from .numbers import Numbers
from .partners import Partner


def lead_of_deal(
    setting: Setting, rng: Random, deal: Deal, partner: Partner | None, numbers: Numbers
) -> Iterator[Happening]:
    """The lead that became the deal: a partner's, or with `partner` None one that came by itself."""
    n, mishap = numbers.next("lead"), deal.partner_accident
    submitted = deal.created - timedelta(days=rng.randint(1, 30), seconds=rng.randint(0, 3600))
    converted = deal.created
    if mishap == "lead_in_the_same_second":
        submitted = deal.created
    elif mishap == "lead_after_deal":
        submitted = deal.created + timedelta(seconds=rng.choice((1, 86_400, 400_000)))
        converted = submitted + timedelta(days=rng.randint(0, 3))
    elif mishap == "converted_after_close":
        converted = deal.decided_at + timedelta(days=rng.randint(1, 40))
    elif partner is not None and rng.random() < 0.06:
        converted = deal.created + timedelta(days=rng.randint(1, 25))  # converted into a deal that was there already
    if partner is not None:
        submitted = max(submitted, partner.applied + timedelta(hours=2))
    account = None if partner is None else partner.account_on(rng, submitted.date())
    customer = deal.customer
    first, last = setting.names.person(rng, customer.region)
    mail = email_of(first, last, customer.domain or domain_of(customer.name, customer.account))
    source = deal.lead_source or "Other"
    yield LeadSubmitted(
        0,
        submitted,
        n,
        account,
        customer.name,
        first,
        last,
        mail,
        customer.country,
        source,
        deal.owner,
        mishap == "test_lead_converted",
    )
    accepted = submitted + (converted - submitted) / 2
    yield LeadAccepted(0, accepted.replace(microsecond=0), n)
    yield LeadConverted(0, converted, n, customer.account, deal.contact, deal.number)
    if mishap == "lead_deleted":
        yield RecordDeleted(0, converted + timedelta(days=rng.randint(5, 60)), "lead", n)


def lead_without_deal(
    setting: Setting, rng: Random, partner: Partner, from_partner: bool, numbers: Numbers
) -> Iterator[Happening]:
    """A lead that never became a deal. One in fifty is a test, one in a hundred is deleted."""
    first_day = max(partner.signed, setting.starts) if from_partner else setting.starts
    day = day_between(
        rng, first_day, min(partner.ended or setting.ends, setting.ends) if from_partner else setting.ends
    )
    at, n = at_work(rng, day), numbers.next("lead")
    company = setting.names.company(rng, partner.region)
    first, last = setting.names.person(rng, partner.region)
    country = None if rng.random() < 0.04 else rng.choice(COUNTRIES[partner.region])
    source = (
        rng.choice(("Partner Referral", "Partner Portal")) if from_partner else rng.choice(("Web", "Event", "Outbound"))
    )
    is_test = rng.random() < 0.02
    account = partner.account_on(rng, day) if from_partner else None
    mail, owner = email_of(first, last, domain_of(company, n)), seller(partner.block, partner.region)
    name = "Test Company" if is_test else company
    yield LeadSubmitted(0, at, n, account, name, first, last, mail, country, source, owner, is_test)
    if rng.random() < 0.5:
        yield LeadAccepted(0, at + timedelta(days=rng.randint(0, 6), seconds=rng.randint(60, 9000)), n)
    if rng.random() < 0.01:
        yield RecordDeleted(0, at + timedelta(days=rng.randint(10, 90)), "lead", n)
