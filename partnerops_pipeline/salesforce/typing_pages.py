"""Pages of text become Parquet files with exact types.

Both APIs arrive here as CSV in the same form (REST's JSON is written that way first), so a value has one road to its
type and is equal whichever API brought it. An empty text is NULL, as in Salesforce; "NA" and "null" are texts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.errors import is_disk_full
from partnerops_pipeline.lake import duck
from partnerops_pipeline.salesforce.errors import UnusableAnswer

LONGEST_LINE_BYTES = 16 * 1024 * 1024
"""Of one record. A long text area holds up to 131,072 characters, and an object may have many."""
_BAD_VALUES_SHOWN = 3
_MEMORY = "64MB"
"""For each page under way. Of 30 columns a page peaks 56 MB above its process, one ten times as large 73 MB."""


@dataclass(frozen=True)
class BadValue:
    """A value that does not fit its field's type; it is NULL in the lake and told here."""

    record_id: str
    field: str
    value: str


@dataclass(frozen=True)
class PageStamp:
    """What the rows of one batch carry besides their own values."""

    batch_id: str
    extracted_at: datetime
    committed_at: datetime | None = None
    """Fixed before the pages are typed where the lake takes the files as they are; else the lake adds it."""


@dataclass(frozen=True)
class TypedPage:
    """One page as exact types. `announced` is how many rows Salesforce said it has; None where it did not say."""

    path: Path
    rows: int
    bad_values: tuple[BadValue, ...] = field(default=())
    bad_count: int = 0
    announced: int | None = None


def write_rest_page(records: Iterable[Mapping[str, Any]], fields: Sequence[str], path: Path) -> int:
    """Write REST records as CSV in the form that Bulk API 2.0 uses; returns how many."""
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(fields)
        for record in records:
            # The writer makes an empty text of None and str() of a number; 30,000 values take 6 ms of CPU so, and 17 ms
            # with a call for each.
            writer.writerow(
                ["true" if one is True else "false" if one is False else one for one in map(record.get, fields)]
            )
            rows += 1
    return rows


def type_page(page: Path, target: Path, columns: Mapping[str, str], stamp: PageStamp) -> TypedPage:
    """Turn one CSV page into one zstd Parquet file.

    Args:
        page: CSV with or without a header line.
        target: Parquet file to write.
        columns: API name -> DuckDB type, in the order of the query.
        stamp: batch id, time of extraction, and time of commit where that is fixed already.

    Raises:
        UnusableAnswer: not CSV, or other columns than were asked for.
        ResourceExhausted: the disk is full.
    """
    header, order = _header(page, list(columns))
    source = _read_csv(page, order, header)
    with duck.open_duck(target.with_suffix(".scratch"), threads=1, memory=_MEMORY) as connection:
        try:
            return duck.with_room_for_wide_rows(connection, lambda: _type(connection, source, columns, stamp, target))
        except duckdb.InvalidInputException as error:
            raise UnusableAnswer(
                f"A page of results is not CSV: {str(error).splitlines()[0]}", "Run again; the page is fetched anew."
            ) from None
        except (duckdb.IOException, OSError) as error:
            if is_disk_full(error):
                raise duck.full_disk(target.parent) from None
            raise


def _type(
    connection: duckdb.DuckDBPyConnection, source: str, columns: Mapping[str, str], stamp: PageStamp, target: Path
) -> TypedPage:
    try:
        return TypedPage(target, _copy(connection, source, columns, stamp, target, cast="CAST"))
    except duckdb.ConversionException:
        rows = _copy(connection, source, columns, stamp, target, cast="TRY_CAST")
        shown, counted = _bad_values(connection, source, columns)
        return TypedPage(target, rows, shown, counted)


