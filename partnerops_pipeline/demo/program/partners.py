"""A partner's way: applies, signs, is brought in by legal, finance and IT, climbs tiers, trains people, lapses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from .chance import at_work, day_between, stream, weighted
from .company import COUNTRIES, INDUSTRIES, Setting, former_manager, former_manager_left, office, partner_manager
from .events import (
    AccountCreated,
    AccountsMerged,
    AgreementSigned,
    ApplicationDecided,
    CertificationAwarded,
    ContactAdded,
    Happening,
    OnboardingStepDone,
    PartnerApplied,
    PartnerManagerAssigned,
    PartnerOnboarded,
    PartnerStatusChanged,
    RecordSlipped,
    TierAssigned,
)
from .names import TITLES, domain_of, email_of
from .numbers import Numbers, number
from .slips import CRM_PARTNER, slip_of

TIERS = ("registered", "silver", "gold", "platinum")
# Cycles instead of draws, so that even 50 partners have every region, type and tier.
_REGIONS = ("na", "emea", "apac", "na", "latam", "emea", "na", "emea", "apac", "na")
_TYPES = (
    "reseller", "referral", "agency_si", "msp", "technology_isv", "distributor",
    "reseller", "agency_si", "reseller", "msp", "referral",
)  # fmt: skip
_HIGHEST = (0, 1, 0, 2, 0, 1, 3, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 2, 0, 1, 0, 2, 1)
_STEPS = (  # milestone, team, fewest and most days, core
    ("legal_review", "legal", 2, 9, True),
    ("vendor_setup", "finance", 1, 8, True),
    ("portal_access", "it", 1, 5, True),
    ("kickoff", "partner_operations", 2, 10, False),
    ("core_training", "enablement", 4, 21, True),
)
_CERTIFICATIONS = ("Sales Foundation", "Technical Associate", "Implementation Professional", "Solution Architect")


@dataclass(frozen=True, slots=True)
class Partner:
    """What is settled about a partner before its story is told. `block` is its place in the programme, from 1.

    `tiers` are the days on which it reached each tier; `ended` is the day on which the partnership lapsed or was
    terminated. Days may lie after the programme's end: what happens then is cut. `twin` is a second account entered
    for the same company on `twin_entered`; `twin_merged` the day on which the two became one, `twin_wins` which stayed.
    """

    block: int
    account: int
    name: str
    domain: str
    region: str
    country: str
    partner_type: str
    highest: int  # index into TIERS
    applied: datetime
    signed: date
    onboarded: date
    ended: date | None
    tiers: tuple[tuple[date, str], ...]
    contacts: tuple[int, ...]
    currency: str
    twin: int | None
    twin_entered: date
    twin_merged: date
    twin_wins: bool

    def works_on(self, day: date) -> bool:
        """Whether deals can be brought on a day: some weeks after signing, and before the end."""
        return day > self.signed + timedelta(days=14) and (self.ended is None or day < self.ended)

    def account_on(self, rng: Random, day: date) -> int:
        """The account under which somebody finds the partner on a day: while it has two, either of them."""
        if self.twin is not None and day > self.twin_entered:
            if day > self.twin_merged:
                return self.twin if self.twin_wins else self.account
            if rng.random() < 0.5 and day < self.twin_merged:
                return self.twin
        return self.account


def partner_of(setting: Setting, block: int) -> Partner:
    """The partner of a block: a pure function of the seed, the block and the programme's days."""
    rng = stream(setting.seed, "partner", block)
    region = _REGIONS[block % len(_REGIONS)]
    name = setting.names.company(rng, region)
    account = number("account", block, 1)
    country = rng.choice(COUNTRIES[region])
    highest = _HIGHEST[block % len(_HIGHEST)]
    established = rng.random() < 0.5 or block % 23 == 5
    if established:
        applied = day_between(rng, setting.starts - timedelta(days=730), setting.starts - timedelta(days=60))
    else:
        applied = day_between(rng, setting.starts, setting.ends - timedelta(days=20))
    signed = applied + timedelta(days=rng.randint(6, 45))
    onboarded = signed + timedelta(days=rng.randint(22, 70))
    tiers = _tiers(rng, signed, highest, established)
    lapses = rng.random() < 0.09 and block % 23 != 5
    ended = day_between(rng, max(signed, setting.starts) + timedelta(days=200), setting.ends) if lapses else None
    if ended is not None and ended < signed + timedelta(days=200):
        ended = None
    contacts = tuple(number("contact", block, k) for k in range(1, rng.randint(2, 4) + highest))
    entered = day_between(rng, setting.starts + timedelta(days=20), setting.starts + timedelta(days=260))
    return Partner(
        block, account, name, domain_of(name, block), region, country, _TYPES[block % len(_TYPES)], highest,
        at_work(rng, applied), signed, onboarded, ended, tiers, contacts, "EUR" if region == "emea" else "USD",
        number("account", block, 2) if block % 23 == 5 else None,
        entered, entered + timedelta(days=rng.randint(90, 500)), block % 46 == 5,
    )  # fmt: skip


