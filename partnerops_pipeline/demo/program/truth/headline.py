"""All rows of the headline metrics on a day."""

from __future__ import annotations

from collections.abc import Iterable

from .deal_metrics import deal_rows
from .known import Known
from .opportunity import OpportunityTruth
from .partner_metrics import partner_rows
from .process_metrics import process_rows
from .series import MetricTruth


def metrics_of(opportunities: Iterable[OpportunityTruth], known: Known) -> list[MetricTruth]:
    """Every row of every metric, ordered by metric, grain, dimension, value and period; none without eligible deals."""
    eligible = [o for o in opportunities if o.is_eligible]
    if not eligible:
        return []
    first = min(o.created_date for o in eligible)
    first = min([first, *(o.decided_date for o in eligible if o.decided_date is not None)])
    return [
        *deal_rows(eligible, first, known.as_of, known.policy),
        *process_rows(known, first),
        *partner_rows(known, eligible, first),
    ]
