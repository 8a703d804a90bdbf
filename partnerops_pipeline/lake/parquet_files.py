"""Parquet files on their way into a table: what they hold, and how the Delta log describes them."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from deltalake.transaction import AddAction

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import normal_type

_LONGEST_STATISTIC = 64
"""Longer texts are left out: Parquet writers may cut them, and a cut maximum is no maximum."""


@dataclass(frozen=True)
class ParquetFile:
    """What the footer of a Parquet file says: its rows and its columns' DuckDB types by name."""

    path: Path
    rows: int
    types: dict[str, str]


def inspect(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> list[ParquetFile]:
    """Read the footers.

    Raises:
        BadData: a file is missing or is not Parquet, or has a column of a type that the lake does not store.
    """
    return [_inspect(connection, file) for file in files]


def _inspect(connection: duckdb.DuckDBPyConnection, file: Path) -> ParquetFile:
    source = duck.read_parquet([file])
    try:
        rows = connection.execute(f"SELECT count(*) FROM {source}").fetchone()
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        return ParquetFile(
            file, int(rows[0]) if rows else 0, {str(row[0]): normal_type(str(row[1])) for row in described}
        )
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise BadData(f"{file} is not a readable Parquet file: {str(error).splitlines()[0]}", "Run again.") from None
    except ValueError as error:
        raise BadData(f"{file} cannot go into the lake: {error}", "Type that column when staging it.") from None


def new_name(batch_id: str) -> str:
    """A file name that no other commit uses, telling its batch to people who look into the folder."""
    return f"{re.sub(r'[^A-Za-z0-9_-]', '-', batch_id)[:60]}-{uuid.uuid4().hex}.parquet"


def sync(files: Sequence[Path]) -> None:
    """Bring files and their folder to the disk, so that the log never names a file that a power cut took."""
    for path in [*files, *{file.parent for file in files}]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def add_actions(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    with_range: Collection[str],
    *,
    data_change: bool = True,
) -> list[AddAction]:
    """Describe finished files to Delta: rows, and NULLs, least and greatest value of the columns `with_range`."""
    if not files:
        return []
    return [_add_action(connection, file, with_range, data_change) for file in files]


def _add_action(
    connection: duckdb.DuckDBPyConnection, file: Path, with_range: Collection[str], data_change: bool
) -> AddAction:
    named = duck.text(str(file))
    types = {
        str(n): str(t)
        for n, t in connection.execute(
            f"SELECT name, duckdb_type FROM parquet_schema({named}) WHERE column_id > 0"
        ).fetchall()
    }
    # Only what is asked for, and the rows with it: a table of 30 columns and 49 row groups has 1,700 such lines.
    wanted = ", ".join(duck.text(column) for column in with_range)
    groups = connection.execute(
        f"""SELECT path_in_schema, stats_min_value, stats_max_value, stats_null_count,
                   coalesce(min_is_exact, true) AND coalesce(max_is_exact, true), row_group_id, row_group_num_rows
            FROM parquet_metadata({named}) WHERE column_id = 0 OR path_in_schema IN ({wanted})"""
    ).fetchall()
    nulls: dict[str, int] = {}
    least: dict[str, str | int] = {}
    greatest: dict[str, str | int] = {}
    for column in with_range:
        own = [group for group in groups if group[0] == column]
        if not own or any(group[3] is None for group in own):
            continue
        nulls[column] = sum(int(group[3]) for group in own)
        filled = [group for group in own if group[1] is not None and group[2] is not None]
        if len(filled) == len(own) and all(group[4] for group in own):
            lows = [_statistic(str(group[1]), types.get(column, "")) for group in filled]
            highs = [_statistic(str(group[2]), types.get(column, "")) for group in filled]
            if all(value is not None for value in lows + highs):
                least[column] = min(lows)  # type: ignore[type-var,assignment]
                greatest[column] = max(highs)  # type: ignore[type-var,assignment]
    statistics = {
        "numRecords": sum({int(group[5]): int(group[6]) for group in groups}.values()),
        "minValues": least,
        "maxValues": greatest,
        "nullCount": nulls,
    }
    about = file.stat()
    return AddAction(file.name, about.st_size, {}, int(about.st_mtime * 1000), data_change, json.dumps(statistics))


def _statistic(value: str, kind: str) -> str | int | None:
    """A value as Delta's statistics write it (they sort as the values do); None where it is not to be trusted."""
    if kind == "VARCHAR":
        return value if len(value) <= _LONGEST_STATISTIC else None
    if kind == "TIMESTAMP WITH TIME ZONE":
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:  # a year beyond Python's
            return None
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    if kind == "BIGINT":
        return int(value)
    return value if kind == "DATE" else None