def _tiers(rng: Random, signed: date, highest: int, established: bool) -> tuple[tuple[date, str], ...]:
    day, tiers = signed, [(signed, TIERS[0])]
    for tier in TIERS[1 : highest + 1]:
        day += timedelta(days=rng.randint(40, 160) if established else rng.randint(60, 240))
        tiers.append((day, tier))
    if highest and rng.random() < 0.12:
        tiers.append((day + timedelta(days=rng.randint(200, 500)), TIERS[highest - 1]))
    return tuple(tiers)


def partner_events(setting: Setting, partner: Partner, numbers: Numbers) -> Iterator[Happening]:
    """The partner's story; events after the programme's end are included, for the caller to cut."""
    rng = stream(setting.seed, "story", partner.block)
    yield from _enters(rng, partner)
    yield from _joins(rng, setting, partner, numbers)
    yield from _is_onboarded(rng, partner)
    yield from _moves(rng, partner)
    yield from _renews(rng, setting, partner, numbers)
    yield from _is_certified(rng, setting, partner, numbers)
    if partner.twin is not None:
        yield from _is_entered_twice(rng, setting, partner, partner.twin)


def _enters(rng: Random, partner: Partner) -> Iterator[Happening]:
    at, account = partner.applied, partner.account
    yield AccountCreated(
        0, at, account, partner.name, partner.country, partner.domain, rng.choice(INDUSTRIES),
        office("partner_operations"), True, False, False,
    )  # fmt: skip
    yield PartnerStatusChanged(0, at, account, "applicant")
    yield PartnerApplied(0, at, account, partner.partner_type, partner.region)


def _joins(rng: Random, setting: Setting, partner: Partner, numbers: Numbers) -> Iterator[Happening]:
    account, signed = partner.account, partner.signed
    accepted = day_between(rng, partner.applied.date() + timedelta(days=1), signed - timedelta(days=2))
    yield ApplicationDecided(0, at_work(rng, accepted), account, True)
    if rng.random() < 0.5:
        nda = at_work(rng, accepted + timedelta(days=1))
        ends = signed + timedelta(days=1095)
        yield AgreementSigned(0, nda, numbers.next("agreement"), account, "nda", nda.date(), ends, False)
    at = at_work(rng, signed)
    ends = signed + timedelta(days=364)
    yield AgreementSigned(0, at, numbers.next("agreement"), account, "programme", signed, ends, rng.random() < 0.5)
    yield PartnerStatusChanged(0, at + timedelta(seconds=1), account, "active")
    yield from _gets_a_manager(setting, partner, at + timedelta(minutes=5))
    yield TierAssigned(0, at + timedelta(minutes=5), account, TIERS[0])


def _gets_a_manager(setting: Setting, partner: Partner, at: datetime) -> Iterator[Happening]:
    """A manager, none at all, or one who leaves and is not replaced."""
    account, leaving = partner.account, former_manager_left(setting, partner.block)
    name = "" if partner.twin is not None else slip_of(setting, "partner manager", account, CRM_PARTNER)
    if name == "manager_left" and (at >= leaving or (partner.ended and partner.ended <= leaving.date())):
        name = ""
    if name == "manager_missing":
        yield RecordSlipped(0, at, "crm", "partner", account, name)
        return
    user = former_manager(partner.block) if name else partner_manager(partner.block)
    yield PartnerManagerAssigned(0, at, account, user)
    if name:
        yield RecordSlipped(0, leaving, "crm", "partner", account, name)


def _is_onboarded(rng: Random, partner: Partner) -> Iterator[Happening]:
    entered, stalled = at_work(rng, partner.signed + timedelta(days=1)), rng.random() < 0.04
    at = entered
    for milestone, team, fewest, most, is_core in _STEPS:
        at = min(
            entered + timedelta(days=rng.randint(fewest, most), seconds=rng.randint(0, 7200)),
            at_work(rng, partner.onboarded),
        )
        yield OnboardingStepDone(0, at, partner.account, milestone, team, entered, is_core)
        if stalled and milestone == "portal_access":
            return
        entered = at
    yield PartnerOnboarded(0, at, partner.account)


