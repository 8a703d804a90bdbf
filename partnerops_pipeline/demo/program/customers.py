"""The companies that buy, as far as one block knows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from .company import COUNTRIES, INDUSTRIES, REGIONS, Setting, seller
from .events import AccountCreated, ContactAdded, Happening
from .names import TITLES, domain_of, email_of
from .numbers import Numbers
from .partners import Partner


@dataclass(slots=True)
class Customer:
    """A customer or prospect. `won` are the days on which its won deals closed, `contract_end` the latest end."""

    account: int
    name: str
    domain: str | None
    region: str
    country: str | None
    currency: str
    created: datetime
    contacts: list[int] = field(default_factory=list)
    won: list[date] = field(default_factory=list)
    contract_end: date | None = None


class Customers:
    """Makes and remembers the customers of one partner's block."""

    def __init__(self, setting: Setting, partner: Partner, numbers: Numbers) -> None:
        self._setting, self._partner, self._numbers = setting, partner, numbers
        self._known: list[Customer] = []
        self._houses: dict[int, Customer] = {}

    def known(self, bought: bool, at: datetime) -> list[Customer]:
        """The customers known before `at`; with `bought`, only those with a deal won by then."""
        return [c for c in self._known if c.created < at and (not bought or any(d < at.date() for d in c.won))]

    def new(self, rng: Random, needed_at: datetime, before: list[Happening]) -> Customer:
        """A company that enters the CRM some time before `needed_at`; its events are added to `before`."""
        region = self._partner.region if rng.random() < 0.9 else rng.choice(REGIONS)
        country = "AE" if rng.random() < 0.02 else None if rng.random() < 0.02 else rng.choice(COUNTRIES[region])
        account = self._numbers.next("account")
        name = self._setting.names.company(rng, region)
        domain = domain_of(name, account) if rng.random() > 0.04 else None
        currency = "EUR" if region == "emea" and rng.random() < 0.8 else "USD"
        created = needed_at - timedelta(
            seconds=rng.choice((1, 60, 3600, 86_400 * 3, 86_400 * 30)) + rng.randint(0, 600)
        )
        customer = Customer(account, name, domain, region, country, currency, created)
        owner = seller(self._partner.block, region)
        before.append(
            AccountCreated(
                0, created, account, name, country, domain, rng.choice(INDUSTRIES), owner, False, False, False
            )
        )
        before.extend(self._contacts(rng, customer))
        self._known.append(customer)
        return customer

    def _contacts(self, rng: Random, customer: Customer) -> Iterator[Happening]:
        for _ in range(rng.choice((1, 1, 2))):
            contact = self._numbers.next("contact")
            first, last = self._setting.names.person(rng, customer.region)
            mail = email_of(first, last, customer.domain) if customer.domain and rng.random() > 0.05 else None
            yield ContactAdded(0, customer.created, contact, customer.account, first, last, mail, rng.choice(TITLES))
            customer.contacts.append(contact)

    def house(self, account: int, name: str, currency: str = "USD") -> Customer:
        """A company that stands outside the block's own customers; it is never picked for another deal."""
        if account not in self._houses:
            region = self._partner.region
            long_ago = self._partner.applied
            self._houses[account] = Customer(account, name, None, region, None, currency, long_ago)
        return self._houses[account]
