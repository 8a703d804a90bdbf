"""Files exchanged for others with the same rows: a wider type, a further column, fewer files; and the sweeping up.

No rewrite changes a row, its batch or its `_committed_at`, so a binding to an earlier state of knowledge gives the same
rows before and after.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
from deltalake.transaction import AddAction

from partnerops_pipeline.lake import duck, log, parquet_files
from partnerops_pipeline.lake.columns import Column

SCRATCH = ".scratch-"
"""Prefix of folders in a table's folder that exist only while a process works; a killed one leaves it to `vacuum`."""

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
    connection: duckdb.DuckDBPyConnection, folder: Path, table: str, snapshot: log.Snapshot, columns: Sequence[Column]
) -> int:
    """Write every file again with the types of `columns` and exchange all in one commit; returns the new version.

    File by file, so that memory stays flat. Delta cannot change a column's type otherwise: delta-rs refuses even
    decimal(18,2) -> decimal(20,2).
    """
    written: list[Path] = []
    stored = {column.name: column.type for column in snapshot.columns}
    try:
        for name in snapshot.names:
            own = parquet_files.inspect(connection, [folder / name])[0].types
            chosen = [
                f"{duck.cast(c.name, stored[c.name], c.type)} AS {duck.name(c.name)}" for c in columns if c.name in own
            ]
            target = folder / parquet_files.new_name("widened")
            source = duck.read_parquet([folder / name])
            _copy(connection, f"SELECT {', '.join(chosen)} FROM {source}", target)
            written.append(target)
        parquet_files.sync(written)
        adds = parquet_files.add_actions(connection, written, recorded_ranges(snapshot))
        return log.replace(folder, table, snapshot, columns, adds, {})
    except BaseException:
        _remove(written)
        raise


def replace_with_more_columns(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    table: str,
    snapshot: log.Snapshot,
    columns: Sequence[Column],
    adds: Sequence[AddAction],
    moments: Mapping[str, datetime],
) -> int:
    """Add files and columns in one commit; returns the new version.

    delta-rs changes a schema only when it replaces all files *(an append with a wider schema drops the new column from
    the schema without a word)*, and a commit may not remove and add the same name. So the old files get second names: a
    hard link costs nothing, and readers of the old version keep the old name.
    """
    linked: list[Path] = []
    try:
        with duck.full_disk_is_said(folder):
            for name in snapshot.names:
                target = folder / parquet_files.new_name("kept")
                try:
                    os.link(folder / name, target)
                except OSError:  # some network volumes have no hard links
                    shutil.copyfile(folder / name, target)
                linked.append(target)
            parquet_files.sync(linked)
        kept = parquet_files.add_actions(connection, linked, recorded_ranges(snapshot), data_change=False)
        return log.replace(folder, table, snapshot, columns, [*kept, *adds], moments)
    except BaseException:
        _remove(linked)
        raise


def compact(
    connection: duckdb.DuckDBPyConnection, folder: Path, table: str, snapshot: log.Snapshot, target_bytes: int
) -> int:
    """Merge small files into files of about `target_bytes`; returns how many were replaced."""
    small = sorted(
        (path for path in (folder / name for name in snapshot.names) if path.stat().st_size < target_bytes // 2),
        key=lambda p: p.name,
    )
    groups = [group for group in _groups(small, target_bytes) if len(group) > 1]
    if not groups:
        return 0
    written: list[Path] = []
    try:
        for group in groups:
            target = folder / parquet_files.new_name("compacted")
            present = {name for file in parquet_files.inspect(connection, group) for name in file.types}
            chosen = ", ".join(duck.name(column.name) for column in snapshot.columns if column.name in present)
            _copy(connection, f"SELECT {chosen} FROM {duck.read_parquet(group)}", target)
            written.append(target)
        parquet_files.sync(written)
        adds = parquet_files.add_actions(connection, written, recorded_ranges(snapshot), data_change=False)
        removed = [path.name for group in groups for path in group]
        log.append(folder, table, snapshot, adds, {}, removed)
        return len(removed)
    except BaseException:
        _remove(written)
        raise


def _groups(paths: Sequence[Path], target_bytes: int) -> list[list[Path]]:
    groups: list[list[Path]] = []
    size = target_bytes
    for path in paths:
        own = path.stat().st_size
        if size + own > target_bytes:
            groups.append([])
            size = 0
        groups[-1].append(path)
        size += own
    return groups


def vacuum(folder: Path, snapshot: log.Snapshot, older_than: timedelta) -> int:
    """Remove Parquet files and scratch folders that the newest version does not name and nobody touched for that long.

    By the time of the last change of the name (ctime): a linked or moved file keeps the time of its contents. A
    batch in flight and a warehouse bound to the version before keep what they use, as long as `older_than`
    outlasts them.
    """
    live = set(snapshot.names)
    latest = time.time() - older_than.total_seconds()
    # All are chosen before the first goes: removing one name of a file renews the ctime of its other names.
    old = [path for path in folder.iterdir() if path.name not in live and path.lstat().st_ctime <= latest]
    removed = 0
    for path in old:
        if path.suffix == ".parquet" and path.is_file():
            path.unlink()
            removed += 1
        elif path.name.startswith(SCRATCH) and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    return removed


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _copy(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    statement = f"COPY ({query}) TO {duck.text(str(target))} ({duck.PARQUET})"
    duck.with_room_for_wide_rows(connection, lambda: connection.execute(statement))
