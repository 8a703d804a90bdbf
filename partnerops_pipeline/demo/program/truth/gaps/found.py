"""All gaps of a day."""

from __future__ import annotations

from ..known import Known
from ..opportunity import OpportunityTruth
from .certifications import lapsed_certifications
from .funds import claims_above_their_funds, claims_paid_late
from .gap import GapTruth
from .partners import status_and_tier_gaps, unmanaged_partners, unmatched_partners
from .registrations import (
    approvals_without_deal,
    decisions_that_wait,
    ends_that_are_not_told,
    marketplace_differences,
)

__all__ = ["GapTruth", "gaps_of"]


def gaps_of(known: Known, deals: dict[str, OpportunityTruth]) -> frozenset[GapTruth]:
    """Every open gap. `deals` are the opportunities on the as-of day, by record id."""
    return frozenset(
        [
            *unmatched_partners(known),
            *status_and_tier_gaps(known),
            *unmanaged_partners(known),
            *decisions_that_wait(known),
            *approvals_without_deal(known),
            *marketplace_differences(known, deals),
            *ends_that_are_not_told(known, deals),
            *claims_paid_late(known),
            *claims_above_their_funds(known),
            *lapsed_certifications(known),
        ]
    )
