"""Observations for tests: one word changes one thing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from partnerops_pipeline.alerts.observation import GapState, Observation, Severity

START = datetime(2026, 7, 1, 6, tzinfo=UTC)


def day(number: int) -> datetime:
    """06:00 UTC on the day `number` days after 1 July 2026."""
    return START + timedelta(days=number)


def gap(gap_id: str = "g1", at: int | datetime = 0, state: str = "open", **other: Any) -> Observation:
    """A gap of DR-02 as the evaluation of day `at` saw it."""
    facts: dict[str, Any] = {
        "rule_id": "DR-02",
        "severity": Severity.HIGH,
        "title": f"Approved deal registration {gap_id} of Contoso has no Salesforce opportunity",
        "owner_team": "Channel Ops",
        "source": "salesforce",
        "entity": gap_id,
        "record_url": f"https://partnerops-demo.lightning.force.com/lightning/r/Deal_Registration__c/{gap_id}/view",
    }
    evaluated_at = at if isinstance(at, datetime) else day(at)
    return Observation(gap_id=gap_id, evaluated_at=evaluated_at, state=GapState(state), **{**facts, **other})


def stale_source(at: int = 0, state: str = "open", **other: Any) -> Observation:
    """The root cause that mutes DR-02."""
    return gap(
        "stale",
        at,
        state,
        **{
            "rule_id": "SU-01",
            "title": "The export of impartner is 3 days old",
            "entity": "impartner",
            "source": "impartner",
            "mutes": frozenset({"DR-02"}),
            **other,
        },
    )


DUE = date(2026, 7, 4)
AMOUNT = Decimal("125000.00")
