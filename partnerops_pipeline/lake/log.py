"""The Delta log of one table: what it says, and how a commit is added. Nothing outside this file talks to delta-rs.

Every commit states the version it was planned on and fails if another came between (`max_commit_retries = 0`): delta-rs
would otherwise rebase an append silently, and the same batch could be stored twice.
Protocol: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from partnerops_pipeline.lake.errors import (
    AlreadyCommitted,
    AnotherWriterCommitted,
    CommitUncertain,
    UnreadableTable,
)
from partnerops_pipeline.lake.place import Mark, Place

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
    """One version of a table as the log tells it. `sizes` are the live files in the table's folder, by name in order,
    in bytes; `mark` tells its commit from another of the same number, in a table that took the place of this one."""

    delta: DeltaTable
    version: int
    columns: list[Column]
    sizes: dict[str, int]
    mark: Mark | None

    @property
    def names(self) -> list[str]:
        return list(self.sizes)

    @property
    def business_columns(self) -> list[Column]:
        return [column for column in self.columns if column.name not in META_NAMES]

    def transaction(self, app_id: str) -> datetime | None:
        """The moment that the application's last transaction recorded."""
        micros = self.delta.transaction_version(app_id)
        return None if micros is None else from_micros(micros)


def read(place: Place, table: str) -> Snapshot | None:
    """The newest version; None where there is no table.

    Raises:
        UnreadableTable: deletion vectors, column mapping, partitions or types that the lake does not read.
    """
    if not place.fetch_log():
        return None
    try:
        delta = DeltaTable(str(place.folder))
    except TableNotFoundError:
        return None
    except DeltaError as error:
        raise UnreadableTable(
            f"The lake table {table} in {place.address} cannot be opened: {str(error).splitlines()[0]}.",
            "Restore that folder from a copy, or move it away and extract it again with --full-refresh.",
        ) from None
    _refuse_unreadable(delta, table)
    version = delta.version()
    return Snapshot(delta, version, lake_columns(delta.schema(), table), _sizes(delta), place.mark(version))


def is_newest(place: Place, snapshot: Snapshot) -> bool:
    """Whether no commit came after it; much cheaper than reading the log again."""
    if snapshot.mark is None:
        return False
    place.look()
    return place.mark(snapshot.version) == snapshot.mark


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


def _sizes(delta: DeltaTable) -> dict[str, int]:
    # The log percent-encodes paths, and `file_uris` does so once more for blanks: the folder's name never goes
    # through it.
    adds = delta.get_add_actions()
    paths, sizes = adds.column("path").to_pylist(), adds.column("size_bytes").to_pylist()
    return dict(sorted((unquote(str(path)), int(size)) for path, size in zip(paths, sizes, strict=True)))


def ranges(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Per live file: num_records and, as the commits recorded them, min.* and max.* of keys, order and meta columns."""
    table = snapshot.delta.get_add_actions(flatten=True)
    names = list(table.schema.names)
    columns = {name: table.column(name).to_pylist() for name in names}
    return [{name: columns[name][row] for name in names} for row in range(table.num_rows)]


def create(
    place: Place, table: str, columns: Sequence[Column], adds: list[AddAction], moments: Mapping[str, datetime]
) -> int:
    """Version 0: schema, first files and their watermark in one commit.

    Raises:
        AnotherWriterCommitted: somebody else created the table meanwhile.
        CommitUncertain: the connection to an object store broke, and with it the answer.
    """

    def write(folder: Path) -> None:
        create_table_with_add_actions(
            str(folder), delta_schema(columns), adds, mode="error", commit_properties=_properties(moments)
        )

    with _another_writer_said(place, table):
        place.commit(0, write)
    return 0


def append(
    place: Place,
    table: str,
    planned_on: Snapshot,
    adds: list[AddAction],
    moments: Mapping[str, datetime],
    removed: Sequence[str] = (),
) -> int:
    """Add files, drop others that they stand for, record the moments; returns the new version."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    gone = [RemoveAction(name, False, now) for name in removed]
    return _commit(place, table, planned_on, [*adds, *gone], "append", planned_on.columns, moments)


def replace(
    place: Place,
    table: str,
    planned_on: Snapshot,
    columns: Sequence[Column],
    adds: list[AddAction],
    moments: Mapping[str, datetime],
) -> int:
    """The only commit of delta-rs that changes a schema: all files are exchanged, schema and files in one step."""
    return _commit(place, table, planned_on, list(adds), "overwrite", columns, moments)


def _commit(
    place: Place,
    table: str,
    planned_on: Snapshot,
    actions: list[AddAction | RemoveAction],
    mode: str,
    columns: Sequence[Column],
    moments: Mapping[str, datetime],
) -> int:
    def write(folder: Path) -> None:
        delta = planned_on.delta if folder == place.folder else DeltaTable(str(folder))
        delta.create_write_transaction(actions, mode, delta_schema(columns), commit_properties=_properties(moments))

    version = planned_on.version + 1
    with _another_writer_said(place, table):
        place.commit(version, write)
    return version


def _properties(moments: Mapping[str, datetime]) -> CommitProperties:
    transactions = [Transaction(app_id, to_micros(moment)) for app_id, moment in sorted(moments.items())]
    return CommitProperties(max_commit_retries=0, app_transactions=transactions)


@contextmanager
def _another_writer_said(place: Place, table: str) -> Iterator[None]:
    try:
        with duck.full_disk_is_said(place.folder):
            yield
    except AlreadyCommitted:
        raise another_writer(table) from None
    except DeltaError as error:
        if is_disk_full(error):
            raise duck.full_disk(place.folder) from None
        if isinstance(error, CommitFailedError) or "already exists" in str(error):
            raise another_writer(table) from None
        raise


@contextmanager
def dropped_unless_committed(place: Place, files: Sequence[Path]) -> Iterator[None]:
    """Remove the files when the block fails and no commit can name them.

    After an interrupt, or a commit whose answer was lost, one may: then they stay, and `vacuum` takes them if not.
    """
    try:
        yield
    except CommitUncertain:
        raise
    except Exception:
        place.drop(files)
        raise


def another_writer(table: str) -> AnotherWriterCommitted:
    return AnotherWriterCommitted(
        f"Another process committed to the lake table {table} while this batch was on its way.",
        "Run again; nothing of this batch was stored, and what the other stored is kept.",
    )
