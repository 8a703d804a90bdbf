"""Gaps as a list for people, CSV for spreadsheets and JSON for programs."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.style import Style
from rich.text import Text

from partnerops_pipeline.gaps.listing import Summary
from partnerops_pipeline.gaps.released import Gap


def as_table(gaps: Sequence[Gap], state_of_things: Summary, limit: int | None = 50) -> Group:
    """Two or three lines a gap (what is wrong; until when, whose, at stake; the address), then how many there are."""
    shown = gaps if limit is None else gaps[:limit]
    blocks: list[Text] = []
    for gap in shown:
        blocks.append(Text(f"{gap.severity:<8}  {gap.rule_id}  {gap.title}", style="bold"))
        blocks.append(Text(f"          {' · '.join(facts(gap))}"))
        if gap.record_url:
            blocks.append(Text(f"          {gap.record_url}", style=Style(link=gap.record_url), overflow="fold"))
    if len(shown) < len(gaps):
        blocks.append(Text(f"… and {len(gaps) - len(shown):,} more; --limit 0 shows all."))
    return Group(*blocks, *(Text(sentence) for sentence in sentences(state_of_things, len(gaps))))


def facts(gap: Gap) -> list[str]:
    """What decides on the order of work, in a few words each."""
    said = []
    if gap.state == "resolved":
        said.append("resolved")
    elif gap.state == "waived":
        said.append(f"waived until {gap.waived_until}")
    elif gap.due_on:
        said.append(f"overdue since {gap.due_on}" if gap.is_breached else f"due on {gap.due_on}")
    said.append(gap.owner_team)
    if gap.revenue_at_stake is not None:
        said.append(f"{gap.revenue_at_stake:,.2f} at stake")
    if gap.age_days:
        said.append(f"seen for {gap.age_days} {'day' if gap.age_days == 1 else 'days'}")
    said.append(f"record {gap.entity_id}")
    return said


def sentences(state_of_things: Summary, listed: int) -> list[str]:
    """The count of open gaps, and what nobody could look at."""
    counted = ", ".join(f"{number:,} {severity}" for severity, number in state_of_things.by_severity.items())
    total = f"{state_of_things.open_gaps:,} open ({counted})" if counted else "none open"
    said = [f"{listed:,} listed; {total} as of {state_of_things.as_of}."]
    said += [f"Not evaluated: {rule.rule_id}, {rule.title}: {rule.reason}." for rule in state_of_things.not_evaluated]
    return said


def as_json(gaps: Sequence[Gap]) -> str:
    """All gaps; amounts and days as texts, so that no reader rounds them."""
    return json.dumps([_fields(gap) for gap in gaps], indent=1, ensure_ascii=False)


def as_csv(gaps: Sequence[Gap]) -> str:
    """One row per gap, with a header; a text that a spreadsheet would run as a formula is led by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([field.name for field in dataclasses.fields(Gap)])
    for gap in gaps:
        writer.writerow(["" if value is None else _harmless(value) for value in _fields(gap).values()])
    return out.getvalue()


def _fields(gap: Gap) -> dict[str, Any]:
    fields = dataclasses.asdict(gap)
    return {
        name: value if value is None or isinstance(value, (bool, int, str)) else str(value)
        for name, value in fields.items()
    }


def _harmless(value: Any) -> Any:
    """Titles hold names from other people's systems; `=`, `+`, `-`, `@` in front would run in a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
