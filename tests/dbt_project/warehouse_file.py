"""A DuckDB file as bind leaves it, but with tables in place of views, so that a test can write records into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.orchestration.promised_tables import promised_tables
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.internal_sources import INTERNAL_SOURCES
from partnerops_pipeline.warehouse.views import BoundColumn, shown_type

COMMITTED_AT = datetime.fromisoformat("2026-07-01T01:00:00")
"""Naive, as the warehouse shows UTC."""
_META = (
    ("_batch_id", "VARCHAR"),
    ("_extracted_at", "TIMESTAMPTZ"),
    ("_committed_at", "TIMESTAMPTZ"),
    ("_is_deleted", "BOOLEAN"),
    ("_deleted_kind", "VARCHAR"),
)


def promised_columns() -> dict[str, list[BoundColumn]]:
    """What models may rely on of every lake table, with the shipped objects and profiles."""
    return promised_tables(Settings())


def make_warehouse(path: Path, as_of: date, *, reporting_time_zone: str = "UTC") -> None:
    """Every table that models may read, empty, the clock, and a binding in which Salesforce has been read."""
    promised: dict[str, list[tuple[str, str]]] = {
        table: [(column[1], column[2]) for column in columns]
        for table, columns in {**INTERNAL_SOURCES, **promised_columns()}.items()
    }
    with duckdb.connect(str(path)) as warehouse:
        warehouse.execute("create schema meta")
        warehouse.execute("create table meta.clock (as_of date, known_at timestamp, reporting_time_zone varchar)")
        warehouse.execute("insert into meta.clock values (?, null, ?)", [as_of, reporting_time_zone])
        warehouse.execute("create table meta.binding (binding_id varchar, path varchar, version bigint, rows bigint)")
        warehouse.executemany(
            "insert into meta.binding values ('made by a test', ?, ?, 0)",
            [[table, 0 if table.startswith("salesforce/") else None] for table in promised],
        )
        for table, columns in promised.items():
            schema, name = table.split("/")
            known = {column for column, _ in columns}
            listed = ", ".join(
                f'"{column}" {shown_type(kind)}'
                for column, kind in [*columns, *(meta for meta in _META if meta[0] not in known)]
            )
            warehouse.execute(f"create schema if not exists {schema}; create table {schema}.{name} ({listed})")


def insert(path: Path, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add record versions to a table such as `salesforce.lead`; what a row does not name is NULL, but its commit."""
    alike: dict[tuple[str, ...], list[list[Any]]] = {}
    for row in rows:
        values = {"_committed_at": COMMITTED_AT, "_batch_id": "b1", **row}
        alike.setdefault(tuple(values), []).append(list(values.values()))
    with duckdb.connect(str(path)) as warehouse:
        for columns, records in alike.items():
            names = ", ".join(f'"{name}"' for name in columns)
            marks = f"({', '.join('?' for _ in columns)})"
            for start in range(0, len(records), 100):  # one by one, 2,500 records take 4 s
                part = records[start : start + 100]
                warehouse.execute(
                    f"insert into {table} ({names}) values {', '.join([marks] * len(part))}",
                    [value for record in part for value in record],
                )
