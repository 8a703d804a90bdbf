"""What is settled about a deal before its story is told: customer, size, length, outcome, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from .accidents import DEAL, PARTNER_DEAL
from .chance import accident, at_work, day_between, last_second, midnight, quarter_end, stream, weighted
from .company import Setting, campaign_of, odd_accounts, seller
from .customers import Customer, Customers
from .events import Happening
from .numbers import Numbers
from .partners import Partner

DEALS_IN_THREE_YEARS = (9, 16, 25, 36)  # by the highest tier that the partner reaches
WITH_PARTNER = (0.26, 0.40, 0.56, 0.70)  # of the deals created while the partner is active
WIN_RATE = {True: 0.33, False: 0.215}  # of decided deals, with and without a partner
RENEWAL_WIN_RATE = {True: 0.80, False: 0.70}
TYPES = {"New Business": 58, "Existing Business": 27, "Renewal": 15}
WAYS = {"registration": 41, "lead": 23, "referral": 11, "list": 13, "account_field": 7, "fulfillment": 5}
OUTBOUND = {"Web": 30, "Event": 18, "Outbound": 36, "Other": 12, None: 4}
PRODUCTS = ("Platform", "Analytics", "Payments", "Connect", "Support Plus", "Expansion Pack")
_EDGES = tuple(map(Decimal, ("9999.99", "10000.00", "49999.99", "50000.00", "249999.99", "250000.00")))
_WAY_OF_ACCIDENT = {
    "competitor_and_reseller": "list", "second_primary": "list", "link": "list", "field": "account_field",
    "fulfillment": "fulfillment", "lead": "lead", "test": "lead", "converted": "lead",
    "activity": "touched", "member": "touched",
}  # fmt: skip


@dataclass(slots=True)
class Deal:
    """A deal as planned. `outcome` is won, lost or open; `decided_at` the instant on which it is entered as decided.

    `way` says how the partner takes part: registration, lead, referral, list, account_field, fulfillment, touched (no
    link, only contact), or "" for a direct deal. `accident` and `partner_accident` are names from `accidents`.
    """

    number: int
    customer: Customer
    name: str
    created: datetime
    deal_type: str | None
    currency: str | None
    amount: Decimal | None
    owner: int
    lead_source: str | None
    campaign: int | None
    closes: date
    decided_at: datetime
    outcome: str
    accident: str
    partner_accident: str
    way: str
    contact: int | None
    prior_contract_end: date | None = None
    is_test: bool = False
    has_history: bool = True
    before: list[Happening] = field(default_factory=list)  # what had to happen for the deal to exist

    @property
    def with_partner(self) -> bool:
        """Whether a partner takes part at all."""
        return self.way != ""


def plan(setting: Setting, partner: Partner, customers: Customers, numbers: Numbers) -> Iterator[Deal]:
    """The deals of a partner's block, by creation. New customers come into being on the way, as `deal.before`."""
    rng = stream(setting.seed, "deals", partner.block)
    years = ((setting.ends - setting.starts).days + 1) / 365.25
    count = max(1, round(DEALS_IN_THREE_YEARS[partner.highest] * years / 3 * rng.uniform(0.75, 1.25)))
    for created in sorted(_creation(rng, setting) for _ in range(count)):
        number = numbers.next("opportunity")
        yield _plan(stream(setting.seed, "deal", number), setting, partner, customers, number, created)


def _creation(rng: Random, setting: Setting) -> datetime:
    day = day_between(rng, setting.starts, setting.ends)
    if day.weekday() > 4 and rng.random() < 0.9:
        day = max(day - timedelta(days=day.weekday() - 4), setting.starts)
    return at_work(rng, day)


def _plan(
    rng: Random, setting: Setting, partner: Partner, customers: Customers, number: int, created: datetime
) -> Deal:
    mishap = accident(rng, DEAL)
    created = _edge_creation(rng, created) if mishap == "on_an_edge_day" else created
    takes_part = partner.works_on(created.date()) and rng.random() < WITH_PARTNER[partner.highest]
    partner_mishap = accident(rng, PARTNER_DEAL) if takes_part else ""
    way = _way(rng, partner_mishap) if takes_part else ""
    deal_type = weighted(rng, TYPES)
    before: list[Happening] = []
    customer = _customer(rng, setting, partner, customers, mishap, partner_mishap, deal_type, created, before)
    if deal_type != "New Business" and not customer.won:
        deal_type = "New Business" if rng.random() < 0.5 else "Existing Business"
    is_renewal = deal_type == "Renewal"
    if not takes_part and rng.random() < 0.03:
        way = "touched" if partner.works_on(created.date()) else ""
    closes = _close(rng, created, takes_part, is_renewal)
    won = rng.random() < (RENEWAL_WIN_RATE if is_renewal else WIN_RATE)[takes_part]
    kind = f"Renewal {closes.year}" if is_renewal else rng.choice(PRODUCTS)
    deal = Deal(
        number, customer, f"{customer.name} - {kind}", created, deal_type, customer.currency,
        _amount(rng, takes_part, is_renewal), seller(partner.block, customer.region), _lead_source(rng, way),
        campaign_of(setting, created.date()) if rng.random() < 0.12 else None, closes,
        at_work(rng, closes + timedelta(days=rng.choice((0, 0, 0, 0, 0, 0, 0, 1, 2, 4)))),
        "won" if won else "lost", mishap, partner_mishap, way,
        rng.choice(customer.contacts) if customer.contacts and rng.random() < 0.4 else None,
    )  # fmt: skip
    if is_renewal and customer.contract_end is not None and rng.random() < 0.85:
        deal.prior_contract_end = customer.contract_end
    deal.before = before
    _spoil(rng, setting, deal)
    if deal.outcome == "won" and deal.has_history:
        customer.won.append(deal.closes)
        customer.contract_end = deal.closes + timedelta(days=364)
    return deal


