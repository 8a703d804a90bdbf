"""The truth: what every number of the demo must be, worked out from the event log alone.

It reads no record, no table and no SQL. It is slow and plain where the dbt project is fast and set-based, and shares no
line with it: two ways to the same rules (see the metric definitions), so that a slip in either shows as a difference.
"""

from __future__ import annotations

from datetime import date

from ..events import EventLog
from .credit import CreditTruth, credits_of
from .facts import Facts, gather
from .gaps import GapTruth, gaps_of
from .headline import metrics_of
from .known import LAST_DAY, Known
from .money import Rates
from .opportunity import LinkTruth, OpportunityTruth, TouchTruth, judge
from .partners import Partners, partner_id
from .policy import Policy
from .series import MetricTruth

__all__ = [
    "CreditTruth",
    "GapTruth",
    "LinkTruth",
    "MetricTruth",
    "OpportunityTruth",
    "Policy",
    "TouchTruth",
    "credits",
    "credits_of",
    "gaps",
    "headline_metrics",
    "opportunities",
    "partner_id",
]


def opportunities(log: EventLog, as_of: date, policy: Policy | None = None) -> dict[str, OpportunityTruth]:
    """Every deal of the log as it stands on `as_of` (its whole UTC day included), by 18-character id.

    Deals created after `as_of` are there too, as `not_yet_created`.

    Raises:
        ValueError: the log speaks of an opportunity, lead, registration or request that it never created.
    """
    return _judged(gather(log), as_of, policy or Policy())


def _judged(facts: Facts, as_of: date, policy: Policy) -> dict[str, OpportunityTruth]:
    partners, rates = Partners(facts), Rates.of(facts.rates, policy.corporate_currency)
    judged = (judge(deal, facts, partners, rates, as_of, policy) for deal in facts.deals.values())
    return {o.opportunity_id: o for o in judged}


def credits(log: EventLog, as_of: date, policy: Policy | None = None) -> list[CreditTruth]:
    """Who is credited with which part of every sourced or influenced deal, by deal, model and partner.

    Deals that are not eligible have credit too; the metrics leave them out.
    """
    found = (credit for o in opportunities(log, as_of, policy).values() for credit in credits_of(o))
    return sorted(found, key=lambda c: (c.opportunity_id, c.model, c.partner_id))


def headline_metrics(
    log: EventLog, as_of: date, policy: Policy | None = None, exports_on: date | None = LAST_DAY
) -> list[MetricTruth]:
    """Every row of `mart_headline_metrics` on `as_of`.

    The other systems' exports are those of the end of `exports_on`: by default the log's last day, None for a house
    into which none were dropped.
    """
    policy, facts = policy or Policy(), gather(log)
    known = Known.on(log, facts, as_of, exports_on, policy)
    return metrics_of(_judged(facts, as_of, policy).values(), known)


def gaps(
    log: EventLog, as_of: date, policy: Policy | None = None, exports_on: date | None = LAST_DAY
) -> frozenset[GapTruth]:
    """Every gap that is open on `as_of`, but for those of the files themselves; `exports_on` as above."""
    policy, facts = policy or Policy(), gather(log)
    return gaps_of(Known.on(log, facts, as_of, exports_on, policy), _judged(facts, as_of, policy))
