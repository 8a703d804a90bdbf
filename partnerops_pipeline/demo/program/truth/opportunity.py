"""What is true of one deal on a day: state, money, segment, and how partners were involved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ..events import AccountCreated
from ..ids import salesforce_id
from .days import day_of
from .facts import Deal, Facts
from .links import links_of
from .money import Rates, convert
from .partners import Partners, partner_id
from .policy import UNKNOWN, Policy, size_band
from .sourcing import sourcing_of
from .state import State, state_on
from .touches import touches_in_window


@dataclass(frozen=True, slots=True)
class LinkTruth:
    """A valid link: one per partner and kind, at its earliest time, not before the deal's creation."""

    kind: str
    partner_id: str
    at: datetime
    is_primary: bool


@dataclass(frozen=True, slots=True)
class TouchTruth:
    """A touch within the window of influence. An activity stands at the start of its day."""

    kind: str
    partner_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpportunityTruth:
    """A deal on a day. Partner ids stand in byte order; `bucket` is None while the deal does not exist yet."""

    opportunity_id: str
    as_of: date
    state: str  # open | won | lost | neither | void | not_yet_created
    stage: str
    stage_category: str
    created_at: datetime
    created_date: date
    close_date: date
    decided_date: date | None
    effective_close_date: date | None
    cycle_start_date: date
    cutoff_date: date
    is_eligible: bool
    ineligible_reason: str | None
    amount: Decimal | None
    currency: str | None
    rate_date: date
    rate: Decimal | None
    rate_kind: str
    amount_corporate: Decimal | None
    opportunity_type: str
    account_region: str
    size_band: str
    is_attached: bool
    bucket: str | None  # sourced | influenced | direct
    sourced_rule: str | None
    sourcing_partner_id: str | None
    sourcing_record_id: str | None
    linked_partner_ids: tuple[str, ...]
    touching_partner_ids: tuple[str, ...]
    primary_partner_ids: tuple[str, ...]
    links: tuple[LinkTruth, ...]
    touches: tuple[TouchTruth, ...]


def judge(deal: Deal, facts: Facts, partners: Partners, rates: Rates, as_of: date, policy: Policy) -> OpportunityTruth:
    """Everything that the rules say about `deal` on `as_of`."""
    created = deal.created
    state = state_on(deal, as_of, policy)
    reason = _ineligible_reason(deal, facts, state)
    rate_date = state.close_date if state.name in ("won", "lost") else min(state.close_date, as_of)
    rate, rate_kind = rates.rate(created.currency, rate_date)
    amount = convert(state.amount, rate)
    account = _account(deal, facts)

    exists = state.name != "not_yet_created"
    links = links_of(deal, facts, partners, as_of, state.cutoff, policy) if exists else []
    touches = touches_in_window(deal, facts, partners, links, as_of, state.cutoff, policy) if exists else []
    sourcing = sourcing_of(deal, facts, partners, links, as_of, state.cutoff, policy) if exists else None
    bucket = "sourced" if sourcing else "influenced" if touches else "direct"

    return OpportunityTruth(
        opportunity_id=salesforce_id("Opportunity", created.opportunity),
        as_of=as_of,
        state=state.name,
        stage=state.stage,
        stage_category=state.stage_category,
        created_at=created.at,
        created_date=day_of(created.at),
        close_date=state.close_date,
        decided_date=state.decided_date,
        effective_close_date=state.effective_close_date,
        cycle_start_date=_cycle_start(deal, policy),
        cutoff_date=state.cutoff,
        is_eligible=reason is None,
        ineligible_reason=reason,
        amount=state.amount,
        currency=created.currency,
        rate_date=rate_date,
        rate=rate,
        rate_kind=rate_kind,
        amount_corporate=amount,
        opportunity_type=policy.opportunity_type(created.opportunity_type),
        account_region=UNKNOWN if account is None else policy.region(account.country),
        size_band=size_band(amount),
        is_attached=bool(links),
        bucket=bucket if exists else None,
        sourced_rule=sourcing.rule if sourcing else None,
        sourcing_partner_id=partner_id(sourcing.partner) if sourcing else None,
        sourcing_record_id=sourcing.record_id if sourcing else None,
        linked_partner_ids=_ids(link.partner for link in links),
        touching_partner_ids=_ids(touch.partner for touch in touches),
        primary_partner_ids=_ids(link.partner for link in links if link.is_primary),
        links=tuple(LinkTruth(x.kind, partner_id(x.partner), x.at, x.is_primary) for x in links),
        touches=tuple(TouchTruth(t.kind, partner_id(t.partner), t.at) for t in touches),
    )


def _cycle_start(deal: Deal, policy: Policy) -> date:
    """The creation; of a renewal not before its notice, some days ahead of the prior contract's end (ruling 5)."""
    created, ends = day_of(deal.created.at), deal.created.prior_contract_end
    if ends is None or policy.opportunity_type(deal.created.opportunity_type) != "renewal":
        return created
    return max(created, ends - timedelta(days=policy.renewal_notice_days))


def _account(deal: Deal, facts: Facts) -> AccountCreated | None:
    number = facts.survivor(deal.created.account)
    return None if facts.is_deleted("account", number) else facts.accounts.get(number)


def _ineligible_reason(deal: Deal, facts: Facts, state: State) -> str | None:
    """The first reason that holds. A deal whose account is missing or deleted is judged by itself."""
    account = _account(deal, facts)
    if facts.is_deleted("opportunity", deal.created.opportunity):
        return "deleted"
    if state.name == "not_yet_created":
        return "not_yet_created"
    if deal.created.is_test or (account is not None and account.is_test):
        return "test"
    if account is not None and account.is_own_company:
        return "own_company"
    return "void" if state.name == "void" else None


def _ids(partners: Iterable[int]) -> tuple[str, ...]:
    return tuple(sorted({partner_id(p) for p in partners}))
