"""What each sales stage means in the CRM: probability, forecast, whether it closes the deal."""

from __future__ import annotations

from typing import NamedTuple


class Stage(NamedTuple):
    """Probability in percent; forecast category as API name and as label."""

    probability: int
    forecast: str
    forecast_label: str
    closed: bool
    won: bool


STAGES = {
    "Prospecting": Stage(10, "Pipeline", "Pipeline", False, False),
    "Qualification": Stage(25, "Pipeline", "Pipeline", False, False),
    "Proposal": Stage(50, "BestCase", "Best Case", False, False),
    "Negotiation": Stage(75, "Forecast", "Commit", False, False),
    "Verbal Commit": Stage(90, "Forecast", "Commit", False, False),
    "Closed Won": Stage(100, "Closed", "Closed", True, True),
    "Closed Lost": Stage(0, "Omitted", "Omitted", True, False),
    "Duplicate - Void": Stage(0, "Omitted", "Omitted", True, False),
}


def is_closed(stage: str) -> bool:
    """Whether the CRM counts a deal in this stage as closed."""
    return STAGES[stage].closed
