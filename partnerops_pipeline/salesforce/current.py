"""The lake's current records of one object beside what the org says now: SQL over the lake's files.

The current version of a record has the greatest (stamp, commit, batch), as everywhere in the lake. Wide rows are only
read for the records that change; all else works on ids, so that memory stays flat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.arrays import arrow_array
from partnerops_pipeline.lake.columns import META_NAMES, Column
from partnerops_pipeline.lake.table import LakeTable

DELETED_AT = "_deleted_at"
"""Lake column with the time of a deletion that left no record behind; NULL otherwise."""
GONE = ("hard", "purge")
"""`_deleted_kind` of records that the org no longer has: deleted for good, or emptied from the Recycle Bin."""

_MEMORY = "64MB"
"""With it and one thread the comparison of five million ids peaks 142 MB above the process; with 128 MB it is 205 MB,
and no faster."""
_BEGINNING = "TIMESTAMPTZ '0001-01-01'"
_MICROSECONDS = 1 << 62
"""More than any moment has since 1970."""
_GONE_SQL = ", ".join(duck.text(kind) for kind in GONE)


class CurrentRecords:
    """A DuckDB connection with the temp table `present`: id, stamp, version and deletion of each current record."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, files: Sequence[str], columns: Sequence[Column], stamp: str | None
    ) -> None:
        self.connection = connection
        self.columns = [column for column in columns if column.name not in META_NAMES]
        self._lake = _with_all_columns(connection, files, columns) if files else _no_rows(columns)
        self._types = {column.name: column.type for column in self.columns}
        self._stamp = stamp if stamp in self._types else None

    def give(self, found: Mapping[str, datetime]) -> None:
        """Fill the temp table `given` with ids and their moments."""
        moments = arrow_array(list(found.values()), "TIMESTAMPTZ")
        self.connection.register("given_rows", pa.table({"id": arrow_array(list(found), "VARCHAR"), "moment": moments}))
        self.connection.execute("CREATE OR REPLACE TEMP TABLE given AS SELECT * FROM given_rows")
        self.connection.unregister("given_rows")

    def load(self, *, only_given: bool = False, also: Sequence[str] = ()) -> None:
        """Fill `present`, with all records or those in `given`; `also`: further columns."""
        stamp = duck.name(self._stamp) if self._stamp else "CAST(NULL AS TIMESTAMPTZ)"
        kept = {"id": "Id", "stamp": stamp, "committed": "_committed_at", "batch": "_batch_id"}
        kept |= {"deleted": "_is_deleted", "kind": "_deleted_kind"} | {name: duck.name(name) for name in also}
        chosen = ", ".join(f"{expression} AS {duck.name(name)}" for name, expression in kept.items())
        where = "WHERE Id IN (SELECT id FROM given)" if only_given else ""
        # One number per version, since max() of it spills to disk where max_by() of a record does not; of a million
        # records this takes 0.9 s of CPU instead of 2.4 s.
        rank = f"epoch_us(coalesce({stamp}, {_BEGINNING}))::HUGEINT * {_MICROSECONDS} + epoch_us(_committed_at)"
        self.connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE present AS
                WITH versions AS (SELECT {chosen}, {rank} AS _rank FROM {self._lake} {where})
                SELECT v.* EXCLUDE (_rank), coalesce(v.kind IN ({_GONE_SQL}), false) AS gone
                FROM versions v SEMI JOIN (SELECT id, max(_rank) AS _rank FROM versions GROUP BY id) newest
                ON v.id = newest.id AND v._rank = newest._rank"""
        )

    def write_versions(self, changes: str, target: Path, replaced: Mapping[str, str]) -> int:
        """Write new versions of records to a Parquet file; returns how many.

        Args:
            changes: a relation with id, committed and batch of the versions to copy, and the new values.
            replaced: column -> expression over `c` (the relation) that takes its place.
        """
        kept = [column for column in [*self.columns] if column.name not in replaced]
        chosen = [f"l.{duck.name(column.name)}" for column in kept]
        for meta in ("_is_deleted", "_deleted_kind"):
            if meta not in replaced:
                chosen.append(f"l.{meta}")
        chosen += [f"{expression} AS {duck.name(name)}" for name, expression in replaced.items()]
        query = f"""SELECT {", ".join(chosen)} FROM {self._lake} l JOIN ({changes}) c
                    ON l.Id = c.id AND l._committed_at = c.committed AND l._batch_id = c.batch"""
        statement = f"COPY ({query}) TO {duck.text(str(target))} ({duck.PARQUET})"
        copied = duck.with_room_for_wide_rows(self.connection, lambda: self.connection.execute(statement).fetchone())
        return int(copied[0]) if copied else 0

    def type_of(self, name: str) -> str:
        return self._types[name]

    def ids(self, query: str) -> list[str]:
        return [str(row[0]) for row in self.connection.execute(query).fetchall()]


def _no_rows(columns: Sequence[Column]) -> str:
    """A table that was created and never got a row has no file to read."""
    typed = ", ".join(f"CAST(NULL AS {column.type}) AS {duck.name(column.name)}" for column in columns)
    return f"(SELECT {typed} WHERE false)"


def _with_all_columns(connection: duckdb.DuckDBPyConnection, files: Sequence[str], columns: Sequence[Column]) -> str:
    """The files' rows; a column of the table that is in no file yet, because nobody had a value, is NULL."""
    lake = duck.read_parquet(files)
    present = {str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {lake}").fetchall()}
    empty = [f"CAST(NULL AS {one.type}) AS {duck.name(one.name)}" for one in columns if one.name not in present]
    return f"(SELECT *, {', '.join(empty)} FROM {lake})" if empty else lake


def count_new(table: LakeTable, staged: Sequence[Path], held: Sequence[Path]) -> int:
    """How many records of the staged files are in none of the table's files as they were before."""
    batch = duck.read_parquet(staged)
    known = f"SELECT count(DISTINCT b.Id) FROM {duck.read_parquet(held)} l JOIN {batch} b USING (Id)" if held else "0"
    # One thread takes 40 ms for a million ids, two take 60.
    with duck.open_duck(table.folder / ".scratch-count", threads=1) as connection:
        found = connection.execute(f"SELECT (SELECT count(DISTINCT Id) FROM {batch}) - ({known})").fetchone()
    return int(found[0]) if found else 0


@contextmanager
def current_records(table: LakeTable, stamp: str | None) -> Iterator[CurrentRecords]:
    """The current records of a table that exists."""
    contents = table.contents()
    with duck.open_duck(table.folder / ".scratch-current", threads=1) as connection:
        connection.execute(f"SET memory_limit = {duck.text(_MEMORY)}")
        yield CurrentRecords(connection, contents.files, contents.columns, stamp)
