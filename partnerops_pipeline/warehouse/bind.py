"""Binding: the warehouse sees the lake as it was at one state of knowledge, and which day it is.

Views are made over exactly the live files of each table, so a commit or a compaction after the binding changes nothing
that a model sees. The day and the state of knowledge are a one-row table, so that a new day needs no new dbt parse.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.lake.table import Contents
from partnerops_pipeline.warehouse.connection import connect, translate
from partnerops_pipeline.warehouse.errors import ImpossibleAsOf
from partnerops_pipeline.warehouse.internal_sources import INTERNAL_SOURCES, PAST
from partnerops_pipeline.warehouse.views import BoundColumn, columns_of_view, select

_ROUNDED = timedelta(milliseconds=1)
"""By so much may the log's moments be off: Delta's writers keep milliseconds."""
_EARLIEST = date(1990, 1, 1)
"""No partner programme's records reach further back; an as-of date before it is a slip of the pen."""


@dataclass(frozen=True)
class BoundSource:
    """One bound view: the lake path, its schema and name in the warehouse, and what the lake had.

    `version` is None where nobody has written the table yet. `rows` are the record versions visible at this state of
    knowledge, `watermark` and `extracted_at` (UTC) how far the source has been read.
    """

    path: str
    schema: str
    name: str
    version: int | None
    files: int
    rows: int
    watermark: datetime | None
    extracted_at: datetime | None


@dataclass(frozen=True)
class Binding:
    """What the warehouse is bound to. Equal `binding_id`, equal rows in every view but those of the ledgers."""

    binding_id: str
    as_of: date
    known_at: datetime | None
    reporting_time_zone: str
    sources: tuple[BoundSource, ...]


@dataclass(frozen=True)
class _View:
    source: BoundSource
    query: str
    identity: list[object]


def bind(
    lake: Lake,
    warehouse_path: Path,
    contracts: Mapping[str, Sequence[BoundColumn | tuple[str, str, str]]],
    *,
    as_of: date,
    known_at: datetime | None = None,
    reporting_time_zone: str = "UTC",
) -> Binding:
    """Make a view `<source>.<table>` for every contract and lake table, and `meta.clock` and `meta.binding`.

    All in one transaction: a process that dies leaves the binding before. Views that are bound no longer are dropped.

    Args:
        contracts: what models rely on, by lake path; absent columns are typed NULLs, an absent table is a typed
            empty view.
        as_of: the day for which the numbers stand.
        known_at: only rows committed until then; UTC-aware. None = all.
        reporting_time_zone: in which days and periods are cut; an IANA name.

    Raises:
        ImpossibleAsOf: before 1990, or more than a day after the lake's latest extraction; known_at before anything
            was known.
        ConfigurationError: known_at without a zone; two columns with one name.
        WarehouseLocked, ResourceExhausted, UnreadableTable.
    """
    _refuse_impossible(as_of, known_at)
    promised = {**INTERNAL_SOURCES, **contracts}
    contents = lake.contents(sorted({*promised, *lake.tables()}))
    _refuse_unknowable(as_of, known_at, contents)
    with closing(connect(warehouse_path)) as warehouse:
        try:
            views = [_view(warehouse, path, promised.get(path, ()), held, known_at) for path, held in contents.items()]
            identity = [
                [view.identity for view in views if view.source.path not in PAST],
                known_at.isoformat() if known_at else None,
                reporting_time_zone,
            ]
            binding_id = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
            binding = Binding(
                binding_id, as_of, _utc(known_at), reporting_time_zone, tuple(view.source for view in views)
            )
            _write(warehouse, binding, views)
        except (duckdb.Error, OSError) as error:
            raise translate(error, warehouse_path) or error from None
    return binding


def read_binding(warehouse_path: Path) -> Binding | None:
    """What the warehouse is bound to now; None where there is no warehouse or nothing was bound.

    Raises:
        WarehouseLocked: a writer has the file open.
    """
    if not warehouse_path.exists():
        return None
    with closing(connect(warehouse_path, read_only=True)) as warehouse:
        try:
            clock = warehouse.execute("SELECT as_of, known_at, reporting_time_zone FROM meta.clock").fetchone()
            bound = warehouse.execute(
                """SELECT binding_id, path, schema_name, table_name, version, files, rows, watermark, extracted_at
                   FROM meta.binding ORDER BY path"""
            ).fetchall()
        except duckdb.CatalogException:
            return None
    if clock is None or not bound:
        return None
    sources = tuple(_source(row) for row in bound)
    return Binding(str(bound[0][0]), clock[0], _utc(clock[1]), str(clock[2]), sources)


def _source(row: tuple[Any, ...]) -> BoundSource:
    _, path, schema, name, version, files, rows, watermark, extracted_at = row
    return BoundSource(path, schema, name, version, files, rows, _utc(watermark), _utc(extracted_at))


def _refuse_impossible(as_of: date, known_at: datetime | None) -> None:
    if not isinstance(as_of, date) or isinstance(as_of, datetime):
        raise ImpossibleAsOf(f"The as-of date {as_of!r} is not a date.", "Give a day like 2026-06-30.")
    if as_of < _EARLIEST:
        raise ImpossibleAsOf(
            f"The as-of date {as_of} lies before {_EARLIEST.year}.", "Give a day on which the programme ran."
        )
    if known_at is not None and known_at.tzinfo is None:
        raise ConfigurationError(
            f"The time {known_at} given as known-at has no zone.", "Write it like 2026-06-30T18:00:00Z."
        )


