"""The records behind one headline number of a release, and the proof that they make it.

Only the release's DuckDB file is read, and only for reading. The number is computed again from the lines
(`arithmetic.py`); an explanation that does not add up to the published value is refused, never shown.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.errors import BadData, ConfigurationError
from partnerops_pipeline.explain import periods, records
from partnerops_pipeline.explain.arithmetic import Recomputed, recompute
from partnerops_pipeline.explain.definition import Definition, read_definition
from partnerops_pipeline.explain.periods import Period


@dataclass(frozen=True)
class Line:
    """One record's part in the number; `details` says what decided it (bucket, rule, amount), as text by name."""

    object: str
    record_id: str
    record_url: str
    name: str
    partner_id: str
    event_date: date | None
    numerator: Decimal | None
    denominator: Decimal | None
    measure: Decimal | None
    details: Mapping[str, str]


@dataclass(frozen=True)
class Explanation:
    """A headline number with its lines; money in corporate currency, `value` as published."""

    release_id: str
    as_of: date
    definition: Definition
    period_name: str
    period: Period
    dimension: str
    dimension_value: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    n: int
    n_excluded: int
    excluded_reason: str
    lines: tuple[Line, ...]


def explain(release: Path, metric_id: str, period: str, where: Mapping[str, str] | None = None) -> Explanation:
    """The lines that a headline number is made of, in order of their effect on it.

    Args:
        release: folder of a release (resolve `current` once, so that a flip in between cannot mix two).
        metric_id: a metric of the release, `attach_rate_count` for example.
        period: a name of `periods.py`: `2026-Q2`, `2026-05`, `2026`, `trailing-2026-Q2`, `as-of`.
        where: dimension to value, `{"opportunity_type": "renewal"}`; two for a crossed dimension; nothing for all.

    Raises:
        ConfigurationError: no such metric, period, dimension or value; the sentence says which there are.
        BadData: the release cannot be read, or its lines do not add up to the number.
    """
    file = release.resolve() / "partner_marts.duckdb"
    try:
        connection = duckdb.connect(str(file), read_only=True)
    except duckdb.Error:
        raise BadData(f"{file} is missing or is not a DuckDB file.", "Publish again: partnerops run.") from None
    with connection:
        connection.execute("set TimeZone = 'UTC'")
        return _explain(connection, release.resolve().name, metric_id, period, dict(where or {}))


def _explain(
    connection: duckdb.DuckDBPyConnection, release_id: str, metric_id: str, period_text: str, where: dict[str, str]
) -> Explanation:
    definition = read_definition(connection, metric_id)
    start_month = _fiscal_start_month(connection)
    period = periods.find(period_text, _periods(connection, metric_id), start_month, metric_id)
    dimension, dimension_value = _cell(connection, metric_id, period, where)
    headline = _one(
        connection,
        "select value, numerator, denominator, n, n_excluded, excluded_reason, as_of from marts.mart_headline_metrics "
        "where metric_id = ? and period_grain = ? and period_start = ? and dimension = ? and dimension_value = ?",
        [metric_id, period.grain, period.start, dimension, dimension_value],
    )
    lines = records.lines_of(connection, definition, period, dimension, dimension_value)
    explanation = Explanation(
        release_id=release_id,
        as_of=headline["as_of"],
        definition=definition,
        period_name=periods.label(period, start_month),
        period=period,
        dimension=dimension,
        dimension_value=dimension_value,
        value=headline["value"],
        numerator=headline["numerator"],
        denominator=headline["denominator"],
        n=headline["n"],
        n_excluded=headline["n_excluded"],
        excluded_reason=headline["excluded_reason"] or "",
        lines=tuple(sorted((Line(**line) for line in lines), key=_by_effect)),
    )
    _require_equal(explanation, recompute(definition.aggregation, explanation.lines, metric_id))
    return explanation


def _by_effect(line: Line) -> tuple[Any, ...]:
    parts = (line.numerator, line.denominator, line.measure)
    return (*(-(part if part is not None else Decimal(0)) for part in parts), line.record_id, line.partner_id)


def _require_equal(published: Explanation, again: Recomputed) -> None:
    """Compare what the release publishes with what the lines give; parts that it leaves empty are not compared."""
    pairs = [("value", published.value, again.value)]
    if again.numerator is not None and published.numerator is not None:
        pairs.append(("numerator", published.numerator, again.numerator))
    if again.denominator is not None and published.denominator is not None:
        pairs.append(("denominator", published.denominator, again.denominator))
    for part, says, gives in pairs:
        if says != gives:
            cell = "" if published.dimension == "all" else f", {published.dimension} {published.dimension_value}"
            raise BadData(
                f"{published.definition.metric_id} for {published.period_name}{cell} is published with the {part} "
                f"{says}, but its {len(published.lines)} lines give {gives}.",
                f"Do not use release {published.release_id}; verify it, and report this.",
            )


def _fiscal_start_month(connection: duckdb.DuckDBPyConnection) -> int:
    """The month in which fiscal years begin, taken from the yearly rows themselves; January where there is none."""
    row = connection.execute(
        "select min(period_start) from marts.mart_headline_metrics where period_grain = 'year'"
    ).fetchone()
    return row[0].month if row and row[0] else 1


def _periods(connection: duckdb.DuckDBPyConnection, metric_id: str) -> list[Period]:
    rows = connection.execute(
        "select distinct period_grain, period_start, period_end from marts.mart_headline_metrics where metric_id = ?",
        [metric_id],
    ).fetchall()
    return [Period(*row) for row in rows]


def _cell(
    connection: duckdb.DuckDBPyConnection, metric_id: str, period: Period, where: dict[str, str]
) -> tuple[str, str]:
    """The dimension and value of the headline row that the conditions mean, in whatever order they were given."""
    rows = connection.execute(
        "select dimension, dimension_value, bool_or(period_grain = ? and period_start = ?) "
        "from marts.mart_headline_metrics where metric_id = ? group by all order by all",
        [period.grain, period.start, metric_id],
    ).fetchall()
    dimensions = list(dict.fromkeys(row[0] for row in rows))
    dimension = next((d for d in dimensions if sorted(d.split("|")) == sorted(where or ["all"])), None)
    if dimension is None:
        asked = " with ".join(where) or "all"
        raise ConfigurationError(
            f"{metric_id} has no dimension {asked}; it has {_listed(d.replace('|', ' with ') for d in dimensions)}.",
            _did_you_mean(asked, dimensions),
        )
    if not where:
        return dimension, "all"
    value = "|".join(where[part] for part in dimension.split("|"))
    values = [row[1] for row in rows if row[0] == dimension and row[2]]
    if value not in values:
        raise ConfigurationError(
            f"{metric_id} has no {dimension.replace('|', ' with ')} {value!r} in that period; "
            f"it has {_listed(values)}.",
            _did_you_mean(value, values),
        )
    return dimension, value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]}?" if close else "Choose one of these."


def _one(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any]) -> dict[str, Any]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    if len(rows) != 1:
        raise BadData(
            f"The release holds {len(rows)} headline rows for {parameters}, where there must be one.",
            "Verify the release.",
        )
    return dict(zip(names, rows[0], strict=True))
