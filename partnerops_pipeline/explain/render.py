"""An explanation as a table for people, CSV for spreadsheets and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

from rich.console import Group
from rich.style import Style
from rich.text import Text

from partnerops_pipeline.explain.explain import Explanation, Line

FORMATS = ("table", "csv", "json")


def as_json(explanation: Explanation) -> str:
    """The whole explanation; numbers as texts, so that no reader rounds them."""
    return json.dumps(
        {
            "release_id": explanation.release_id,
            "as_of": explanation.as_of.isoformat(),
            "metric_id": explanation.definition.metric_id,
            "title": explanation.definition.title,
            "definition": explanation.definition.definition,
            "unit": explanation.definition.unit,
            "aggregation": explanation.definition.aggregation,
            "period": explanation.period_name,
            "period_start": explanation.period.start.isoformat(),
            "period_end": explanation.period.end.isoformat(),
            "dimension": explanation.dimension,
            "dimension_value": explanation.dimension_value,
            "value": _text(explanation.value),
            "numerator": _text(explanation.numerator),
            "denominator": _text(explanation.denominator),
            "n": explanation.n,
            "n_excluded": explanation.n_excluded,
            "excluded_reason": explanation.excluded_reason or None,
            "lines": [_fields(line) for line in explanation.lines],
        },
        indent=1,
        ensure_ascii=False,
    )


def as_csv(explanation: Explanation) -> str:
    """One row per line, with a header; a text that a spreadsheet would run as a formula is led by an apostrophe."""
    out = io.StringIO()
    rows = [_fields(line) for line in explanation.lines]
    details = list(dict.fromkeys(name for row in rows for name in row["details"]))
    fixed = [name for name in _fields(_EMPTY) if name != "details"]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*fixed, *details])
    for row in rows:
        values = [row[name] for name in fixed] + [row["details"].get(name) for name in details]
        writer.writerow(["" if value is None else _harmless(value) for value in values])
    return out.getvalue()


def as_table(explanation: Explanation, limit: int | None = 50) -> Group:
    """The number, how it is made and its records (the `limit` weightiest; None for all) as a rich renderable.

    A record takes three lines (its part and name, what decided it, its address), so that it reads on 80 columns as on
    240.
    """
    shown = explanation.lines if limit is None else explanation.lines[:limit]
    parts = [_part(line) for line in shown]
    width = max((len(part) for part in parts), default=0)
    blocks = [Text(sentence) for sentence in sentences(explanation, len(shown))]
    for line, part in zip(shown, parts, strict=True):
        decided = " · ".join(_detail(name, value) for name, value in line.details.items())
        blocks.append(Text(f"\n{part:>{width}}  {line.event_date or ''}  {line.name or line.record_id}", style="bold"))
        blocks += [Text(decided)] if decided else []
        # also as a terminal link: rich crops what it may not wrap, and a wrapped address cannot be clicked
        style = Style(link=line.record_url) if line.record_url else ""
        blocks.append(Text(line.record_url or f"{line.object} {line.record_id}", style=style, overflow="fold"))
    return Group(*blocks)


def _part(line: Line) -> str:
    """What a record adds, in a word: `1 of 1`, `49,073.18`, or that it cannot be counted."""
    above = line.measure if line.numerator is None else line.numerator
    if above is None:
        return "not counted"
    return _number(above) if line.denominator is None else f"{_number(above)} of {_number(line.denominator)}"


def _detail(name: str, value: str) -> str:
    """A detail with its name; numbers with their thousands apart, codes as they stand in the tables."""
    is_number = value.lstrip("-").replace(".", "", 1).isdigit()
    return f"{name.replace('_', ' ')} {_number(Decimal(value)) if is_number else value}"


def sentences(explanation: Explanation, shown: int) -> list[str]:
    """The explanation in words: the number, its definition, its parts, and how many records follow."""
    definition = explanation.definition
    cell = "" if explanation.dimension == "all" else f", {explanation.dimension} = {explanation.dimension_value}"
    value = (
        "no value (nothing to divide by)" if explanation.value is None else _value(explanation.value, definition.unit)
    )
    said = [
        f"{definition.title} ({definition.metric_id}) for {explanation.period_name}{cell}: {value}",
        definition.definition,
        f"{explanation.period.start} to {explanation.period.end}, as of {explanation.as_of}, "
        f"release {explanation.release_id}.",
    ]
    if explanation.denominator is not None:
        said.append(f"{_number(explanation.numerator)} of {_number(explanation.denominator)}.")
    if explanation.n_excluded:
        said.append(f"{explanation.n_excluded} left out: {explanation.excluded_reason.replace('_', ' ')}.")
    total = len(explanation.lines)
    records = "1 record" if total == 1 else f"{total} records"
    count = records if shown == total else f"The {shown} weightiest of {records}"
    verb = "adds" if total == 1 else "add"
    makes = _WHOSE.get(definition.aggregation, f"which {verb} up to exactly this number")
    return [*said, f"{count}, {makes}:"]


_WHOSE = {
    "median": "whose median is exactly this number",
    "p90": "nine in ten of which take no longer than this number says",
}
"""How records make a number that is no sum of them."""


def _value(value: Decimal, unit: str) -> str:
    match unit:
        case "ratio":
            return f"{_number(value * 100)} %"
        case "money":
            return f"{_number(value)} in corporate currency"
        case "count":
            return _number(value)
        case _:
            return f"{_number(value)} {unit}"


_EMPTY = Line("", "", "", "", "", None, None, None, None, {})


def _fields(line: Line) -> dict[str, Any]:
    return {
        "object": line.object,
        "record_id": line.record_id,
        "record_url": line.record_url,
        "name": line.name,
        "partner_id": line.partner_id,
        "event_date": line.event_date.isoformat() if line.event_date else None,
        "numerator": _text(line.numerator),
        "denominator": _text(line.denominator),
        "measure": _text(line.measure),
        "details": dict(line.details),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _number(value: Decimal | None) -> str:
    """A number for people: thousands apart, whole or with two decimals at least, no further zeros that say nothing."""
    if value is None:
        return ""
    whole, _, fraction = format(value, ",f").partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction:0<2}" if fraction else whole


def _harmless(value: Any) -> Any:
    """Names come from other people's systems; `=`, `+`, `-`, `@` at the start of a text would run in a spreadsheet."""
    is_number = isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdigit()
    return (
        f"'{value}"
        if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") and not is_number
        else value
    )