def _refuse_unknowable(as_of: date, known_at: datetime | None, contents: Mapping[str, Contents]) -> None:
    extracted = [held.extracted_at for held in contents.values() if held.extracted_at is not None]
    # A day more, because the day may have begun already where the report is read.
    if extracted and as_of > (latest := max(extracted).astimezone(UTC).date()) + timedelta(days=1):
        raise ImpossibleAsOf(
            f"The as-of date {as_of} lies after all that is known: the sources were last read on {latest}.",
            f"Extract first, or give a day up to {latest}.",
        )
    known_since = [held.known_since for held in contents.values() if held.known_since is not None]
    if known_at is not None and known_since and known_at < (first := min(known_since)) - _ROUNDED:
        raise ImpossibleAsOf(
            f"Nothing was known at {_second(known_at)}: the lake's first record came at {_second(first)}.",
            "Give a later time, or none for all that is known.",
        )


def _second(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _view(
    warehouse: duckdb.DuckDBPyConnection,
    path: str,
    promised: Sequence[BoundColumn | tuple[str, str, str]],
    held: Contents,
    known_at: datetime | None,
) -> _View:
    columns = columns_of_view(path, [BoundColumn(*column) for column in promised], held.columns)
    present = _present(warehouse, held)
    query = select(columns, present, held.files, known_at)
    rows = held.rows
    if known_at is not None and held.files:
        found = warehouse.execute(
            f"SELECT count(*) FROM {duck.read_parquet(held.files)} WHERE _committed_at <= {duck.instant(known_at)}"
        ).fetchone()
        rows = int(found[0]) if found else 0
    schema, name = path.split("/")
    source = BoundSource(path, schema, name, held.version, len(held.files), rows, held.watermark, held.extracted_at)
    # Names of files, not their folders: the same lake elsewhere is the same state of knowledge.
    identity: list[object] = [path, [Path(file).name for file in held.files], [list(column) for column in columns]]
    return _View(source, query, identity)


def _present(warehouse: duckdb.DuckDBPyConnection, held: Contents) -> list[Column]:
    """The columns that at least one live file has; a column that came with no row is in none."""
    if not held.files:
        return []
    described = warehouse.execute(f"DESCRIBE SELECT * FROM {duck.read_parquet(held.files)}").fetchall()
    names = {str(row[0]) for row in described}
    return [column for column in held.columns if column.name in names]


def _write(warehouse: duckdb.DuckDBPyConnection, binding: Binding, views: Sequence[_View]) -> None:
    warehouse.execute("BEGIN")
    try:
        bound_before = _bound_before(warehouse)
        for schema in sorted({view.source.schema for view in views} | {"meta"}):
            warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {duck.name(schema)}")
        for view in views:
            target = f"{duck.name(view.source.schema)}.{duck.name(view.source.name)}"
            warehouse.execute(f"CREATE OR REPLACE VIEW {target} AS {view.query}")
        _drop(warehouse, bound_before - {(view.source.schema, view.source.name) for view in views})
        warehouse.execute(
            "CREATE OR REPLACE TABLE meta.clock (as_of DATE, known_at TIMESTAMP, reporting_time_zone VARCHAR)"
        )
        warehouse.execute(
            "INSERT INTO meta.clock VALUES (?, ?, ?)",
            [binding.as_of, _naive(binding.known_at), binding.reporting_time_zone],
        )
        warehouse.execute(
            """CREATE OR REPLACE TABLE meta.binding (
                   binding_id VARCHAR, path VARCHAR, schema_name VARCHAR, table_name VARCHAR, version BIGINT,
                   files BIGINT, rows BIGINT, watermark TIMESTAMP, extracted_at TIMESTAMP)"""
        )
        warehouse.executemany(
            "INSERT INTO meta.binding VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_row(binding.binding_id, view.source) for view in views],
        )
        warehouse.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(
            duckdb.Error
        ):  # a COMMIT that failed, on a full disk for instance, has ended it already
            warehouse.execute("ROLLBACK")
        raise


def _row(binding_id: str, source: BoundSource) -> list[object]:
    counted = [source.version, source.files, source.rows]
    return [
        binding_id,
        source.path,
        source.schema,
        source.name,
        *counted,
        _naive(source.watermark),
        _naive(source.extracted_at),
    ]


def _bound_before(warehouse: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    exists = warehouse.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'meta' AND table_name = 'binding'"
    ).fetchone()
    if not exists or not exists[0]:
        return set()
    return {
        (str(row[0]), str(row[1]))
        for row in warehouse.execute("SELECT schema_name, table_name FROM meta.binding").fetchall()
    }


def _drop(warehouse: duckdb.DuckDBPyConnection, views: set[tuple[str, str]]) -> None:
    for schema, name in sorted(views):
        warehouse.execute(f"DROP VIEW IF EXISTS {duck.name(schema)}.{duck.name(name)}")
    for schema in sorted({schema for schema, _ in views}):
        left = warehouse.execute(
            """SELECT (SELECT count(*) FROM duckdb_tables() WHERE schema_name = ?)
                    + (SELECT count(*) FROM duckdb_views() WHERE schema_name = ?)""",
            [schema, schema],
        ).fetchone()
        if left == (0,):
            warehouse.execute(f"DROP SCHEMA IF EXISTS {duck.name(schema)}")


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
