"""Harbourline Systems itself: its people, its currencies, its own and its test accounts, its campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from .chance import at_work, day_between, last_second, midnight, quarter_end, stream
from .events import (
    AccountCreated,
    CampaignCreated,
    ContactAdded,
    Happening,
    RateSet,
    RecordDeleted,
    UserHired,
    UserLeft,
)
from .names import Names, email_of
from .numbers import number

NAME, DOMAIN = "Harbourline Systems", "harbourline.example"
REGIONS = ("na", "emea", "apac", "latam")
COUNTRIES = {
    "na": ("US", "US", "US", "CA"),
    "latam": ("BR",),
    "emea": ("DE", "FR", "GB", "ES", "ZA"),
    "apac": ("JP", "AU", "SG", "IN"),
}
INDUSTRIES = (
    "Manufacturing",
    "Retail",
    "Finance",
    "Healthcare",
    "Public Sector",
    "Technology",
    "Logistics",
    "Education",
)

POD = 20  # partners per pod: a partner manager and one seller in each region
HUNDRED = 100  # partners per set of odd accounts
_OFFICE = (  # role, manager (index into this list); the first user is the integration's
    ("it", None), ("executive", None), ("sales_manager", 1), ("sales_manager", 1), ("partner_operations", 1),
    ("partner_operations", 4), ("finance", 1), ("legal", 1), ("it", 1),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """What a simulation is given: seed, number of partners, first and last day."""

    seed: int
    partners: int
    starts: date
    ends: date
    names: Names
    clean: bool = False  # whether all systems say the same

    @property
    def now(self) -> datetime:
        """The last instant of the programme."""
        return last_second(self.ends)


@dataclass(frozen=True, slots=True)
class OddAccounts:
    """Accounts that must not count as ordinary partners or customers, one set per hundred partners."""

    own: int  # the company's own account, flagged as a partner by mistake
    test_partner: int
    test_customer: int
    gone_partner: int  # deleted in the last year
    not_partner: int  # consultants who help on deals without being a partner
    gone_customer: int  # deleted with its deals left behind


def odd_accounts(block: int) -> OddAccounts:
    """The odd accounts that the deals of a block meet."""
    first = (block - 1) // HUNDRED * 6
    return OddAccounts(*(odd_number(first + k) for k in range(1, 7)))


def odd_number(nth: int) -> int:
    """The account number of the `nth` odd account: block 0's range, and after it the numbers beyond every block."""
    return number("account", 0, nth) if nth <= 300 else 10**9 + nth


def office(role: str) -> int:
    """The first user of the office with a role: partner_operations, finance, legal, it, sales_manager or executive."""
    return next(n for n, (r, _) in enumerate(_OFFICE, 1) if r == role and n > 1)


def partner_manager(block: int) -> int:
    """The user who looks after the partner of a block."""
    return 100 + (block - 1) // POD * 10


def former_manager(block: int) -> int:
    """The user who looked after some partners around a block, until leaving the company."""
    return partner_manager(block) + 5


