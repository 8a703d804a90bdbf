"""The partner marketplace: deals that partners register there, and the rewards that converted ones earn."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from ..program.chance import last_second
from ..program.records.entries import Registration
from ..program.records.present import Present
from ..program.records.rows import id_of
from .accidents import Accident, slip_and_stream
from .spelling import csv_text, epoch_ms, key, minor

STAGES = {
    "submitted": "Submitted", "approved": "Approved", "rejected": "Declined", "expired": "Expired",
    "converted": "Closed Won", "withdrawn": "Withdrawn", "revoked": "Declined",
}  # fmt: skip
ENDED = frozenset({"expired", "converted", "withdrawn", "revoked"})
DEAL_COLUMNS = (
    "key", "external_key", "partner_key", "group_key", "mold_key", "account_name", "contact_first_name",
    "contact_last_name", "amount", "currency", "stage", "lost_reason", "close_date", "source", "team_member",
    "field_data", "test", "created_at", "updated_at",
)  # fmt: skip
REWARD_COLUMNS = (
    "key", "amount", "currency", "reward_status", "description", "customer", "partnership", "transaction",
    "invoice.key", "invoice.status", "invoice.payment_date", "created_at",
)  # fmt: skip


def deals(present: Present) -> tuple[str, list[Accident]]:
    """Every registration that was handed in, as the marketplace has it."""
    rows: list[tuple[str, ...]] = [DEAL_COLUMNS]
    met: list[Accident] = []
    for number, record in present.registrations.items():
        if record.status == "draft":
            continue
        name, rng = slip_and_stream(present, "deal", number)
        if name == "stage_behind" and record.status not in ENDED:
            name = ""
        if name:
            met.append(Accident("deal", number, name, deal_key(number)))
        if name == "absent":
            continue
        row = _deal(present, number, record, name, rng)
        rows += [row, row] if name == "repeated" else [row]
    return csv_text(rows, end="\n"), met


def deal_key(registration: int) -> str:
    return key("deal", registration)


def partner_key(present: Present, record: Registration) -> str:
    """The marketplace's partner is a person's membership: one company has several."""
    return key("part", present.survivor(record.created.partner) or 0, record.created.contact or 0)


def _deal(present: Present, number: int, record: Registration, accident_name: str, rng: Random) -> tuple[str, ...]:
    created = record.created
    external, amount, close = str(id_of("Deal_Registration__c", number)), created.amount, created.expected_close
    stage = STAGES[record.status]
    match accident_name:
        case "external_key_missing":
            external = ""
        case "external_key_short":
            external = external[:15]
        case "amount_differs":
            amount = amount and (amount * 112 / 100).quantize(Decimal("0.01"))
        case "close_date_differs":
            close = close and close + timedelta(days=14)
        case "stage_behind":
            stage = STAGES["approved"]
    closing = "" if close is None else close.isoformat() if number % 3 else f"{close:%Y/%m/%d}"
    if accident_name == "close_date_vague" and close:
        closing = f"Q{(close.month + 2) // 3} {close.year}"
    contact = present.contacts.get(created.contact or 0)
    person = rng.choice((("Jordan", "Lee"), ("Sam", "Okafor"), ("Ana", "Prieto")))
    fields = {"customer_domain": created.customer_domain, "form": created.form}
    return (
        deal_key(number), external, partner_key(present, record), key("group", created.form), key("mold", 1),
        created.customer_name, *person, minor(amount), created.currency, stage, record.reason or "", closing, "portal",
        contact.email or "" if contact else "", json.dumps(fields, ensure_ascii=False), "false",
        epoch_ms(record.submitted or created.at), epoch_ms(record.changed),
    )  # fmt: skip


def rewards(present: Present) -> tuple[str, list[Accident]]:
    """Five per cent of each converted registration's amount, a day after it was converted."""
    rows: list[tuple[str, ...]] = [REWARD_COLUMNS]
    end = last_second(present.log.ends)
    for number, record in present.registrations.items():
        earned = (record.ended or record.changed) + timedelta(days=1)
        if record.status != "converted" or not record.created.amount or earned > end:
            continue
        rows.append(_reward(present, number, record, earned, end))
    return csv_text(rows, end="\n"), []


def _reward(present: Present, number: int, record: Registration, earned: datetime, end: datetime) -> tuple[str, ...]:
    amount = (abs(record.created.amount or Decimal(0)) / 20).quantize(Decimal("0.01"))
    paid, on_its_way = earned + timedelta(days=45), earned + timedelta(days=30)
    status = "withdrawn" if paid <= end else "in_transit" if on_its_way <= end else "available"
    if number % 40 == 0:
        status = "paid_externally"
    is_paid = status in ("withdrawn", "paid_externally")
    return (
        key("rwrd", number), minor(amount), record.created.currency, status, "5 % of a converted deal",
        record.created.customer_name, partner_key(present, record), deal_key(number),
        key("inv", number) if is_paid else "", "paid" if is_paid else "", epoch_ms(min(paid, end)) if is_paid else "",
        epoch_ms(earned),
    )  # fmt: skip
