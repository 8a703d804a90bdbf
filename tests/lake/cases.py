"""Small batches for the lake's tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.lake.table import Appended, LakeTable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEALS = (Column("Id", "VARCHAR"), Column("Amount", "DECIMAL(18,2)"), Column("SystemModstamp", "TIMESTAMPTZ"))


class Clock:
    """Tells noon, then a second later each time it is asked."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def deals(folder: Path) -> LakeTable:
    return Lake(str(folder), now=Clock()).table("salesforce/opportunity")


def deal(name: str, amount: str | None = "10", *, at: int = 0, **further: Any) -> dict[str, Any]:
    value = None if amount is None else Decimal(amount)
    return {"Id": name, "Amount": value, "SystemModstamp": NOON - timedelta(days=1) + timedelta(minutes=at), **further}


def add(table: LakeTable, *rows: Mapping[str, Any], columns: Sequence[Column] = DEALS, **how: Any) -> Appended:
    how = {"key": ["Id"], "order_by": ["SystemModstamp"], "batch_id": "batch", "extracted_at": NOON, **how}
    return table.append_rows(list(rows), columns=columns, **how)


def rows(table: LakeTable, what: str = "Id, Amount", where: str = "true", group: str = "") -> list[tuple[Any, ...]]:
    files = table.files()
    if not files:
        return []
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(
            f"SELECT {what} FROM read_parquet($files, union_by_name = true) WHERE {where} {group} ORDER BY ALL",
            {"files": files},
        ).fetchall()


def staged(folder: Path, query: str, name: str = "page.parquet") -> Path:
    """A Parquet file as the extraction stages it."""
    path = folder / name
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path
