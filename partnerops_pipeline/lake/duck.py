"""DuckDB as the lake's Parquet reader and writer: private, in memory, bounded, in UTC."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from partnerops_pipeline.errors import ResourceExhausted

MEMORY = "256MB"
"""Beyond it DuckDB spills to disk, so that memory does not grow with the table."""

PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440"

_FULL_DISK = (
    "no space left",
    "os error 28",
    "disk quota exceeded",
    "file too large",
    "os error 27",
    "max_temp_directory_size",
)
"""How DuckDB, delta-rs and the system say it."""


@contextmanager
def open_duck(spill: Path, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for one job. `spill` is a folder that DuckDB may fill; it appears only when memory runs short.

    Raises:
        ResourceExhausted: the disk is full or memory does not suffice even with the disk's help.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": MEMORY,
        "preserve_insertion_order": False,
        "temp_directory": str(spill),
    }
    connection = duckdb.connect(config=config)
    try:
        # Not as `config`: the zones are not loaded yet while connecting (duckdb 2.0).
        connection.execute("SET TimeZone = 'UTC'")
        with full_disk_is_said(spill.parent):
            yield connection
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


@contextmanager
def full_disk_is_said(folder: Path) -> Iterator[None]:
    """Turn "no space left" of DuckDB, delta-rs or the operating system into the one sentence about it."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        if is_full_disk(error):
            raise full_disk(folder) from None
        if isinstance(error, duckdb.OutOfMemoryException):
            raise ResourceExhausted(
                f"Memory does not suffice to work on {folder}: {str(error).splitlines()[0]}.",
                "End other programs and run again; the lake is untouched.",
            ) from None
        raise


def is_full_disk(error: BaseException) -> bool:
    """Whether it tells of a disk, a quota or a limit on file sizes that is reached."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return True
    said = str(error).lower()
    return any(sign in said for sign in _FULL_DISK)


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