def _way(rng: Random, mishap: str) -> str:
    if not mishap:
        return weighted(rng, WAYS)
    return _WAY_OF_ACCIDENT.get(mishap) or _WAY_OF_ACCIDENT.get(mishap.split("_")[0], "registration")


def _customer(
    rng: Random, setting: Setting, partner: Partner, customers: Customers, mishap: str, partner_mishap: str,
    deal_type: str, created: datetime, before: list[Happening],
) -> Customer:  # fmt: skip
    odd = odd_accounts(partner.block)
    if mishap == "own_company":
        return customers.house(odd.own, "Harbourline Systems")
    if mishap == "test_customer":
        return customers.house(odd.test_customer, "Test Customer")
    if mishap == "customer_gone" and created.date() < setting.starts + timedelta(days=700):
        return customers.house(odd.gone_customer, "Former Customer")
    if mishap == "partner_as_customer" and created > partner.applied:
        return customers.house(partner.account, partner.name, partner.currency)
    if partner_mishap.startswith("member"):  # somebody must be there to be invited so early
        return customers.new(rng, created - timedelta(days=100), before)
    known = customers.known(deal_type != "New Business", created)
    if known and (deal_type != "New Business" or rng.random() < 0.12):
        return rng.choice(known)
    return customers.new(rng, created, before)


def _amount(rng: Random, takes_part: bool, is_renewal: bool) -> Decimal:
    middle = (22_000 if is_renewal else 27_000) * (1.22 if takes_part else 1.0)
    amount = Decimal(round(middle * rng.lognormvariate(0, 0.9)))
    return amount.quantize(Decimal("0.01")) if rng.random() < 0.5 else amount + Decimal(rng.randint(1, 99)).scaleb(-2)


def _close(rng: Random, created: datetime, takes_part: bool, is_renewal: bool) -> date:
    middle = 45 if is_renewal else 64 if takes_part else 76
    closes = created.date() + timedelta(days=2 + int(middle * rng.lognormvariate(0, 0.5)))
    if rng.random() < 0.45:  # quotas are counted at the quarter's end
        rush = quarter_end(closes) - timedelta(days=rng.randint(0, 9))
        closes = max(rush, created.date() + timedelta(days=2))
    return closes


def _lead_source(rng: Random, way: str) -> str | None:
    if way == "referral" or (way == "lead" and rng.random() < 0.6):
        return "Partner Referral"
    if way == "registration" and rng.random() < 0.35:
        return "Partner Portal"
    return "Partner Referral" if rng.random() < 0.008 else weighted(rng, OUTBOUND)


def _edge_creation(rng: Random, created: datetime) -> datetime:
    first = created.date().replace(day=1)
    return rng.choice((created, midnight(first), midnight(first) - timedelta(seconds=1)))


def _edge_close(created: date) -> date:
    leap = date(2024, 2, 29)
    if created <= leap <= created + timedelta(days=150):
        return leap
    return quarter_end(created + timedelta(days=10))


def _spoil(rng: Random, setting: Setting, deal: Deal) -> None:
    """What an accident changes about the plan itself; the rest shows in the deal's story."""
    match deal.accident:
        case "pounds":
            deal.currency = "GBP"
        case "currency_missing":
            deal.currency = None
        case "amount_missing":
            deal.amount = None
        case "amount_zero":
            deal.amount = Decimal("0.00")
        case "amount_negative":
            deal.amount = -(deal.amount or Decimal(100)) / 10
            deal.amount = deal.amount.quantize(Decimal("0.01"))
        case "amount_on_band_edge":
            deal.amount, deal.currency = rng.choice(_EDGES), "USD"
        case "type_pilot":
            deal.deal_type = "Pilot"
        case "type_missing":
            deal.deal_type = None
        case "imported" | "imported_won_ahead":
            deal.has_history = False
        case "on_an_edge_day":
            deal.closes = _edge_close(deal.created.date())
            deal.decided_at = last_second(deal.closes)
        case "entered_late":
            deal.closes = deal.created.date() - timedelta(days=rng.randint(1, 25))
            deal.decided_at = deal.created
        case "test_deal":
            deal.is_test = True
            deal.name = rng.choice(
                ("TEST order please ignore", "zzz training", "DO NOT USE", f"{deal.name} (Demo)", deal.name)
            )
        case "never_closes" | "reopened_open":
            deal.outcome = "open"
        case "reopened_won" | "won_with_later_close" | "lost_and_won_in_a_second":
            deal.outcome = "won"
        case "reopened_lost" | "win_taken_back":
            deal.outcome = "lost"
    if deal.partner_accident.endswith("_after_close") and deal.outcome == "open":
        deal.outcome = "won"