def _header(page: Path, fields: list[str]) -> tuple[bool, list[str]]:
    """Whether the page starts with a header, and the order of its columns. Salesforce writes one on each page; some
    say only on the first."""
    with page.open(encoding="utf-8", newline="") as text:
        first = text.readline(LONGEST_LINE_BYTES)
    names = next(csv.reader([first]), [])
    by_lower = {name.lower(): name for name in fields}
    if len(names) == len(fields) and all(name.lower() in by_lower for name in names):
        return True, [by_lower[name.lower()] for name in names]
    if len(names) != len(fields):
        raise UnusableAnswer(
            f"A page of results has {len(names)} columns where {len(fields)} were asked for.",
            "Run again; the page is fetched anew.",
        )
    return False, fields


def _read_csv(page: Path, order: Sequence[str], header: bool) -> str:
    columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in order)
    # Nothing is left to guess: sniffing would read "NA" or leading zeros in its own way. A buffer is by default sixteen
    # times the longest line, 256 MB, of which none would fit into the memory that a page may have.
    return (
        f"read_csv({_text(_no_glob(page))}, auto_detect=false, header={str(header).lower()}, columns={{{columns}}}, "
        f"delim=',', quote='\"', escape='\"', nullstr='', encoding='utf-8', null_padding=false, "
        f"max_line_size={LONGEST_LINE_BYTES}, buffer_size={LONGEST_LINE_BYTES}, parallel=false)"
    )


def _copy(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Mapping[str, str],
    stamp: PageStamp,
    target: Path,
    *,
    cast: str,
) -> int:
    typed = [
        f"{_name(name)}" if kind == "VARCHAR" else f"{cast}({_name(name)} AS {kind}) AS {_name(name)}"
        for name, kind in columns.items()
    ]
    query = f"SELECT {', '.join(typed + _meta(columns, stamp))} FROM {source}"
    copied = connection.execute(f"COPY ({query}) TO {_text(str(target))} ({duck.PARQUET})").fetchone()
    return int(copied[0]) if copied else 0


def _meta(columns: Mapping[str, str], stamp: PageStamp) -> list[str]:
    deleted = f"coalesce(CAST({_name('IsDeleted')} AS BOOLEAN), false)" if "IsDeleted" in columns else "false"
    merged = f"{_name('MasterRecordId')} IS NOT NULL" if "MasterRecordId" in columns else "false"
    parts = [
        f"{_text(stamp.batch_id)} AS _batch_id",
        f"TIMESTAMPTZ {_text(stamp.extracted_at.isoformat())} AS _extracted_at",
    ]
    if stamp.committed_at is not None:
        parts.append(f"TIMESTAMPTZ {_text(stamp.committed_at.isoformat())} AS _committed_at")
    parts.append(f"{deleted} AS _is_deleted")
    kind = f"CASE WHEN NOT {deleted} THEN NULL WHEN {merged} THEN 'merge' ELSE 'soft' END"
    parts.append(f"CAST({kind} AS VARCHAR) AS _deleted_kind")
    return parts


def _bad_values(
    connection: duckdb.DuckDBPyConnection, source: str, columns: Mapping[str, str]
) -> tuple[tuple[BadValue, ...], int]:
    shown: list[BadValue] = []
    counted = 0
    for name, kind in columns.items():
        if kind == "VARCHAR":
            continue
        unfit = f"{_name(name)} IS NOT NULL AND TRY_CAST({_name(name)} AS {kind}) IS NULL"
        found = connection.execute(f"SELECT count(*) FROM {source} WHERE {unfit}").fetchone()
        if not found or not found[0]:
            continue
        counted += int(found[0])
        examples = connection.execute(
            f"SELECT {_name('Id')}, left({_name(name)}, 60) FROM {source} WHERE {unfit} "
            f"ORDER BY 1 LIMIT {_BAD_VALUES_SHOWN}"
        ).fetchall()
        shown.extend(BadValue(str(record), name, str(value)) for record, value in examples)
    return tuple(shown), counted


def _no_glob(path: Path) -> str:
    """A folder may be called `[1]` or `a*`: DuckDB would look for files that match."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