def former_manager_left(setting: Setting, block: int) -> datetime:
    """When the former manager left: in the programme's last months."""
    rng = stream(setting.seed, "former", (block - 1) // POD)
    return at_work(rng, setting.ends - timedelta(days=rng.randint(15, 25)))


def seller(block: int, region: str) -> int:
    """The user who sells to the customers around a block's partner in a region."""
    return partner_manager(block) + 1 + REGIONS.index(region)


def company_events(setting: Setting) -> Iterator[Happening]:
    """Everything that is there because the company is, in no particular order."""
    yield from _people(setting)
    yield from _rates(setting)
    yield from _odd_accounts(setting)
    yield from _campaigns(setting)


def _people(setting: Setting) -> Iterator[Happening]:
    hired = midnight(setting.starts) - timedelta(days=900)
    for n, (role, manager) in enumerate(_OFFICE, 1):
        rng = stream(setting.seed, "office", n)
        first, last = ("Integration", "User") if n == 1 else setting.names.person(rng, "na")
        boss = None if manager is None else manager + 1
        yield UserHired(0, hired + timedelta(days=n), n, first, last, role, "na", boss)
    for pod in range((setting.partners + POD - 1) // POD):
        leader = partner_manager(pod * POD + 1)
        for k, region in enumerate((REGIONS[pod % 4], *REGIONS)):
            rng = stream(setting.seed, "pod", pod, k)
            first, last = setting.names.person(rng, region)
            role, boss = ("direct_seller", 3 + k % 2) if k else ("partner_manager", 5)
            joined = hired + timedelta(days=30 + rng.randint(0, 90), seconds=rng.randint(0, 9999))
            yield UserHired(0, joined, leader + k, first, last, role, region, boss)
            if k and rng.random() < 0.06:
                yield UserLeft(0, at_work(rng, day_between(rng, setting.starts, setting.ends)), leader + k)
        if not setting.clean:
            yield from _former_manager(setting, pod, hired)


def _former_manager(setting: Setting, pod: int, hired: datetime) -> Iterator[Happening]:
    rng, user = stream(setting.seed, "pod", pod, "former"), partner_manager(pod * POD + 1) + 5
    first, last = setting.names.person(rng, REGIONS[pod % 4])
    joined = hired + timedelta(days=30 + rng.randint(0, 90))
    yield UserHired(0, joined, user, first, last, "partner_manager", REGIONS[pod % 4], 5)
    yield UserLeft(0, former_manager_left(setting, pod * POD + 1), user)


def _rates(setting: Setting) -> Iterator[Happening]:
    """Euro rates from half a year before the first day, new ones each quarter; pounds have none, by neglect."""
    rng, day, rate = stream(setting.seed, "rates"), setting.starts - timedelta(days=181), Decimal("0.920000")
    while day <= setting.ends:
        yield RateSet(0, midnight(day), "EUR", rate, day)
        day = quarter_end(day) + timedelta(days=1)
        rate = min(max(rate + Decimal(rng.randint(-24000, 24000)).scaleb(-6), Decimal("0.84")), Decimal("0.99"))


def _odd_accounts(setting: Setting) -> Iterator[Happening]:
    opened = midnight(setting.starts) - timedelta(days=300)
    for block in range(1, setting.partners + 1, HUNDRED):
        rng, odd, owner = stream(setting.seed, "odd", block), odd_accounts(block), office("partner_operations")
        nth = "" if block == 1 else f" {(block - 1) // HUNDRED + 1}"
        company = setting.names.company
        for account, name, domain, is_partner, is_test, is_own, country in (
            (odd.own, f"{NAME}{nth}", DOMAIN, True, False, True, "US"),
            (odd.test_partner, f"ZZZ Sandbox Reseller{nth}", None, True, True, False, "US"),
            (odd.test_customer, f"Test Customer{nth}", None, False, True, False, "DE"),
            (odd.gone_partner, company(rng, "na"), f"gone-partner-{block}.example", True, False, False, "CA"),
            (odd.not_partner, company(rng, "emea"), f"advisers-{block}.example", False, False, False, "FR"),
            (odd.gone_customer, company(rng, "na"), f"gone-customer-{block}.example", False, False, False, None),
        ):
            yield AccountCreated(
                0, opened + timedelta(hours=account % 97), account, name, country, domain, rng.choice(INDUSTRIES),
                owner, is_partner, is_test, is_own,
            )  # fmt: skip
        for account in (odd.gone_partner, odd.gone_customer):
            gone = day_between(rng, setting.starts + timedelta(days=700), setting.starts + timedelta(days=900))
            yield RecordDeleted(0, at_work(rng, gone), "account", account)
        first, last = setting.names.person(rng, "na")
        contact = number("contact", 0, (block - 1) // HUNDRED + 1)
        at = opened + timedelta(days=5)
        yield ContactAdded(0, at, contact, odd.own, first, last, email_of(first, last, DOMAIN), "Evangelist")


def campaign_of(setting: Setting, day: date) -> int | None:
    """The company's own campaign that began last before `day`; None before the first."""
    quarters = [n for n, (starts, _) in enumerate(_quarters(setting), 1) if starts < day]
    return number("campaign", 0, quarters[-1]) if quarters else None


def _quarters(setting: Setting) -> list[tuple[date, date]]:
    quarters: list[tuple[date, date]] = []
    starts = setting.starts
    while starts <= setting.ends and len(quarters) < 36:
        quarters.append((starts, quarter_end(starts)))
        starts = quarters[-1][1] + timedelta(days=1)
    return quarters


def _campaigns(setting: Setting) -> Iterator[Happening]:
    for n, (starts, ends) in enumerate(_quarters(setting), 1):
        at = midnight(starts) - timedelta(days=10, hours=-9)
        name = f"Webinar series {starts.year} Q{(starts.month + 2) // 3}"
        yield CampaignCreated(0, at, number("campaign", 0, n), name, None, office("sales_manager"), starts, ends)
