"""One lake table: append a batch with its watermark, and tell what is there.

Rows are never changed. A batch adds the versions that are new, in one commit with its watermark, so a process that dies
at any moment leaves either the old table or the new one; files that no commit names are ignored until `vacuum`
takes them.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow.parquet as parquet

from partnerops_pipeline.errors import BadData, PartneropsError
from partnerops_pipeline.lake import changes, duck, log, parquet_files, rewrite, rows
from partnerops_pipeline.lake.columns import META, META_NAMES, Column, merge
from partnerops_pipeline.lake.errors import RepeatedKeys
from partnerops_pipeline.lake.place import SCRATCH, Place

logger = logging.getLogger("partnerops")

_ONE_MICROSECOND = timedelta(microseconds=1)

SMALL_BYTES, MOST_SMALL_FILES = 4 * 1024 * 1024, 48
"""An hourly sync leaves 8,760 small files a year, and every reader opens all. So they are merged, but only those: the
files of a first load are large enough, and writing them again would cost as much as the load."""


class _Unchecked:
    """The default of `expected_watermark`: None already means "there was none"."""


UNCHECKED: Final = _Unchecked()


@dataclass(frozen=True)
class Batch:
    """What the rows of one batch carry. `committed_at` is later than every commit of the table so far."""

    batch_id: str
    extracted_at: datetime
    committed_at: datetime


@dataclass(frozen=True)
class Appended:
    """What became of a batch: `rows_in` arrived, `appended` were news, `unchanged` the lake held already.

    `version` is the table's version afterwards, `committed_at` the moment that the appended rows carry, None if
    there are none.
    """

    rows_in: int
    appended: int
    unchanged: int
    version: int
    committed_at: datetime | None


@dataclass(frozen=True)
class Contents:
    """A table at one version, read at once. Without a table: no version, no columns, no files.

    `watermark` is the extraction's, `extracted_at` the newest of any row, `known_since` its oldest commit; all UTC.
    """

    version: int | None
    columns: list[Column]
    files: list[str]
    rows: int
    watermark: datetime | None
    extracted_at: datetime | None
    known_since: datetime | None = None


class LakeTable:
    """A table of the lake, made by `Lake.table`. Holds no file open; each call sees the newest version."""

    def __init__(self, place: Place, path: str, now: Callable[[], datetime]) -> None:
        self.path = path
        self._place = place
        self._now = now
        self._seen: log.Snapshot | None = None

    def __repr__(self) -> str:
        return f"LakeTable({self.path!r})"

    @property
    def folder(self) -> Path:
        """Where this machine reads and writes the table's files; it exists once there are some."""
        return self._place.folder

    def exists(self) -> bool:
        return self._read() is not None

    def version(self) -> int | None:
        """Delta's version; None where there is no table."""
        snapshot = self._read()
        return snapshot.version if snapshot else None

    def columns(self) -> list[Column]:
        """All columns, META last; empty where there is no table."""
        snapshot = self._read()
        return snapshot.columns if snapshot else []

    def contents(self) -> Contents:
        """All that a reader needs, of one and the same version."""
        snapshot = self._read()
        if snapshot is None:
            return Contents(None, [], [], 0, None, None)
        self._place.bring(snapshot.sizes)
        described = log.ranges(snapshot)
        extracted = [moment for file in described if (moment := file.get("max._extracted_at")) is not None]
        committed = [moment for file in described if (moment := file.get("min._committed_at")) is not None]
        return Contents(
            version=snapshot.version,
            columns=snapshot.columns,
            files=[str(self.folder / name) for name in snapshot.names],
            rows=_rows(described),
            watermark=snapshot.transaction(self.extraction),
            extracted_at=max(extracted, default=None),
            known_since=min(committed, default=None),
        )

    def files(self) -> list[str]:
        """The live Parquet files as plain absolute paths, sorted."""
        return self.contents().files

    def row_count(self) -> int:
        """All stored versions, as the commits counted them."""
        snapshot = self._read()
        return _rows(log.ranges(snapshot)) if snapshot else 0

    def current_row_count(self, key: Sequence[str]) -> int:
        """The distinct keys, deleted records included."""
        live = self.files()
        if not live:
            return 0
        keys = ", ".join(duck.name(column) for column in key)
        with self._duck() as connection:
            found = connection.execute(
                f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {duck.read_parquet(live)})"
            ).fetchone()
        return int(found[0]) if found else 0

    def watermark(self, app_id: str | None = None) -> datetime | None:
        """The moment up to which the writer `app_id` has brought this table, by default its extraction."""
        snapshot = self._read()
        return snapshot.transaction(app_id or self.extraction) if snapshot else None

    @property
    def extraction(self) -> str:
        """The default `app_id`: the one writer that fills this table."""
        return f"extract:{self.path}"

    def begin_batch(self, *, batch_id: str, extracted_at: datetime) -> Batch:
        """Fix the moment of the next commit, so that staged files can carry it and need not be written twice."""
        snapshot = self._read()
        return Batch(batch_id, extracted_at, self._next_commit(snapshot))

    def append(
        self,
        staged: Sequence[Path],
        *,
        columns: Sequence[Column],
        key: Sequence[str],
        order_by: Sequence[str] = (),
        batch_id: str,
        extracted_at: datetime,
        committed_at: datetime | None = None,
        watermark: datetime | None = None,
        app_id: str | None = None,
        expected_watermark: datetime | _Unchecked | None = UNCHECKED,
        compare_ignore: Collection[str] = (),
        unique: bool = False,
    ) -> Appended:
        """Commit the news of a batch and its watermark in one step; without either, nothing.

        A row is news unless it equals the newest stored row of the same key and `order_by`, in all columns of
        the batch but `compare_ignore`, and in `_is_deleted` and `_deleted_kind`. Of several rows of one key the
        greatest `order_by` counts. A new column enters in the same commit; a type that grew rewrites the table
        first, rows and history unchanged.

        Args:
            staged: typed Parquet files with `columns` and any of the META columns. With `committed_at` from
                `begin_batch` and all META columns, files of a first load are moved into the table, not rewritten.
            columns: the batch's columns without META.
            key: what tells records apart; never NULL.
            order_by: what tells a record's versions apart at the source, oldest first, for instance SystemModstamp.
            extracted_at: when the source was read, by the source's clock; UTC-aware.
            watermark: up to when the source is read completely after this batch.
            app_id: whose watermark; by default the table's extraction.
            expected_watermark: what `watermark()` said when the batch was planned.
            unique: the source gives each record once, so a key that comes twice stands in the place of another.

        Raises:
            RepeatedKeys: a key came twice in a batch that is `unique`; nothing was stored.
            AnotherWriterCommitted: the watermark or the table moved meanwhile; nothing was stored.
            BadData: a row without key, or a file without one of the columns.
            ResourceExhausted: the disk is full; nothing was stored.
            UnreadableTable: the table has features that the lake does not read.
        """
        writer = app_id or self.extraction
        snapshot = self._read()
        if not isinstance(expected_watermark, _Unchecked):
            found = snapshot.transaction(writer) if snapshot else None
            if found != expected_watermark:
                raise log.another_writer(self.path)
        moment = self._next_commit(snapshot) if committed_at is None else committed_at
        if (
            committed_at is not None
            and snapshot
            and committed_at <= (snapshot.transaction(log.LAST_COMMIT) or committed_at - _ONE_MICROSECOND)
        ):
            raise log.another_writer(self.path)
        moments = {writer: watermark} if watermark is not None else {}
        with duck.full_disk_is_said(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._duck() as connection:
            found_files = parquet_files.inspect(connection, staged)
            self._refuse_missing_columns(found_files, columns)
            batch = changes.Staged(found_files, list(key), list(order_by), batch_id, extracted_at, moment)
            if batch.rows == 0:
                return self._commit(connection, snapshot, columns, batch, [], 0, moments)
            snapshot = self._widen(connection, snapshot, columns, batch.key)
            repeated = batch.rows - changes.count_keys(connection, batch, self.path)
            if unique and repeated:
                raise RepeatedKeys(
                    f"{repeated} of {batch.rows} rows for the lake table {self.path} repeat a key that came before.",
                    "Read that batch again; nothing of it was stored.",
                )
            has_duplicates = repeated > 0
            if committed_at is not None and not has_duplicates and self._can_move(snapshot, batch, columns):
                written, appended = self._move(batch), batch.rows
            else:
                written, appended = self._write(connection, snapshot, columns, batch, has_duplicates, compare_ignore)
            done = self._commit(connection, snapshot, columns, batch, written, appended, moments)
            if written and snapshot:
                self._keep_few_files(connection, snapshot)
            return done

    def append_rows(
        self,
        records: Sequence[Mapping[str, Any]],
        *,
        columns: Sequence[Column],
        key: Sequence[str],
        order_by: Sequence[str] = (),
        batch_id: str,
        extracted_at: datetime,
        watermark: datetime | None = None,
        app_id: str | None = None,
        expected_watermark: datetime | _Unchecked | None = UNCHECKED,
        compare_ignore: Collection[str] = (),
    ) -> Appended:
        """`append` for a few rows at hand: times are UTC-aware, money Decimal; what is missing is NULL.

        Raises:
            BadData: a value does not fit its column's type; otherwise as `append`.
        """
        table = rows.to_arrow(records, columns, self.path)
        with duck.full_disk_is_said(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=self.folder) as scratch:
                staged = Path(scratch) / "rows.parquet"
                parquet.write_table(table, staged)
                return self.append(
                    [staged],
                    columns=columns,
                    key=key,
                    order_by=order_by,
                    batch_id=batch_id,
                    extracted_at=extracted_at,
                    watermark=watermark,
                    app_id=app_id,
                    expected_watermark=expected_watermark,
                    compare_ignore=compare_ignore,
                )

    def compact(self, target_bytes: int = 128 * 1024 * 1024) -> int:
        """Merge files smaller than half of `target_bytes` into files of about that size; rows and their moments stay.

        Returns:
            how many files were replaced.

        Raises:
            AnotherWriterCommitted: a batch came in between; the table is as that batch left it.
        """
        with self._duck() as connection:
            return self._compact(connection, target_bytes)

    def _compact(self, connection: duckdb.DuckDBPyConnection, target_bytes: int) -> int:
        snapshot = self._read()
        return rewrite.compact(connection, self._place, self.path, snapshot, target_bytes) if snapshot else 0

    def _keep_few_files(self, connection: duckdb.DuckDBPyConnection, before: log.Snapshot) -> None:
        """Sweep up what was merged over a week ago, and merge the small files of many increments.

        The batch is stored whatever becomes of this: another process that commits meanwhile, a full disk or a missing
        right puts it off.
        """
        if sum(size < SMALL_BYTES for size in before.sizes.values()) < MOST_SMALL_FILES:
            return
        try:
            self.vacuum()  # first: what is merged now stays until the next time, for those who read it
            self._compact(connection, 2 * SMALL_BYTES)
        except (PartneropsError, OSError, duckdb.Error) as error:
            logger.warning("The small files of the lake table %s stay for now: %s", self.path, error)

    def vacuum(self, older_than: timedelta = timedelta(days=7)) -> int:
        """Remove Parquet files that no commit names any more and leftovers of killed processes, once they are that old.

        Returns:
            how many files were removed.
        """
        snapshot = self._read()
        return self._place.sweep(snapshot.names, older_than) if snapshot else 0

    def _read(self) -> log.Snapshot | None:
        seen = self._seen
        if seen is None or not log.is_newest(self._place, seen):
            seen = self._seen = log.read(self._place, self.path)
        return seen

    def _bring(self, snapshot: log.Snapshot | None, names: Sequence[str]) -> None:
        sizes = snapshot.sizes if snapshot else {}
        self._place.bring({name: sizes[name] for name in names})

    def _stored(self, snapshot: log.Snapshot) -> list[changes.StoredFile]:
        found = {str(file["path"]): file for file in log.ranges(snapshot)}
        return [changes.StoredFile(self.folder / name, _moments(found.get(name, {}))) for name in snapshot.names]

    def _next_commit(self, snapshot: log.Snapshot | None) -> datetime:
        last = snapshot.transaction(log.LAST_COMMIT) if snapshot else None
        now = self._now()
        return now if last is None else max(now, last + _ONE_MICROSECOND)

    @contextmanager
    def _duck(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duck.open_duck(self.folder / f"{SCRATCH}{os.getpid()}-{id(self):x}") as connection:
            yield connection

    def _refuse_missing_columns(self, found: Sequence[parquet_files.ParquetFile], columns: Sequence[Column]) -> None:
        for file in found:
            for column in columns:
                if column.name not in file.types:
                    raise BadData(
                        f"{file.path.name} for the lake table {self.path} lacks the column {column.name}.",
                        "Stage the batch anew.",
                    )

    def _widen(
        self,
        connection: duckdb.DuckDBPyConnection,
        snapshot: log.Snapshot | None,
        columns: Sequence[Column],
        key: Sequence[str],
    ) -> log.Snapshot | None:
        if snapshot is None:
            return None
        widened = merge(snapshot.business_columns, columns)[: len(snapshot.business_columns)]
        if widened == snapshot.business_columns:
            return snapshot
        rewrite.widen(connection, self._place, self.path, snapshot, [*widened, *META])
        again = self._read()
        if again is None or again.version != snapshot.version + 1:
            raise log.another_writer(self.path)
        return again

    def _can_move(self, snapshot: log.Snapshot | None, batch: changes.Staged, columns: Sequence[Column]) -> bool:
        """Whether this is a first load whose files are exactly what the table would hold."""
        if snapshot is not None and (snapshot.names or merge(snapshot.business_columns, columns) != list(columns)):
            return False
        wanted = {column.name: column.type for column in [*columns, *META]}
        return all(file.types == wanted for file in batch.files)

    def _move(self, batch: changes.Staged) -> list[Path]:
        moved: list[Path] = []
        with duck.full_disk_is_said(self.folder):
            for file in batch.files:
                target = self.folder / parquet_files.new_name(batch.batch_id)
                try:
                    file.path.replace(target)
                except OSError as error:
                    if error.errno != errno.EXDEV:
                        raise
                    shutil.copyfile(file.path, target)  # the spool lies on another disk
                moved.append(target)
        return moved

    def _write(
        self,
        connection: duckdb.DuckDBPyConnection,
        snapshot: log.Snapshot | None,
        columns: Sequence[Column],
        batch: changes.Staged,
        has_duplicates: bool,
        compare_ignore: Collection[str],
    ) -> tuple[list[Path], int]:
        target = self.folder / parquet_files.new_name(batch.batch_id)
        stored = snapshot.columns if snapshot else []
        written = duck.with_room_for_wide_rows(
            connection,
            lambda: changes.write_news(
                connection,
                batch,
                merge([column for column in stored if column.name not in META_NAMES], columns),
                has_duplicates=has_duplicates,
                stored=self._stored(snapshot) if snapshot else [],
                bring=lambda names: self._place.bring(
                    {name: snapshot.sizes[name] for name in names} if snapshot else {}
                ),
                compare_ignore=compare_ignore,
                target=target,
            ),
        )
        if written:
            return [target], written
        target.unlink(missing_ok=True)
        return [], 0

    def _commit(
        self,
        connection: duckdb.DuckDBPyConnection,
        snapshot: log.Snapshot | None,
        columns: Sequence[Column],
        batch: changes.Staged,
        written: list[Path],
        appended: int,
        moments: dict[str, datetime],
    ) -> Appended:
        if written:
            moments = {**moments, log.LAST_COMMIT: batch.committed_at}
        with log.dropped_unless_committed(self._place, written):
            with duck.full_disk_is_said(self.folder):
                self._place.keep(written)
            adds = parquet_files.add_actions(connection, written, rewrite.ranged(batch.key, batch.order_by))
            version = self._record(connection, snapshot, columns, adds, moments)
        return Appended(batch.rows, appended, batch.rows - appended, version, batch.committed_at if written else None)

    def _record(
        self,
        connection: duckdb.DuckDBPyConnection,
        snapshot: log.Snapshot | None,
        columns: Sequence[Column],
        adds: list[Any],
        moments: dict[str, datetime],
    ) -> int:
        if snapshot is None:
            return log.create(self._place, self.path, [*columns, *META], adds, moments)
        merged = merge(snapshot.business_columns, columns)
        if len(merged) > len(snapshot.business_columns):
            return rewrite.replace_with_more_columns(
                connection, self._place, self.path, snapshot, [*merged, *META], adds, moments
            )
        moved = {app_id: moment for app_id, moment in moments.items() if snapshot.transaction(app_id) != moment}
        if not adds and not moved:
            return snapshot.version
        return log.append(self._place, self.path, snapshot, adds, moments)


def _rows(described: Sequence[Mapping[str, Any]]) -> int:
    return sum(int(file["num_records"]) for file in described)


def _moments(described: Mapping[str, Any]) -> dict[str, tuple[datetime, datetime]]:
    """The range of each column that holds moments, as the log has it."""
    return {
        name.removeprefix("min."): (least, described[f"max.{name.removeprefix('min.')}"])
        for name, least in described.items()
        if name.startswith("min.")
        and isinstance(least, datetime)
        and isinstance(described.get(f"max.{name.removeprefix('min.')}"), datetime)
    }