def _moves(rng: Random, partner: Partner) -> Iterator[Happening]:
    for day, tier in partner.tiers[1:]:
        if partner.ended is None or day < partner.ended:
            yield TierAssigned(0, at_work(rng, day), partner.account, tier)
    if partner.ended is not None:
        if rng.random() < 0.5:
            suspended = at_work(rng, partner.ended - timedelta(days=rng.randint(20, 60)))
            yield PartnerStatusChanged(0, suspended, partner.account, "suspended")
        yield PartnerStatusChanged(0, at_work(rng, partner.ended), partner.account, "terminated")


def _renews(rng: Random, setting: Setting, partner: Partner, numbers: Numbers) -> Iterator[Happening]:
    """A new agreement each year, signed up to six weeks ahead; one in thirty renewals is forgotten."""
    ends = partner.signed + timedelta(days=364)
    while ends < setting.ends + timedelta(days=45) and (partner.ended is None or ends < partner.ended):
        if rng.random() < 0.03:
            return
        starts, at = ends + timedelta(days=1), at_work(rng, ends - timedelta(days=rng.randint(2, 42)))
        ends = starts + timedelta(days=364)
        yield AgreementSigned(0, at, numbers.next("agreement"), partner.account, "programme", starts, ends, False)


def _is_certified(rng: Random, setting: Setting, partner: Partner, numbers: Numbers) -> Iterator[Happening]:
    entered = partner.applied
    for k, contact in enumerate(partner.contacts):
        first, last = setting.names.person(rng, partner.region)
        at = entered + timedelta(hours=1) if k < 2 else entered + timedelta(days=rng.randint(10, 120))
        mail = None if rng.random() < 0.03 else email_of(first, last, partner.domain)
        yield ContactAdded(0, at, contact, partner.account, first, last, mail, rng.choice(TITLES))
        if rng.random() > 0.55 + 0.1 * partner.highest:
            continue
        certification = _CERTIFICATIONS[weighted(rng, {0: 5, 1: 3, 2: 2, 3: 1})]
        awarded = max(partner.onboarded, at.date()) + timedelta(days=rng.randint(1, 200))
        while awarded <= setting.ends and (partner.ended is None or awarded < partner.ended):
            expires = awarded + timedelta(days=365)
            award = numbers.next("award")
            yield CertificationAwarded(
                0, at_work(rng, awarded), award, contact, partner.account, certification, expires
            )
            if rng.random() < 0.3:
                break
            awarded = expires - timedelta(days=rng.randint(-30, 30))


def _is_entered_twice(rng: Random, setting: Setting, partner: Partner, twin: int) -> Iterator[Happening]:
    """The same company under a second account; one time in five a third is folded into the second first."""
    at, owner = at_work(rng, partner.twin_entered), office("partner_operations")
    merged = at_work(rng, partner.twin_merged)
    name = partner.name.rsplit(" ", 1)[0].upper()
    yield AccountCreated(0, at, twin, name, partner.country, partner.domain, None, owner, True, False, False)
    if partner.block % 115 == 5:
        third = twin + 1
        created = at + timedelta(days=9)
        yield AccountCreated(0, created, third, partner.name, None, partner.domain, None, owner, True, False, False)
        yield AccountsMerged(0, merged - timedelta(days=30), third, twin)
    loser, survivor = (partner.account, twin) if partner.twin_wins else (twin, partner.account)
    yield AccountsMerged(0, merged, loser, survivor)


def rejected_applicant(setting: Setting, block: int, account: int) -> Iterator[Happening]:
    """A company that applied and was refused: an account that never becomes a partner."""
    rng = stream(setting.seed, "refused", block)
    region = _REGIONS[(block * 3) % len(_REGIONS)]
    name = setting.names.company(rng, region)
    at = at_work(rng, day_between(rng, setting.starts, setting.ends))
    yield AccountCreated(
        0, at, account, name, rng.choice(COUNTRIES[region]), domain_of(name, account), None,
        office("partner_operations"), False, False, False,
    )  # fmt: skip
    yield PartnerStatusChanged(0, at, account, "applicant")
    yield PartnerApplied(0, at, account, rng.choice(_TYPES), region)
    if rng.random() < 0.8:
        yield ApplicationDecided(0, at + timedelta(days=rng.randint(2, 15)), account, False)
