"""How a deal is shared between its partners, under four models, to the last cent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from .money import CENTS, divide
from .opportunity import OpportunityTruth

MODELS = ("even", "first_touch", "last_touch", "primary")
WEIGHT_PLACES = 12


@dataclass(frozen=True, slots=True)
class CreditTruth:
    """A partner's share of a deal. Weights of a deal and model sum to 1, amounts to the deal's amount (or None)."""

    opportunity_id: str
    partner_id: str
    model: str
    weight: Decimal  # 12 places
    amount: Decimal | None  # corporate currency, cents


def even_weights(partners: int) -> list[Decimal]:
    """1/n at 12 places, half away from zero; the last takes what is left, so that they sum to exactly 1."""
    each = divide(Decimal(1), Decimal(partners), WEIGHT_PLACES)
    return [each] * (partners - 1) + [Decimal(1) - each * (partners - 1)]


def split_to_the_cent(amount: Decimal, partners: int) -> list[Decimal]:
    """`amount` in equal parts of whole cents; left-over cents go one each to the first ones.

    A negative amount is split by its absolute value (ruling 31).
    """
    cents = int(abs(amount).scaleb(CENTS))
    each, left_over = divmod(cents, partners)
    sign = -1 if amount < 0 else 1
    return [Decimal(sign * (each + (number < left_over))).scaleb(-CENTS) for number in range(partners)]


def credits_of(opportunity: OpportunityTruth) -> list[CreditTruth]:
    """The credit of a sourced or influenced deal, by model and partner; none for a direct one."""
    partners = credited_partners(opportunity)
    if not partners:
        return []
    found = []
    amount = opportunity.amount_corporate
    for model in MODELS:
        sharing = partners if model == "even" else [_whole_credit(opportunity, partners, model)]
        amounts = [None] * len(sharing) if amount is None else split_to_the_cent(amount, len(sharing))
        for partner, weight, share in zip(sharing, even_weights(len(sharing)), amounts, strict=True):
            found.append(CreditTruth(opportunity.opportunity_id, partner, model, weight, share))
    return found


def credited_partners(opportunity: OpportunityTruth) -> list[str]:
    """The linked partners; without any, those that touched the deal. In byte order of their ids; none if direct."""
    return list(opportunity.linked_partner_ids or opportunity.touching_partner_ids)


def _whole_credit(opportunity: OpportunityTruth, partners: list[str], model: str) -> str:
    """The one partner who takes the deal under `model`; ties go to the smallest id."""
    touches = [t for t in opportunity.touches if t.partner_id in partners]
    if model == "last_touch":
        latest = max(t.at for t in touches)
        return min(t.partner_id for t in touches if t.at == latest)
    if model == "primary":
        if opportunity.sourcing_partner_id is not None:
            return opportunity.sourcing_partner_id
        if opportunity.primary_partner_ids:
            return opportunity.primary_partner_ids[0]
    return min((t.at, t.partner_id) for t in touches)[1]
