"""DuckDB as the lake's Parquet reader and writer: private, in memory, bounded, in UTC."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import duckdb

from partnerops_pipeline.errors import ResourceExhausted, is_disk_full

_T = TypeVar("_T")

MEMORY = "128MB"
"""Beyond it DuckDB spills to disk, so that memory does not grow with the table."""

_MEMORY_TO_COUNT = "64MB"
"""Enough to count the keys of any table: five million peak 80 MB above the process."""
_MEMORY_OF_WIDE_ROWS = "2GB"
"""DuckDB works on 2,048 rows at a time: 200 MB where each holds 100 KB of text. Such rows are worth more memory."""

PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480, ROW_GROUP_SIZE_BYTES '16MB'"
"""A writer holds a row group in memory: of 30 columns 56 MB with 20,480 rows, 108 MB with DuckDB's own 122,880."""

_idle: defaultdict[int, deque[duckdb.DuckDBPyConnection]] = defaultdict(deque)
"""DuckDB instances that nobody uses now, by process. Making one takes 15 ms of CPU, and a run over twenty objects would
make sixty. A forked child never takes its parent's: their threads did not come with it."""


@contextmanager
def open_duck(spill: Path, threads: int = 2, memory: str = MEMORY) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for one job, with an instance of DuckDB to itself; what it makes there ends with it.

    Args:
        spill: a folder that DuckDB may fill; it appears only when memory runs short.
        memory: what DuckDB may hold at a time.

    Raises:
        ResourceExhausted: the disk is full or memory does not suffice even with the disk's help.
    """
    waiting = _idle[os.getpid()]
    try:
        instance = waiting.pop()
    except IndexError:
        instance = duckdb.connect(config={"threads": 1, "preserve_insertion_order": False})
    connection = instance.cursor()
    try:
        connection.execute(f"SET threads = {threads}")
        connection.execute(f"SET memory_limit = {text(memory)}")
        connection.execute(f"SET temp_directory = {text(str(spill))}")
        # Not while connecting: the zones are not loaded yet then (duckdb 2.0).
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("ATTACH ':memory:' AS job")
        connection.execute("USE job")
        with full_disk_is_said(spill.parent):
            yield connection
    finally:
        if _is_as_before(connection, spill):
            waiting.append(instance)
        else:
            instance.close()
        shutil.rmtree(spill, ignore_errors=True)


def _is_as_before(connection: duckdb.DuckDBPyConnection, spill: Path) -> bool:
    """Drop whatever the job made; whether another job may have the instance. One that has spilled keeps to its folder
    and may not."""
    try:
        connection.execute("USE memory")
        connection.execute("DETACH job")
    except duckdb.Error:
        return False
    finally:
        connection.close()
    return not spill.exists()


@contextmanager
def less_memory(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """For work on a column or two, which spills early without becoming slower."""
    before = connection.execute("SELECT current_setting('memory_limit')").fetchone() or (MEMORY,)
    connection.execute(f"SET memory_limit = {text(_MEMORY_TO_COUNT)}")
    try:
        yield
    finally:
        connection.execute(f"SET memory_limit = {text(str(before[0]))}")


def with_room_for_wide_rows(connection: duckdb.DuckDBPyConnection, work: Callable[[], _T]) -> _T:
    """Do work that can be repeated; where a few rows alone take more memory than was meant, once more with plenty."""
    try:
        return work()
    except duckdb.OutOfMemoryException:
        connection.execute(f"SET memory_limit = {text(_MEMORY_OF_WIDE_ROWS)}")
        return work()


@contextmanager
def full_disk_is_said(folder: Path) -> Iterator[None]:
    """Turn "no space left" of DuckDB, delta-rs or the operating system into the one sentence about it."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        if is_disk_full(error):
            raise full_disk(folder) from None
        if isinstance(error, duckdb.OutOfMemoryException):
            raise ResourceExhausted(
                f"Memory does not suffice to work on {folder}: {str(error).splitlines()[0]}.",
                "End other programs and run again; the lake is untouched.",
            ) from None
        raise


def full_disk(folder: Path) -> ResourceExhausted:
    """The sentence for a full disk, with what is free there."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(existing).free // (1024 * 1024)
    return ResourceExhausted(
        f"The disk that holds {folder} is full ({free} MB free).",
        "Make room and run again; what was stored before is whole.",
    )


def name(column: str) -> str:
    """An identifier in SQL."""
    return '"' + column.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string literal in SQL."""
    return "'" + value.replace("'", "''") + "'"


def instant(moment: datetime) -> str:
    """A TIMESTAMPTZ literal in SQL, to the microsecond."""
    return f"TIMESTAMPTZ {text(moment.astimezone(UTC).isoformat())}"


def read_parquet(files: Sequence[Path | str]) -> str:
    """A table function over exactly these files. A file that lacks a column gives NULL.

    Names with glob characters are taken literally: DuckDB would otherwise expand `[` and `*` of a folder's name.
    """
    listed = ", ".join(text(_no_glob(str(file))) for file in files)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"


def _no_glob(path: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)


def cast(column: str, kind: str, wanted: str) -> str:
    """An expression of `column`, of type `kind`, as `wanted`; instants as text look as Salesforce writes them."""
    if kind == wanted:
        return name(column)
    if kind == "TIMESTAMPTZ" and wanted == "VARCHAR":
        return f"strftime({name(column)} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ')"
    return f"CAST({name(column)} AS {wanted})"
