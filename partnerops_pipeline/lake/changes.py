"""Which rows of a batch are news: SQL over the staged files and the table's live files.

A staged row is dropped if it equals the newest stored row of the same key and the same order value. Where the
order (for instance SystemModstamp) stands still, that is the key's current version; where a source delivers an
old version late, the rule still stores it only once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import META, META_NAMES, Column
from partnerops_pipeline.lake.parquet_files import ParquetFile

_COMPARED_META = ("_is_deleted", "_deleted_kind")
_ROUNDED = timedelta(milliseconds=1)
"""By so much may the log's moments be off: Delta's writers keep milliseconds."""
_FEW = 100_000
"""Rows of a batch up to which the lake's rows are first narrowed to the batch's keys; a larger batch is compared in one
grouping over both, which spills to disk where a join of that size ran out of memory."""


@dataclass(frozen=True)
class Staged:
    """Files of one batch. `types` holds the columns that the files have, META ones too if they are there."""

    files: Sequence[ParquetFile]
    key: Sequence[str]
    order_by: Sequence[str]
    batch_id: str
    extracted_at: datetime
    committed_at: datetime

    @property
    def types(self) -> dict[str, str]:
        return {name: kind for file in self.files for name, kind in file.types.items()}

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def source(self) -> str:
        return duck.read_parquet([file.path for file in self.files])


@dataclass(frozen=True)
class StoredFile:
    """A live file, with the least and greatest moment of its columns as far as its commit recorded them."""

    path: Path
    moments: Mapping[str, tuple[datetime, datetime]]

    def may_hold(self, bounds: Mapping[str, tuple[str, str]]) -> bool:
        """Whether a row of it can have an order value within the bounds; a file that cannot need not be opened."""
        for name in bounds.keys() & self.moments.keys():
            low, high = self.moments[name]
            try:
                least, greatest = (datetime.fromisoformat(bound) for bound in bounds[name])
            except ValueError:  # years beyond Python's
                continue
            if high + _ROUNDED < least or low - _ROUNDED > greatest:
                return False
        return True


def count_keys(connection: duckdb.DuckDBPyConnection, staged: Staged, table: str) -> int:
    """The distinct keys of the batch.

    Raises:
        BadData: a row has no key; without one, versions of a record cannot be told apart.
    """
    keys = [duck.name(column) for column in staged.key]
    listed, empty = ", ".join(keys), " OR ".join(f"{key} IS NULL" for key in keys)
    few = staged.rows <= _FEW
    distinct = f"count(DISTINCT ({listed}))" if few else "0"  # few are counted in one go: 1 ms of CPU instead of 4
    without, found = _numbers(connection, f"SELECT count(*) FILTER (WHERE {empty}), {distinct} FROM {staged.source}")
    if without:
        raise BadData(
            f"{without} rows for the lake table {table} have no {' and '.join(staged.key)}, which tells records apart.",
            "Mend them at the source; nothing of the batch was stored.",
        )
    if few:
        return found
    # As many hashes as rows prove as many keys; fewer may be a collision and prove nothing. Of five million ids the
    # hashes take 0.6 s of CPU and spill at 64 MB, the ids themselves 1.4 s and 150 MB.
    with duck.less_memory(connection):
        for what in (f"hash({listed})", listed):
            [found] = _numbers(connection, f"SELECT count(*) FROM (SELECT DISTINCT {what} FROM {staged.source})")
            if found == staged.rows:
                break
    return found


def _numbers(connection: duckdb.DuckDBPyConnection, query: str) -> list[int]:
    return [int(one) for one in connection.execute(query).fetchone() or ()]


def write_news(
    connection: duckdb.DuckDBPyConnection,
    staged: Staged,
    columns: Sequence[Column],
    *,
    has_duplicates: bool,
    stored: Sequence[StoredFile],
    bring: Callable[[Sequence[str]], None],
    compare_ignore: Collection[str],
    target: Path,
) -> int:
    """Write the rows that are news to `target`, complete with META columns; returns how many.

    Args:
        columns: the table's business columns in their final types.
        has_duplicates: a key occurs twice in the batch; the greatest order wins, then the greatest values, so that the
            choice depends on the rows and not on their sequence.
        stored: the table's live files; none on a first load.
        bring: makes those that are read, by name, present on this machine.
        compare_ignore: columns whose change alone is no new version.
    """
    batch = _batch(staged, columns, has_duplicates)
    bounds = _bounds(connection, staged, columns) if stored and staged.rows <= _FEW else {}
    stored = [file for file in stored if file.may_hold(bounds)]
    if not stored:
        return _copy(connection, batch, target)
    bring([file.path.name for file in stored])
    present = _present(connection, [file.path for file in stored])
    identity = [*staged.key, *(name for name in staged.order_by if name not in staged.key and name in present)]
    compared = [
        column
        for column in [*columns, *META]
        if column.name in _COMPARED_META
        or (column.name in staged.types and column.name not in META_NAMES and column.name not in compare_ignore)
    ]
    listed = ", ".join(duck.name(column) for column in identity)
    lake = duck.read_parquet([file.path for file in stored])
    arrived_print = _fingerprint([duck.name(column.name) for column in compared])
    held_print = _fingerprint([_stored(column, present) for column in compared])
    only_these = ""
    if staged.rows <= _FEW:
        within = _within_the_order(bounds, columns, present)
        only_these = f"SEMI JOIN ({batch}) b ON {_same('b', 's', identity)} {within}"
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE news AS
            SELECT {listed}
            FROM (SELECT {listed}, {arrived_print} AS arrived, NULL AS held, NULL AS held_since FROM ({batch})
                  UNION ALL
                  SELECT {listed}, NULL, {held_print}, _committed_at FROM {lake} s {only_these})
            GROUP BY {listed}
            HAVING max(arrived) IS NOT NULL AND max(arrived) IS DISTINCT FROM arg_max(held, held_since)"""
    )
    found = connection.execute("SELECT count(*) FROM news").fetchone()
    news = int(found[0]) if found else 0
    if news == 0:
        return 0
    if news == staged.rows:
        return _copy(connection, batch, target)
    return _copy(connection, f"SELECT b.* FROM ({batch}) b SEMI JOIN news n ON {_same('n', 'b', identity)}", target)


