"""Files exchanged for others with the same rows: a wider type, a further column, fewer files.

No rewrite changes a row, its batch or its `_committed_at`, so a binding to an earlier state of knowledge gives the same
rows before and after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
from deltalake.transaction import AddAction

from partnerops_pipeline.lake import duck, log, parquet_files
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.place import Place

_RANGED_META = ("_committed_at", "_extracted_at")


def ranged(key: Sequence[str], order_by: Sequence[str]) -> list[str]:
    """The columns whose least and greatest value each commit records."""
    return list(dict.fromkeys([*key, *order_by, *_RANGED_META]))


def recorded_ranges(snapshot: log.Snapshot) -> list[str]:
    """The columns with a range in the log by now, so that a rewrite keeps them."""
    found = {
        name.removeprefix("null_count.")
        for file in log.ranges(snapshot)
        for name in file
        if name.startswith("null_count.")
    }
    return sorted(found | set(_RANGED_META))


def widen(
    connection: duckdb.DuckDBPyConnection, place: Place, table: str, snapshot: log.Snapshot, columns: Sequence[Column]
) -> int:
    """Write every file again with the types of `columns` and exchange all in one commit; returns the new version.

    File by file, so that memory stays flat. Delta cannot change a column's type otherwise: delta-rs refuses even
    decimal(18,2) -> decimal(20,2).
    """
    written: list[Path] = []
    stored = {column.name: column.type for column in snapshot.columns}
    place.bring(snapshot.sizes)
    with log.dropped_unless_committed(place, written):
        for name in snapshot.names:
            own = parquet_files.inspect(connection, [place.folder / name])[0].types
            chosen = [
                f"{duck.cast(c.name, stored[c.name], c.type)} AS {duck.name(c.name)}" for c in columns if c.name in own
            ]
            written.append(place.folder / parquet_files.new_name("widened"))
            source = duck.read_parquet([place.folder / name])
            _copy(connection, f"SELECT {', '.join(chosen)} FROM {source}", written[-1])
        place.keep(written)
        adds = parquet_files.add_actions(connection, written, recorded_ranges(snapshot))
        place.leave(snapshot.names)
        return log.replace(place, table, snapshot, columns, adds, {})


def replace_with_more_columns(
    connection: duckdb.DuckDBPyConnection,
    place: Place,
    table: str,
    snapshot: log.Snapshot,
    columns: Sequence[Column],
    adds: Sequence[AddAction],
    moments: Mapping[str, datetime],
) -> int:
    """Add files and columns in one commit; returns the new version.

    delta-rs changes a schema only when it replaces all files *(an append with a wider schema drops the new column from
    the schema without a word)*, and a commit may not remove and add the same name. So the old files get second names.
    """
    again = {name: parquet_files.new_name("kept") for name in snapshot.names}
    linked = [place.folder / name for name in again.values()]
    place.bring(snapshot.sizes)
    with log.dropped_unless_committed(place, linked):
        with duck.full_disk_is_said(place.folder):
            place.keep_again(again)
        kept = parquet_files.add_actions(connection, linked, recorded_ranges(snapshot), data_change=False)
        place.leave(snapshot.names)
        return log.replace(place, table, snapshot, columns, [*kept, *adds], moments)


def compact(
    connection: duckdb.DuckDBPyConnection, place: Place, table: str, snapshot: log.Snapshot, target_bytes: int
) -> int:
    """Merge small files into files of about `target_bytes`; returns how many were replaced."""
    small = {name: size for name, size in snapshot.sizes.items() if size < target_bytes // 2}
    groups = [group for group in _groups(small, target_bytes) if len(group) > 1]
    if not groups:
        return 0
    written: list[Path] = []
    place.bring({name: small[name] for group in groups for name in group})
    with log.dropped_unless_committed(place, written):
        for group in groups:
            files = [place.folder / name for name in group]
            present = {name for file in parquet_files.inspect(connection, files) for name in file.types}
            chosen = ", ".join(duck.name(column.name) for column in snapshot.columns if column.name in present)
            written.append(place.folder / parquet_files.new_name("compacted"))
            _copy(connection, f"SELECT {chosen} FROM {duck.read_parquet(files)}", written[-1])
        place.keep(written)
        adds = parquet_files.add_actions(connection, written, recorded_ranges(snapshot), data_change=False)
        removed = [name for group in groups for name in group]
        place.leave(removed)
        log.append(place, table, snapshot, adds, {}, removed)
        return len(removed)


def _groups(sizes: Mapping[str, int], target_bytes: int) -> list[list[str]]:
    groups: list[list[str]] = []
    size = target_bytes
    for name, own in sizes.items():
        if size + own > target_bytes:
            groups.append([])
            size = 0
        groups[-1].append(name)
        size += own
    return groups


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    statement = f"COPY ({query}) TO {duck.text(str(target))} ({duck.PARQUET})"
    duck.with_room_for_wide_rows(connection, lambda: connection.execute(statement))
