"""One partner and the business around it: the part of the programme that grows with the number of partners."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from .chance import stream
from .company import Setting
from .customers import Customers
from .deals import plan
from .events import ActivityLogged, Happening, PartnerLinked, RecordDeleted
from .involvement import involvement
from .leads import lead_of_deal, lead_without_deal
from .mdf import mdf_events
from .numbers import Numbers
from .partners import partner_events, partner_of, rejected_applicant
from .registrations import registrations_refused, registrations_without_deal
from .slips import export_slips
from .stages import stage_events
from .touches import contacts_and_meetings, partner_campaigns, web_guests


def block_events(setting: Setting, block: int) -> Iterator[Happening]:
    """Everything that happens in a block, in no particular order, events after the programme's end included."""
    told = list(_story(setting, block))
    yield from told
    yield from export_slips(setting, told)


def _story(setting: Setting, block: int) -> Iterator[Happening]:
    partner = partner_of(setting, block)
    numbers = Numbers(block, account=3, contact=8)  # the partner's own accounts and people
    customers = Customers(setting, partner, numbers)
    yield from partner_events(setting, partner, numbers)
    if block % 16 == 3:
        yield from rejected_applicant(setting, block, numbers.next("account"))
    for deal in plan(setting, partner, customers, numbers):
        rng = stream(setting.seed, "way", deal.number)
        yield from deal.before
        of_deal = list(stage_events(rng, setting, deal))
        of_deal += involvement(rng, setting, deal, partner, numbers)
        of_deal += contacts_and_meetings(rng, deal, partner, numbers)
        if not deal.with_partner and rng.random() < 0.08:
            of_deal += lead_of_deal(setting, rng, deal, None, numbers)
        if not deal.with_partner and partner.works_on(deal.created.date()) and rng.random() < 0.05:
            of_deal += registrations_refused(rng, deal, partner, numbers)
        if deal.accident == "deleted":
            gone = deal.created + timedelta(days=rng.randint(3, 60))
            of_deal = [e for e in of_deal if e.at < gone]
            of_deal += _rows_deleted(of_deal, gone)
            of_deal.append(RecordDeleted(0, gone, "opportunity", deal.number))
        elif rng.random() < 0.02:
            of_deal += [e for e in _rows_deleted(of_deal, deal.decided_at) if e.kind == "activity"]
        yield from of_deal
    rng = stream(setting.seed, "rest", block)
    scale = (setting.ends - setting.starts).days / 1096
    for _ in range(round(scale * rng.choice((0, 1, 1, 2)))):
        yield from registrations_without_deal(setting, rng, partner, numbers)
    for _ in range(round(scale * rng.randint(1, 4))):
        yield from lead_without_deal(setting, rng, partner, True, numbers)
    for _ in range(round(scale * rng.randint(0, 3))):
        yield from lead_without_deal(setting, rng, partner, False, numbers)
    yield from partner_campaigns(setting, rng, partner, customers, numbers)
    yield from web_guests(setting, rng, customers, numbers)
    yield from mdf_events(setting, rng, partner, numbers)


def _rows_deleted(of_deal: list[Happening], at: datetime) -> list[RecordDeleted]:
    """What the CRM deletes together with a deal: its partner list and its activities."""
    rows = []
    for event in of_deal:
        if isinstance(event, PartnerLinked):
            rows.append(RecordDeleted(0, max(at, event.at), "link", event.link))
        elif isinstance(event, ActivityLogged):
            rows.append(RecordDeleted(0, max(at, event.at), "activity", event.activity))
    return rows