def _bounds(
    connection: duckdb.DuckDBPyConnection, staged: Staged, columns: Sequence[Column]
) -> dict[str, tuple[str, str]]:
    """Least and greatest order value of the batch as text; none where a row has no value."""
    kinds = {column.name: column.type for column in columns}
    found = {}
    for name in staged.order_by:
        if name not in kinds or name not in staged.types:
            continue
        value = f"CAST({duck.name(name)} AS {kinds[name]})"
        row = connection.execute(
            f"SELECT min({value})::VARCHAR, max({value})::VARCHAR, count(*) - count({value}) FROM {staged.source}"
        ).fetchone()
        if row and row[0] is not None and not row[2]:
            found[name] = (str(row[0]), str(row[1]))
    return found


def _within_the_order(
    bounds: Mapping[str, tuple[str, str]], columns: Sequence[Column], present: Collection[str]
) -> str:
    """The batch's range of order values as a filter with constants, by which DuckDB skips row groups of older versions.

    An increment's stamps are all recent: of a million stored records none is then read (0.1 s of CPU saved for each
    300,000).
    """
    kinds = {column.name: column.type for column in columns}
    parts = []
    for name, (least, greatest) in bounds.items():
        if name in present:
            low, high = (f"CAST({duck.text(bound)} AS {kinds[name]})" for bound in (least, greatest))
            parts.append(f"s.{duck.name(name)} BETWEEN {low} AND {high}")
    return f"WHERE {' AND '.join(parts)}" if parts else ""


def _fingerprint(expressions: Sequence[str]) -> str:
    """128 bits of a row's compared values.

    Rows are compared by it because a join over all columns of a million rows needs more memory than it may have (over
    200 MB; by fingerprint it stays within). Two rows that differ agree in it with a probability below 10^-18.
    """
    values = ", ".join(expressions)
    return f"(hash({values})::UHUGEINT * 18446744073709551616::UHUGEINT + hash('other half', {values})::UHUGEINT)"


def _stored(column: Column, present: Collection[str]) -> str:
    if column.name not in present:
        return f"CAST(NULL AS {column.type})"
    return duck.name(column.name)


def _present(connection: duckdb.DuckDBPyConnection, stored: Sequence[Path]) -> set[str]:
    """The columns that at least one file has; a column of the schema may be in none yet."""
    return {str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {duck.read_parquet(stored)}").fetchall()}


def _same(one: str, other: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{one}.{duck.name(c)} IS NOT DISTINCT FROM {other}.{duck.name(c)}" for c in columns)


def _batch(staged: Staged, columns: Sequence[Column], has_duplicates: bool) -> str:
    types = staged.types
    chosen = [_expression(column, types) for column in columns] + [_meta(column, types, staged) for column in META]
    query = f"SELECT {', '.join(chosen)} FROM {staged.source}"
    if not has_duplicates:
        return query
    key = ", ".join(duck.name(column) for column in staged.key)
    ranked = [*staged.order_by, *(c.name for c in columns if c.name not in staged.order_by), *_COMPARED_META]
    order = ", ".join(f"{duck.name(column)} DESC NULLS LAST" for column in ranked)
    return f"SELECT * FROM ({query}) QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {order}) = 1"


def _expression(column: Column, types: Mapping[str, str]) -> str:
    if column.name not in types:
        return f"CAST(NULL AS {column.type}) AS {duck.name(column.name)}"
    return f"{duck.cast(column.name, types[column.name], column.type)} AS {duck.name(column.name)}"


def _meta(column: Column, types: Mapping[str, str], staged: Staged) -> str:
    """Batch and commit are what this commit says, whatever the files claim; deletion is what the files say."""
    fixed = {
        "_batch_id": duck.text(staged.batch_id),
        "_extracted_at": duck.instant(staged.extracted_at),
        "_committed_at": duck.instant(staged.committed_at),
    }
    if column.name in fixed:
        return f"{fixed[column.name]} AS {column.name}"
    if column.name in types:
        return f"coalesce({column.name}, false) AS {column.name}" if column.name == "_is_deleted" else column.name
    return f"CAST({'false' if column.name == '_is_deleted' else 'NULL'} AS {column.type}) AS {column.name}"


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> int:
    copied = connection.execute(f"COPY ({query}) TO {duck.text(str(target))} ({duck.PARQUET})").fetchone()
    return int(copied[0]) if copied else 0
