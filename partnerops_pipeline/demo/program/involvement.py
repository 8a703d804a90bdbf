"""How partners take part in a deal: rows of its partner list, look-up fields, registrations, leads, mere contact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from .chance import instant_between
from .company import Setting, odd_accounts
from .deals import Deal
from .events import Happening, PartnerFieldSet, PartnerLinked, RecordDeleted
from .leads import lead_of_deal
from .numbers import Numbers
from .partners import Partner, partner_of
from .registrations import registrations_of_deal
from .touches import meeting, touches_before

ROLES = {
    "reseller": "Reseller", "referral": "Referral Partner", "agency_si": "Implementation Partner", "msp": "Reseller",
    "technology_isv": "Technology Partner", "distributor": "Distributor",
}  # fmt: skip


def involvement(rng: Random, setting: Setting, deal: Deal, partner: Partner, numbers: Numbers) -> Iterator[Happening]:
    """Everything that ties partners to a deal: the block's own partner, now and then a second one, and mistakes."""
    account = partner.account_on(rng, deal.created.date())
    second = _second(rng, setting, deal, partner)
    if deal.with_partner:
        yield from _takes_part(rng, setting, deal, partner, account, second, numbers)
    yield from _mistakes(rng, setting, deal, partner, account, second, numbers)


def _second(rng: Random, setting: Setting, deal: Deal, partner: Partner) -> Partner | None:
    """Another partner that is active when the deal is created, from the blocks before this one."""
    needed = (
        deal.accident == "competitor"
        or deal.partner_accident in ("second_primary", "two_registrations", "registered_in_the_same_second")
        or deal.partner_accident.startswith(("field_moved", "fulfillment_moved"))
    )
    if partner.block == 1 or not (needed or (deal.with_partner and rng.random() < 0.10)):
        return None
    for _ in range(8):
        other = partner_of(setting, rng.randrange(1, partner.block))
        if other.works_on(deal.created.date()):
            return other
    return None


def _takes_part(
    rng: Random, setting: Setting, deal: Deal, partner: Partner, account: int, second: Partner | None, numbers: Numbers
) -> Iterator[Happening]:
    role = ROLES[partner.partner_type]
    listed = deal.way in ("list", "referral") or (deal.way in ("registration", "lead") and rng.random() < 0.35)
    if deal.way == "registration":
        yield from registrations_of_deal(rng, setting, deal, partner, second, numbers)
    elif deal.way == "lead":
        yield from lead_of_deal(setting, rng, deal, partner, numbers)
    elif deal.way == "account_field":
        yield from _look_up(rng, deal, "partner_account", account, second)
    elif deal.way == "fulfillment":
        yield from _look_up(rng, deal, "fulfillment_partner", account, second)
    elif deal.way == "touched":
        yield from touches_before(rng, deal, partner, account, numbers)
    if listed:
        at = _during(rng, deal)
        if deal.partner_accident == "link_after_close":
            at = deal.decided_at + timedelta(days=rng.randint(1, 60))
        link = _link(numbers, at, deal, account, role, True, rng.random() < 0.6)
        yield link
        if deal.partner_accident == "link_deleted":
            yield RecordDeleted(0, at + timedelta(days=rng.randint(0, 30), hours=1), "link", link.link)
        if deal.partner_accident == "competitor_and_reseller":
            yield _link(numbers, at + timedelta(hours=2), deal, account, "Competitor", False, False)
    if second is not None and deal.way in ("list", "referral", "registration", "lead"):
        primary = deal.partner_accident == "second_primary"
        other = second.account_on(rng, deal.created.date())
        yield _link(numbers, _during(rng, deal), deal, other, ROLES[second.partner_type], primary, rng.random() < 0.6)
        if rng.random() < 0.3:
            day = deal.created.date() + timedelta(days=rng.randint(0, 30))
            yield meeting(rng, numbers, deal, day, account, second.contacts[0])


def _link(
    numbers: Numbers, at: datetime, deal: Deal, account: int, role: str, is_primary: bool, mirrored: bool
) -> PartnerLinked:
    return PartnerLinked(0, at, numbers.next("link"), deal.number, account, role, is_primary, mirrored)


def _during(rng: Random, deal: Deal) -> datetime:
    """A moment while the deal is worked on: a third at its creation, most of the rest in its first weeks."""
    if rng.random() < 0.33:
        return deal.created
    end = deal.decided_at if rng.random() < 0.2 else min(deal.decided_at, deal.created + timedelta(days=40))
    return instant_between(rng, deal.created, end)


def _look_up(rng: Random, deal: Deal, field: str, account: int, second: Partner | None) -> Iterator[Happening]:
    """A look-up field of the deal: set at creation or later, and sometimes moved, cleared or changed untracked."""
    other = None if second is None else second.account_on(rng, deal.created.date())
    mishap = deal.partner_accident.replace("fulfillment_", "field_")
    middle = instant_between(rng, deal.created, deal.decided_at)
    if mishap == "field_moved" and other is not None:
        yield PartnerFieldSet(0, deal.created, deal.number, field, other, False)
        yield PartnerFieldSet(0, middle, deal.number, field, account, True)
    elif mishap == "field_moved_after_close":
        yield PartnerFieldSet(0, deal.created, deal.number, field, account, False)
        after = deal.decided_at + timedelta(days=rng.randint(1, 40))
        yield PartnerFieldSet(0, after, deal.number, field, other, True)
    elif mishap == "field_moved_untracked":
        yield PartnerFieldSet(0, deal.created, deal.number, field, other, False)
        yield PartnerFieldSet(0, middle, deal.number, field, account, False)
    elif mishap == "field_cleared":
        yield PartnerFieldSet(0, deal.created, deal.number, field, account, False)
        yield PartnerFieldSet(0, middle, deal.number, field, None, True)
    elif rng.random() < 0.6:
        yield PartnerFieldSet(0, deal.created, deal.number, field, account, False)
    else:
        yield PartnerFieldSet(0, middle, deal.number, field, account, True)


def _mistakes(
    rng: Random, setting: Setting, deal: Deal, partner: Partner, account: int, second: Partner | None, numbers: Numbers
) -> Iterator[Happening]:
    """Rows of the partner list that must not count: competitors, the customer itself, companies of other kinds."""
    odd, role, at = odd_accounts(partner.block), ROLES[partner.partner_type], _during(rng, deal)
    wrong: int | None = None
    match deal.accident:
        case "competitor":
            role = "Competitor"
            wrong = second.account if second else account if partner.applied < deal.created else odd.not_partner
        case "own_account_linked" | "partner_as_customer":
            wrong = deal.customer.account
        case "non_partner_linked":
            wrong = odd.not_partner
        case "test_partner_linked":
            wrong = odd.test_partner
        case "own_company_linked":
            wrong = odd.own
        case "gone_partner_linked" if at.date() < setting.starts + timedelta(days=700):
            wrong = odd.gone_partner
    if wrong is not None:
        is_primary = role != "Competitor" and not deal.with_partner
        yield _link(numbers, at, deal, wrong, role, is_primary, wrong != deal.customer.account and rng.random() < 0.6)
