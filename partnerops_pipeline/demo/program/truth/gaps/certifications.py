"""LC-01: certificates that have expired although the learning system still shows them as active."""

from __future__ import annotations

from collections.abc import Iterator

from ..certifications import certifications
from ..known import Known
from .gap import GapTruth


def lapsed_certifications(known: Known) -> Iterator[GapTruth]:
    """LC-01: expired, still active by the system's word, no other award in force for the same, in a partner that needs
    certified people."""
    all_of_them = certifications(known)
    in_force = {(c.award.person, c.award.certification) for c in all_of_them if c.is_in_force}
    for c in all_of_them:
        is_covered = (c.award.person, c.award.certification) in in_force
        if is_covered or not c.award.is_active or c.partner is None or c.has_left:
            continue
        record = known.facts.records[c.partner]
        if record.status == "active" and known.policy.certified_people_required.get(record.tier or "", 0):
            yield GapTruth("LC-01", c.award.source_id)
