"""ID-01, SY-01, TI-01, CO-03: a partner that nobody knows, on whom the systems disagree, or whom nobody looks after."""

from __future__ import annotations

from collections.abc import Iterator

from ..known import Known
from ..partners import partner_id
from .gap import GapTruth


def unmatched_partners(known: Known) -> Iterator[GapTruth]:
    """ID-01: an active partner of the portal, or one with deals in the marketplace, that is no partner of ours."""
    for row in known.exports.partners:
        if row.status == "active" and row.source_id not in known.matching.portal:
            yield GapTruth("ID-01", f"impartner:{row.source_id}")
    for key in {deal.partner_key for deal in known.exports.deals}:
        if key not in known.matching.marketplace:
            yield GapTruth("ID-01", f"partnerstack:{key}")


def status_and_tier_gaps(known: Known) -> Iterator[GapTruth]:
    """SY-01: active in one system and not in the other. TI-01: an active partner with two tiers.

    The CRM's own two tiers, the account's and the membership's, never differ in a programme.
    """
    for row in known.exports.partners:
        partner = known.matching.portal.get(row.source_id)
        if partner is None or not _is_there(known, partner):
            continue
        record, entity = known.facts.records[partner], f"{partner_id(partner)}/{row.source_id}"
        if record.status is not None and (record.status == "active") != (row.status == "active"):
            yield GapTruth("SY-01", entity)
        if record.status == "active" and row.tier and record.tier and row.tier != record.tier:
            yield GapTruth("TI-01", entity)


def unmanaged_partners(known: Known) -> Iterator[GapTruth]:
    """CO-03: an active partner without a manager, or with one who has left."""
    for partner in known.partners:
        if not _is_there(known, partner):
            continue
        record = known.facts.records[partner]
        if record.status == "active" and (record.manager is None or record.manager in known.facts.users_left):
            yield GapTruth("CO-03", partner_id(partner))


def _is_there(known: Known, partner: int) -> bool:
    """A partner that enters the CRM after the day has no gap on it."""
    return known.partners.created_on(partner) <= known.as_of
