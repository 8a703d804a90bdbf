"""The Delta log of one table: what it says, and how a commit is added. Nothing outside this file talks to delta-rs.

Every commit states the version it was planned on and fails if another came between (`max_commit_retries = 0`): delta-rs
would otherwise rebase an append silently, and the same batch could be stored twice.
Protocol: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from partnerops_pipeline.errors import is_disk_full
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import META_NAMES, Column, delta_schema, lake_columns
from partnerops_pipeline.lake.errors import AnotherWriterCommitted, UnreadableTable

LAST_COMMIT = "partnerops:committed_at"
"""Delta application transaction that holds the newest `_committed_at`: the next is later, whatever the clock says."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNREADABLE_SETTINGS = {
    "delta.enableDeletionVectors": ("deletion vectors", "true"),
    "delta.columnMapping.mode": ("column mapping", "name id"),
}


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exactly."""
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


@dataclass(frozen=True)
class Snapshot:
    """One version of a table as the log tells it. `names` are the live files in the table's folder, sorted; `mark`
    tells its commit from another of the same number, in a table that took the place of this one."""

    delta: DeltaTable
    version: int
    columns: list[Column]
    names: list[str]
    mark: tuple[int, ...] | None

    @property
    def business_columns(self) -> list[Column]:
        return [column for column in self.columns if column.name not in META_NAMES]

    def transaction(self, app_id: str) -> datetime | None:
        """The moment that the application's last transaction recorded."""
        micros = self.delta.transaction_version(app_id)
        return None if micros is None else from_micros(micros)


def read(folder: Path, table: str) -> Snapshot | None:
    """The newest version; None where there is no table.

    Raises:
        UnreadableTable: deletion vectors, column mapping, partitions or types that the lake does not read.
    """
    if not (folder / "_delta_log").is_dir():
        return None
    try:
        delta = DeltaTable(str(folder))
    except TableNotFoundError:
        return None
    except DeltaError as error:
        raise UnreadableTable(
            f"The lake table {table} in {folder} cannot be opened: {str(error).splitlines()[0]}.",
            "Restore that folder from a copy, or move it away and extract it again with --full-refresh.",
        ) from None
    _refuse_unreadable(delta, table)
    version = delta.version()
    return Snapshot(
        delta, version, lake_columns(delta.schema(), table), sorted(_names(delta)), _mark(_commit_file(folder, version))
    )


def is_newest(folder: Path, snapshot: Snapshot) -> bool:
    """Whether no commit came after it: by two looks into the folder, where reading the log again takes 4 ms."""
    if snapshot.mark is None or _mark(_commit_file(folder, snapshot.version + 1)) is not None:
        return False
    return _mark(_commit_file(folder, snapshot.version)) == snapshot.mark


def _commit_file(folder: Path, version: int) -> Path:
    return folder / "_delta_log" / f"{version:020}.json"


def _mark(file: Path) -> tuple[int, ...] | None:
    try:
        about = file.stat()
    except FileNotFoundError:
        return None
    return about.st_ino, about.st_mtime_ns, about.st_size


def _refuse_unreadable(delta: DeltaTable, table: str) -> None:
    metadata = delta.metadata()
    settings: Mapping[str, Any] = metadata.configuration
    for setting, (feature, values) in _UNREADABLE_SETTINGS.items():
        if str(settings.get(setting, "")).lower() in values.split():
            raise UnreadableTable(
                f"The lake table {table} uses {feature}, so its files read plainly would give wrong rows.",
                f"Switch {feature} off ({setting}) and rewrite the table with the tool that wrote it.",
            )
    if metadata.partition_columns:
        raise UnreadableTable(
            f"The lake table {table} is partitioned, which this lake does not read.", "Rewrite it without partitions."
        )


def _names(delta: DeltaTable) -> list[str]:
    # The log percent-encodes paths, and `file_uris` does so once more for blanks: the folder's name never goes
    # through it.
    return [unquote(str(path)) for path in delta.get_add_actions().column("path").to_pylist()]


def ranges(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Per live file: num_records and, as the commits recorded them, min.* and max.* of keys, order and meta columns."""
    table = snapshot.delta.get_add_actions(flatten=True)
    names = list(table.schema.names)
    columns = {name: table.column(name).to_pylist() for name in names}
    return [{name: columns[name][row] for name in names} for row in range(table.num_rows)]


def create(
    folder: Path, table: str, columns: Sequence[Column], adds: list[AddAction], moments: Mapping[str, datetime]
) -> int:
    """Version 0: schema, first files and their watermark in one commit.

    Raises:
        AnotherWriterCommitted: somebody else created the table meanwhile.
    """
    try:
        with duck.full_disk_is_said(folder):
            create_table_with_add_actions(
                str(folder), delta_schema(columns), adds, mode="error", commit_properties=_properties(moments)
            )
    except DeltaError as error:
        _translate(error, folder, table)
    return 0


def append(
    folder: Path,
    table: str,
    planned_on: Snapshot,
    adds: list[AddAction],
    moments: Mapping[str, datetime],
    removed: Sequence[str] = (),
) -> int:
    """Add files, drop others that they stand for, record the moments; returns the new version."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    gone = [RemoveAction(name, False, now) for name in removed]
    return _commit(folder, table, planned_on, [*adds, *gone], "append", planned_on.columns, moments)


def replace(
    folder: Path,
    table: str,
    planned_on: Snapshot,
    columns: Sequence[Column],
    adds: list[AddAction],
    moments: Mapping[str, datetime],
) -> int:
    """The only commit of delta-rs that changes a schema: all files are exchanged, schema and files in one step."""
    return _commit(folder, table, planned_on, list(adds), "overwrite", columns, moments)


def _commit(
    folder: Path,
    table: str,
    planned_on: Snapshot,
    actions: list[AddAction | RemoveAction],
    mode: str,
    columns: Sequence[Column],
    moments: Mapping[str, datetime],
) -> int:
    try:
        with duck.full_disk_is_said(folder):
            planned_on.delta.create_write_transaction(
                actions, mode, delta_schema(columns), commit_properties=_properties(moments)
            )
    except DeltaError as error:
        _translate(error, folder, table)
    return planned_on.version + 1


def _properties(moments: Mapping[str, datetime]) -> CommitProperties:
    transactions = [Transaction(app_id, to_micros(moment)) for app_id, moment in sorted(moments.items())]
    return CommitProperties(max_commit_retries=0, app_transactions=transactions)


def _translate(error: DeltaError, folder: Path, table: str) -> None:
    if is_disk_full(error):
        raise duck.full_disk(folder) from None
    if isinstance(error, CommitFailedError) or "already exists" in str(error):
        raise another_writer(table) from None
    raise error


def another_writer(table: str) -> AnotherWriterCommitted:
    return AnotherWriterCommitted(
        f"Another process committed to the lake table {table} while this batch was on its way.",
        "Run again; nothing of this batch was stored, and what the other stored is kept.",
    )
