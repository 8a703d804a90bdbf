"""Names of fiscal periods as people type them, for the periods that a release holds.

`2026-05` a month, `2026-Q2` a fiscal quarter, `2026` a fiscal year, `trailing-2026-Q2` the four quarters that end with
that quarter (`2026-Q2/trailing_4q` is the same), `as-of` the state on the release's own date. A fiscal year is named
for the year in which it ends; months keep their calendar name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from partnerops_pipeline.errors import ConfigurationError

_GRAIN_ORDER = ("month", "quarter", "year", "trailing_4q", "as_of")


@dataclass(frozen=True, order=True)
class Period:
    """One period of a grain: month, quarter, year, trailing_4q or as_of; both ends are included."""

    grain: str
    start: date
    end: date


def label(period: Period, fiscal_start_month: int) -> str:
    """The name of a period, for a fiscal year that starts in the given month (1 to 12)."""
    quarter = f"{fiscal_year(period.end, fiscal_start_month)}-Q{(period.end.month - fiscal_start_month) % 12 // 3 + 1}"
    names = {
        "month": f"{period.start:%Y-%m}",
        "quarter": quarter,
        "year": f"{fiscal_year(period.end, fiscal_start_month)}",
        "trailing_4q": f"trailing-{quarter}",
        "as_of": "as-of",
    }
    return names.get(period.grain, f"{period.grain}-{period.start.isoformat()}")


def fiscal_year(day: date, fiscal_start_month: int) -> int:
    """The fiscal year that a day lies in, named for the calendar year in which it ends."""
    return day.year if fiscal_start_month == 1 or day.month < fiscal_start_month else day.year + 1


def find(text: str, periods: Sequence[Period], fiscal_start_month: int, metric_id: str) -> Period:
    """The period of the given name among those that a metric has.

    Raises:
        ConfigurationError: the metric has no such period; the sentence lists what it has.
    """
    named = {label(period, fiscal_start_month): period for period in sorted(periods)}
    wanted = _normal(text)
    if wanted in named:
        return named[wanted]
    close = difflib.get_close_matches(wanted, named, n=1, cutoff=0.75)
    same_quarter = f"trailing-{wanted}"
    suggestion = same_quarter if same_quarter in named else close[0] if close else ""
    do = f"Did you mean {suggestion}?" if suggestion else "Choose one of these."
    raise ConfigurationError(f"{metric_id} has no period {text!r}; it has {_ranges(named)}.", do)


def _normal(text: str) -> str:
    plain = text.strip().lower().replace(" ", "-")
    if plain in ("as-of", "as_of", "asof"):
        return "as-of"
    trailing = re.fullmatch(r"(?:trailing(?:_4q)?[-/](.+))|(?:(.+)[-/]trailing(?:_4q)?)", plain)
    inner = (trailing[1] or trailing[2]) if trailing else plain
    quarter = re.fullmatch(r"(?:fy)?(\d{4})-?q([1-4])", inner)
    if quarter:
        inner = f"{quarter[1]}-Q{quarter[2]}"
    year = re.fullmatch(r"(?:fy)?(\d{4})", inner)
    if year:
        inner = year[1]
    return f"trailing-{inner}" if trailing else inner


def _ranges(named: dict[str, Period]) -> str:
    by_grain: dict[str, list[str]] = {}
    for name, period in named.items():
        by_grain.setdefault(period.grain, []).append(name)
    grains = sorted(
        by_grain, key=lambda grain: _GRAIN_ORDER.index(grain) if grain in _GRAIN_ORDER else len(_GRAIN_ORDER)
    )
    parts = [by_grain[g][0] if len(by_grain[g]) == 1 else f"{by_grain[g][0]} to {by_grain[g][-1]}" for g in grains]
    return ", ".join(parts) or "none"
