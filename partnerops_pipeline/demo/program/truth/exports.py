"""What the portal, the marketplace and the learning system say on the day of their exports, slips included.

Only rows that can be used are here: not those without a readable key, nor test records. Spelling that any reader must
see through (blanks, capitals, a repeated row) makes no difference here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from .facts import Facts
from .foreign_ids import PORTAL_ONLY_FROM, award_id, marketplace_key, portal_claim_id, portal_id

TIERS = ("registered", "silver", "gold", "platinum")
_UNUSABLE = frozenset({"absent", "id_unreadable"})
_UNKNOWN_TO_CRM = frozenset({"crm_id_missing", "portal_only"})  # lost case can be restored
_STAGES = {"revoked": "rejected"}  # the marketplace has no word for it; all other stages mean the CRM's status
_ENDED = frozenset({"expired", "converted", "withdrawn", "revoked"})


@dataclass(frozen=True, slots=True)
class PortalPartner:
    """A partner of the portal. `account` is that of its usable CRM id, None without one."""

    source_id: str
    account: int | None
    domain: str | None
    status: str
    tier: str | None


@dataclass(frozen=True, slots=True)
class MarketplaceDeal:
    """A deal of the marketplace. `registration` is that of its usable CRM id, None without one."""

    source_id: str
    registration: int | None
    customer_name: str
    partner_key: str
    partner_email: str | None
    status: str  # submitted | approved | rejected | expired | converted | withdrawn
    amount: Decimal | None
    currency: str
    closes: date | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PortalClaim:
    """A claim of the portal. `claim` is that of its CRM id, None without one."""

    source_id: str
    claim: int | None
    request: int
    partner_id: str  # the portal's
    currency: str
    claimed: Decimal
    approved: Decimal | None
    is_rejected: bool
    submitted_on: date
    decided_on: date | None
    paid: Decimal | None
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class LearningAward:
    """A row of the certification report. `expires` None: never."""

    source_id: str
    person: str
    email: str | None
    branch: str | None  # the portal's number of the partner
    certification: str
    issued: date
    expires: date | None
    is_active: bool  # by the system's own word


@dataclass(slots=True)
class Exports:
    """All usable rows, in the order in which their records came into being. `has_tiers`: what each tier requires."""

    has_tiers: bool = False
    partners: list[PortalPartner] = field(default_factory=list)
    deals: list[MarketplaceDeal] = field(default_factory=list)
    claims: list[PortalClaim] = field(default_factory=list)
    awards: list[LearningAward] = field(default_factory=list)


def exports_of(facts: Facts, day: date) -> Exports:
    """The exports made at the end of `day`, given what had happened by then."""
    return Exports(True, list(_partners(facts)), list(_deals(facts)), list(_claims(facts)), list(_awards(facts, day)))


def _partners(facts: Facts) -> Iterator[PortalPartner]:
    for number, record in facts.records.items():
        account, slip = facts.accounts[number], facts.slip("portal", "partner", number)
        if record.partner_type is None or account.is_own_company or account.is_test or slip in _UNUSABLE:
            continue
        if number in facts.merged_into and slip != "merged_kept":
            continue
        status, tier = record.status or "applicant", record.tier
        if slip == "status_differs":
            status = "terminated" if status == "active" else "active"
        if slip == "tier_differs":
            tier = TIERS[(TIERS.index(tier) + 1) % len(TIERS)] if tier else TIERS[0]
        crm_account = None if slip in _UNKNOWN_TO_CRM else number
        yield PortalPartner(portal_id(number), crm_account, account.domain, status, tier)
    for system, entity, number in facts.slips:
        if (system, entity) == ("portal", "partner") and number > PORTAL_ONLY_FROM:
            yield PortalPartner(portal_id(number), None, None, "active", TIERS[0])


def _deals(facts: Facts) -> Iterator[MarketplaceDeal]:
    for number, record in facts.registrations.items():
        slip, created = facts.slip("marketplace", "deal", number), record.created
        if record.status == "draft" or slip in _UNUSABLE:
            continue
        status, amount, closes = _STAGES.get(record.status, record.status), created.amount, created.expected_close
        if slip == "stage_behind" and record.status in _ENDED:
            status = "approved"
        if slip == "amount_differs" and amount is not None:
            amount = (amount * 112 / 100).quantize(Decimal("0.01"))
        if slip == "close_date_differs" and closes is not None:
            closes += timedelta(days=14)
        person = facts.contacts.get(created.contact or 0)
        yield MarketplaceDeal(
            marketplace_key("deal", number),
            None if slip == "external_key_missing" else number,
            created.customer_name,
            marketplace_key("part", facts.survivor(record.partner), created.contact or 0),
            person.email if person else None,
            status,
            amount,
            created.currency,
            None if slip == "close_date_vague" else closes,
            record.submitted_at or created.at,
            record.changed_at,
        )


def _claims(facts: Facts) -> Iterator[PortalClaim]:
    for number, claim in facts.claims.items():
        slip = facts.slip("portal", "claim", number)
        if slip in _UNUSABLE:
            continue
        claimed = claim.claimed
        if slip == "amount_differs":
            claimed = (claimed * 11 / 10).quantize(Decimal("0.01"))
        yield PortalClaim(
            portal_claim_id(number),
            None if slip == "crm_id_missing" else number,
            claim.request,
            portal_id(facts.survivor(claim.partner)),
            claim.currency,
            claimed,
            claim.approved,
            claim.is_rejected,
            claim.submitted_on,
            claim.decided_on,
            claim.paid,
            claim.paid_on,
        )


def _awards(facts: Facts, day: date) -> Iterator[LearningAward]:
    for award in facts.awards:
        slip, account = facts.slip("learning", "certification", award.award), facts.survivor(award.account)
        if slip in _UNUSABLE:
            continue
        email = None if slip == "e_mail_missing" else facts.contacts[award.contact].email
        email = email.lower() if email else None
        has_branch = slip != "branch_missing" and account % 10 < 7  # some branches have no code
        yield LearningAward(
            award_id(award.award),
            email or f"u{award.contact:08d}",
            email,
            portal_id(account) if has_branch else None,
            award.certification,
            award.at.date(),
            None if slip == "never_expires" else award.expires,
            award.expires >= day or slip in ("status_behind", "never_expires"),
        )
