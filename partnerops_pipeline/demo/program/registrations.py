"""Deal registrations: with a deal and without one, in time and late, dated and undated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from .chance import at_work, day_between, last_second, midnight
from .company import Setting
from .deals import Deal
from .events import (
    Happening,
    RecordDeleted,
    RecordSlipped,
    RegistrationApproved,
    RegistrationCreated,
    RegistrationEnded,
    RegistrationLinked,
    RegistrationRejected,
    RegistrationSubmitted,
)
from .numbers import Numbers
from .partners import Partner
from .slips import CRM_REGISTRATION, slip_of

PROTECTION = timedelta(days=90)
FORMS = ("portal", "portal", "portal", "e_mail", "co_sell")
REASONS = ("Already registered", "Existing customer", "Incomplete", "Outside the territory")


def registrations_of_deal(
    rng: Random, setting: Setting, deal: Deal, partner: Partner, second: Partner | None, numbers: Numbers
) -> Iterator[Happening]:
    """The registration through which a partner brought a deal, and where the accident says so a second one."""
    mishap = deal.partner_accident
    submitted, approved, own_end = _clocks(rng, deal)
    yield from _one(rng, setting, deal, partner, numbers, submitted, approved, own_end, mishap)
    if second is None or mishap not in ("two_registrations", "registered_in_the_same_second"):
        return
    at = (
        submitted
        if mishap == "registered_in_the_same_second"
        else submitted + timedelta(days=rng.randint(-9, 9), hours=1)
    )
    yield from _one(rng, setting, deal, second, numbers, at, max(approved, at) + timedelta(hours=3), None, "")


def _clocks(rng: Random, deal: Deal) -> tuple[datetime, datetime, date | None]:
    """When it was submitted and approved, and the end of protection if the record has its own."""
    created = deal.created
    match deal.partner_accident:
        case "submitted_at_creation":
            return created, created + timedelta(days=1), None
        case "submitted_a_second_late":
            return created + timedelta(seconds=1), created + timedelta(days=1), None
        case "protection_just_over":
            return created - PROTECTION - timedelta(days=2), created - PROTECTION, None
        case "protection_last_second":
            return created - PROTECTION - timedelta(days=2), created - PROTECTION + timedelta(seconds=1), None
        case "own_protection_last_day" | "own_protection_over" as which:
            approved = created - timedelta(days=rng.randint(20, 60))
            ends = created.date() - timedelta(days=int(which == "own_protection_over"))
            return approved - timedelta(days=1), approved, ends
        case "approved_after_close":
            return created, deal.decided_at + timedelta(days=rng.randint(2, 20)), None
    late = rng.random() < 0.08
    shift = timedelta(days=rng.randint(1, 20) if late else -rng.randint(1, 40), seconds=rng.randint(0, 3600))
    submitted = created + shift
    approved = submitted + timedelta(days=rng.choice((0, 1, 1, 2, 3, 5, 8)), seconds=rng.randint(600, 30_000))
    own_end = approved.date() + timedelta(days=rng.choice((60, 120, 180))) if rng.random() < 0.3 else None
    return submitted, approved, own_end


def _one(
    rng: Random, setting: Setting, deal: Deal, partner: Partner, numbers: Numbers, submitted: datetime,
    approved: datetime, own_end: date | None, mishap: str,
) -> Iterator[Happening]:  # fmt: skip
    n = numbers.next("registration")
    known_since = partner.applied + timedelta(hours=2)
    submitted, approved = max(submitted, known_since), max(approved, known_since + timedelta(hours=1))
    account = partner.account_on(rng, submitted.date())
    undated = mishap == "submitted_without_date"
    knows_deal = deal.created <= submitted and rng.random() < 0.5
    drafted = submitted - timedelta(days=rng.randint(1, 5)) if rng.random() < 0.3 and not knows_deal else None
    if drafted is not None and (drafted <= known_since or account != partner.account):
        drafted = None
    known = deal.number if knows_deal else None
    yield RegistrationCreated(
        0, drafted or submitted, n, account, rng.choice(partner.contacts[:2]) if rng.random() < 0.8 else None,
        deal.customer.account if knows_deal else None, deal.customer.name, deal.customer.domain, known,
        deal.amount, deal.currency or "USD", deal.closes if rng.random() < 0.8 else None, rng.choice(FORMS),
        None if drafted or undated else submitted, "draft" if drafted else "submitted",
    )  # fmt: skip
    if drafted:
        yield RegistrationSubmitted(0, submitted, n, not undated)
    # Where a story is about the registration's clocks, the registration keeps its deal.
    slip = "" if knows_deal or mishap else slip_of(setting, "deal link", n, CRM_REGISTRATION)
    if not knows_deal:
        linked = max(deal.created, submitted) + timedelta(minutes=rng.randint(0, 90))
        if slip:
            yield RecordSlipped(0, drafted or submitted, "crm", "registration", n, slip)
        else:
            yield RegistrationLinked(0, linked, n, deal.number)
    if mishap in ("withdrawn", "withdrawn_without_date") and rng.random() < 0.5:
        yield RegistrationEnded(0, submitted + timedelta(days=2), n, "withdrawn", mishap == "withdrawn")
        return
    yield RegistrationApproved(0, approved, n, mishap != "approved_without_date", own_end)
    yield from _ends(rng, deal, n, approved, own_end, mishap)


def _ends(
    rng: Random, deal: Deal, n: int, approved: datetime, own_end: date | None, mishap: str
) -> Iterator[Happening]:
    later = approved + timedelta(days=rng.randint(3, 120), seconds=rng.randint(0, 40_000))
    if mishap in ("revoked", "revoked_without_date"):
        yield RegistrationEnded(0, later, n, "revoked", mishap == "revoked")
    elif mishap in ("withdrawn", "withdrawn_without_date"):
        yield RegistrationEnded(0, later, n, "withdrawn", mishap == "withdrawn")
    elif mishap == "approval_taken_back":
        yield RegistrationRejected(0, later, n, "Approved by mistake")
    elif mishap == "registration_deleted":
        yield RecordDeleted(0, later, "registration", n)
    elif deal.outcome == "won" and rng.random() < 0.6:
        yield RegistrationEnded(0, max(deal.decided_at, later), n, "converted", rng.random() < 0.8)
    elif rng.random() < 0.7:
        expired = last_second(own_end) if own_end else approved + PROTECTION
        yield RegistrationEnded(0, max(expired, approved) + timedelta(seconds=1), n, "expired", rng.random() < 0.8)


def registrations_refused(rng: Random, deal: Deal, partner: Partner, numbers: Numbers) -> Iterator[Happening]:
    """A registration that comes for a deal the seller already had, and is turned down or taken back."""
    n, at = numbers.next("registration"), deal.created + timedelta(days=rng.randint(0, 20), hours=2)
    account = partner.account_on(rng, at.date())
    yield RegistrationCreated(
        0, at, n, account, partner.contacts[0], deal.customer.account, deal.customer.name, deal.customer.domain,
        deal.number, deal.amount, deal.currency or "USD", deal.closes, rng.choice(FORMS), at, "submitted",
    )  # fmt: skip
    decided = at + timedelta(days=rng.randint(1, 6))
    if rng.random() < 0.7:
        yield RegistrationRejected(0, decided, n, rng.choice(REASONS))
    else:
        yield RegistrationEnded(0, decided, n, "withdrawn", rng.random() < 0.7)


def registrations_without_deal(
    setting: Setting, rng: Random, partner: Partner, numbers: Numbers
) -> Iterator[Happening]:
    """One registration that never meets a deal: refused, expired, withdrawn, still in work or never sent."""
    day = day_between(rng, max(partner.signed, setting.starts), min(partner.ended or setting.ends, setting.ends))
    at, n = at_work(rng, day), numbers.next("registration")
    company, fate = setting.names.company(rng, partner.region), rng.random()
    is_draft = fate < 0.08
    yield RegistrationCreated(
        0, at, n, partner.account_on(rng, day), rng.choice(partner.contacts[:2]), None, company, None, None,
        Decimal(rng.randint(20, 1500) * 100), partner.currency, day + timedelta(days=rng.randint(20, 200)),
        rng.choice(FORMS), None if is_draft or fate > 0.97 else at, "draft" if is_draft else "submitted",
    )  # fmt: skip
    decided = at + timedelta(days=rng.randint(1, 9), seconds=rng.randint(0, 9000))
    if fate < 0.20:
        return
    if fate < 0.55:
        yield RegistrationRejected(0, decided, n, rng.choice(REASONS))
    elif fate < 0.65:
        yield RegistrationEnded(0, decided, n, "withdrawn", rng.random() < 0.7)
    else:
        yield RegistrationApproved(0, decided, n, rng.random() < 0.95, None)
        yield RegistrationEnded(0, midnight(decided.date()) + PROTECTION, n, "expired", rng.random() < 0.8)
    if rng.random() < 0.04:
        yield RecordDeleted(0, decided + timedelta(days=130), "registration", n)
