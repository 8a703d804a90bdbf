"""One fact per real claim: those of the CRM, and those of the portal that name none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..ids import salesforce_id
from .known import Known


@dataclass(frozen=True, slots=True)
class ClaimFact:
    """Amounts are in the claim's currency. `is_in_crm` tells whether it counts in sums of its request and budget."""

    fact_id: str
    partner: int
    request: int
    budget: int | None
    claimed: Decimal
    granted: Decimal | None
    budget_amount: Decimal | None
    approved: Decimal
    is_rejected: bool
    submitted_on: date
    decided_on: date | None
    paid: Decimal | None
    paid_on: date | None
    is_in_crm: bool

    @property
    def paid_in_full_on(self) -> date | None:
        """The day of the last payment, once payments reach what was approved."""
        return self.paid_on if self.paid is not None and self.paid >= self.approved else None


def claim_facts(known: Known) -> Iterator[ClaimFact]:
    """The eligible ones: those of a partner. What was approved says the portal, else the request and the claim do."""
    copies = {row.claim: row for row in known.exports.claims if row.claim is not None}
    for number, claim in known.facts.claims.items():
        partner, copy = known.partners.number(claim.partner), copies.get(number)
        if partner is None:
            continue
        said = copy.approved if copy is not None else None
        yield ClaimFact(
            salesforce_id("PartnerFundClaim", number), partner, claim.request, claim.budget, claim.claimed,
            claim.granted, claim.budget_amount, _approved(said, claim.claimed, claim.granted), claim.is_rejected,
            claim.submitted_on, claim.decided_on, claim.paid, claim.paid_on, True,
        )  # fmt: skip
    grants = {claim.request: claim.granted for claim in known.facts.claims.values()}
    for row in known.exports.claims:
        partner = known.matching.portal.get(row.partner_id)
        if row.claim is None and partner is not None:
            granted = grants.get(row.request)
            yield ClaimFact(
                f"impartner:{row.source_id}", partner, row.request, None, row.claimed, granted, None,
                _approved(row.approved, row.claimed, granted), row.is_rejected, row.submitted_on, row.decided_on,
                row.paid, row.paid_on, False,
            )  # fmt: skip


def _approved(said: Decimal | None, claimed: Decimal, granted: Decimal | None) -> Decimal:
    if said is not None:
        return said
    return claimed if granted is None else min(claimed, granted)
