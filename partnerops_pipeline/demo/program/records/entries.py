"""The entries of the index over a log: one record each, with its present values and the dates of its changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .. import events as ev


@dataclass(slots=True)
class Account:
    """An account with all that was ever said of it. `turns` are its dated changes: (at, what, value)."""

    created: ev.AccountCreated
    changed: datetime
    partner_type: str | None = None
    tier: str | None = None
    status: str | None = None
    manager: int | None = None
    signed: date | None = None
    onboarded: date | None = None
    turns: list[tuple[datetime, str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Deal:
    """An opportunity: its creation, each change, its look-up fields and what refers to it."""

    created: ev.OpportunityCreated
    changed: datetime
    stage: str
    amount: Decimal | None
    close_date: date
    changes: list[ev.OpportunityChanged] = field(default_factory=list)
    fields: dict[str, int | None] = field(default_factory=dict)
    last_activity: date | None = None


@dataclass(slots=True)
class Registration:
    """A deal registration with the dates that its record shows."""

    created: ev.RegistrationCreated
    changed: datetime
    status: str
    submitted: datetime | None
    opportunity: int | None
    decided: datetime | None = None
    approved: datetime | None = None
    ended: datetime | None = None
    protection_end: date | None = None
    reason: str | None = None


@dataclass(slots=True)
class Lead:
    """A lead, and its conversion if there was one."""

    submitted: ev.LeadSubmitted
    changed: datetime
    accepted: datetime | None = None
    converted: ev.LeadConverted | None = None


@dataclass(slots=True)
class FundRequest:
    """A request for marketing funds and its decision."""

    requested: ev.MdfRequested
    changed: datetime
    decided: ev.MdfRequestDecided | None = None


@dataclass(slots=True)
class FundClaim:
    """A claim on a request, its decision, and what was paid so far."""

    claimed: ev.MdfClaimed
    changed: datetime
    decided: ev.MdfClaimDecided | None = None
    paid: Decimal = Decimal(0)
    paid_on: date | None = None
