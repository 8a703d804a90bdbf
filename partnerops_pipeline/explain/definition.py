"""What a metric is: the row of `meta.metric_definitions` that dbt published with the numbers themselves."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import duckdb

from partnerops_pipeline.errors import ConfigurationError


@dataclass(frozen=True)
class Definition:
    """One metric: `unit` is ratio, money, count …; `aggregation` says how lines become the number."""

    metric_id: str
    title: str
    definition: str
    unit: str
    aggregation: str


def read_definition(connection: duckdb.DuckDBPyConnection, metric_id: str) -> Definition:
    """The definition of a metric of the release.

    Raises:
        ConfigurationError: the release has no such metric; close names are offered, then all.
    """
    rows = connection.execute(
        "select metric_id, title, definition, unit, aggregation from meta.metric_definitions order by metric_id"
    ).fetchall()
    known = {row[0]: Definition(*row) for row in rows}
    if metric_id not in known:
        close = difflib.get_close_matches(metric_id, known, n=1, cutoff=0.6)
        do = f"Did you mean {close[0]}?" if close else f"There are {', '.join(known)}."
        raise ConfigurationError(f"There is no metric {metric_id!r} in this release.", do)
    return known[metric_id]
