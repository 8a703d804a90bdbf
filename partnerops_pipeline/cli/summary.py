"""The demo's last screen: a few headline numbers and the worst gaps, read from the release as any BI tool would."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.gaps.listing import summary
from partnerops_pipeline.settings import Settings

_COUNTS = """
select
    (select count(*) from core.dim_partner),
    (select count(*) from core.fct_opportunities where is_eligible)
"""
_HEADLINES = """
select metric_id, value, unit, period_end, as_of
from marts.mart_headline_metrics
where period_grain = 'trailing_4q' and dimension = 'all'
    and metric_id in ('attach_rate_count', 'sourced_revenue', 'influenced_revenue', 'partner_revenue_share')
    and period_end = (select max(period_end) from marts.mart_headline_metrics where period_grain = 'trailing_4q')
"""


def headline_lines(release: Path) -> list[str]:
    """Partners, deals and the main numbers of the last four complete quarters, one line each."""
    with duckdb.connect(str(release / "partner_marts.duckdb"), read_only=True) as marts:
        (counts,) = marts.execute(_COUNTS).fetchall()
        headlines = {row[0]: row[1:] for row in marts.execute(_HEADLINES).fetchall()}
    lines = ["", f"Partners            {counts[0]:>14,}", f"Deals               {counts[1]:>14,}"]
    if headlines:
        *_, period_end, as_of = next(iter(headlines.values()))
        lines.append(f"The four quarters up to {period_end}, as of {as_of}:")
    for metric, name in (
        ("attach_rate_count", "Attach rate"),
        ("sourced_revenue", "Sourced revenue"),
        ("influenced_revenue", "Influenced revenue"),
        ("partner_revenue_share", "Partner share"),
    ):
        if metric in headlines:
            lines.append(f"{name:<20}{_shown(*headlines[metric][:2]):>14}")
    return [*lines, ""]


def gap_lines(settings: Settings) -> list[str]:
    """Open gaps by severity, the three that matter most in one sentence each, and what nobody could judge.

    Raises:
        NoGaps: there is no release with gaps.
    """
    found = summary(settings)
    counts = ", ".join(f"{count} {severity}" for severity, count in found.by_severity.items())
    lines = [f"{'Open gaps':<20}{found.open_gaps:>14,}" + (f"  ({counts})" if counts else "")]
    for gap in found.weightiest:
        due = f", due {gap.due_on}" if gap.due_on else ""
        at_stake = f", {gap.revenue_at_stake:,.0f} USD at stake" if gap.revenue_at_stake else ""
        lines.append(f"  {gap.rule_id}  {gap.title} ({gap.owner_team}{due}{at_stake})")
    if found.open_gaps > len(found.weightiest):
        lines.append("  All of them: partnerops gaps --open")
    for rule in found.not_evaluated:
        lines.append(f"  {rule.rule_id}  not evaluated: {rule.reason}")
    return [*lines, ""]


def _shown(value: Decimal | None, unit: Any) -> str:
    if value is None:
        return "no deals"
    return f"{value * 100:.1f} %" if unit == "ratio" else f"{value:,.0f} USD"
