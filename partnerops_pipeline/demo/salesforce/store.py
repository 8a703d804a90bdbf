"""The org's state in one SQLite file: a table per object, the deletions, the history of changes, the clock's mark.

Readers have connections of their own (write-ahead log: a reader sees one consistent state and is never blocked);
writers take turns. How records change is in `changes.py`; this file creates, opens, loads and reads.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from partnerops_pipeline.demo.salesforce.changes import Changes
from partnerops_pipeline.demo.salesforce.clock import OrgClock
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.schema import FieldSchema, ObjectSchema, OrgSchema, shipped_schema
from partnerops_pipeline.demo.salesforce.tables import column_definition, quoted, stamp_column, with_system_fields
from partnerops_pipeline.demo.salesforce.values import UnusableValue, from_stored, stored_instant, to_stored
from partnerops_pipeline.errors import BadData

Records = Mapping[str, Iterable[Mapping[str, Any]]]
"""For each object its records: API name to typed value (str, int, bool, Decimal, date, aware datetime, None)."""

_INTERNAL = """
CREATE TABLE "~meta" (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE "~deleted" (object TEXT, id TEXT, deleted_at TEXT, PRIMARY KEY (object, id)) WITHOUT ROWID;
CREATE TABLE "~changes" (
  number INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, object TEXT NOT NULL, id TEXT NOT NULL,
  fields TEXT NOT NULL
);
"""


class OrgStore(Changes):
    """One org. Create it with `create` or `open`; close it, or use it in a `with`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._connections_lock = threading.Lock()  # not the writers' lock: a reader must never wait for a writer
        self._writer = self._connect()
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute("PRAGMA synchronous = NORMAL")
        self.schema = _schema_from(json.loads(self.meta("schema")))
        self.clock = OrgClock(datetime.fromisoformat(self.meta("clock")), self._save_clock)

    @classmethod
    def create(
        cls,
        path: Path,
        records: Records,
        org_clock_start: datetime,
        *,
        organization_id: str | None = None,
        schema: OrgSchema | None = None,
    ) -> OrgStore:
        """Make a new org at `path`, whole or not at all (written beside it, then renamed).

        Args:
            records: what the org holds at first. Missing booleans are false; a missing SystemModstamp is
                LastModifiedDate, else CreatedDate, else an hour before the clock's start.
            org_clock_start: the first instant of the org's clock; aware.
            organization_id: default is the loaded Organization's id, else one made up.

        Raises:
            ValueError: a record names an unknown field or a value does not fit; the message names object, id and field.
            FileExistsError: there is an org at `path` already.
        """
        if path.exists():
            raise FileExistsError(f"there is an org at {path} already: open it, or remove it first")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        schema = schema or shipped_schema()
        connection = sqlite3.connect(part, isolation_level=None)
        try:
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + _INTERNAL)
            for one in schema.objects.values():
                _create_table(connection, one)
            default_stamp = org_clock_start - timedelta(hours=1)
            for name, rows in records.items():
                if name not in schema.objects:
                    raise ValueError(f"the org has no object {name}")
                _load(connection, schema.objects[name], rows, default_stamp)
            found = (
                connection.execute('SELECT Id FROM "Organization" LIMIT 1').fetchone()
                if "Organization" in schema.objects
                else None
            )
            meta = {
                "clock": stored_instant(org_clock_start) + "+00:00",
                "organization_id": organization_id or (found[0] if found else made_id("00D", 1)),
                "schema": json.dumps(_schema_to(schema)),
                "schema_changed": stored_instant(org_clock_start),
                "deleted_log_starts": stored_instant(org_clock_start - timedelta(days=15)),
            }
            connection.executemany('INSERT INTO "~meta" VALUES (?, ?)', meta.items())
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            part.unlink(missing_ok=True)
            raise
        connection.close()
        part.replace(path)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> OrgStore:
        """Open an org that `create` made; its clock goes on later than it ever was.

        Raises:
            FileNotFoundError: there is none at `path`.
            BadData: the file is something else.
        """
        if not path.exists():
            raise FileNotFoundError(f"there is no org at {path}")
        try:
            return cls(path)
        except sqlite3.DatabaseError as error:
            raise BadData(f"The file {path} is not an emulated org ({error}).", "Remove it; it is made anew.") from None

    def close(self) -> None:
        """Close all connections; the file is then whole in itself."""
        with self.lock, self._connections_lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def __enter__(self) -> OrgStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def organization_id(self) -> str:
        return self.meta("organization_id")

    def meta(self, name: str) -> str:
        with self.lock:
            return str(self._writer.execute('SELECT value FROM "~meta" WHERE name = ?', (name,)).fetchone()[0])

    def schema_changed(self) -> datetime:
        """When an administrator last changed the schema, by the org's clock."""
        return datetime.fromisoformat(self.meta("schema_changed")).replace(tzinfo=UTC)

    def deleted_log_starts(self) -> datetime:
        """Deletions before this instant are not known any more: at most fifteen days back, or since the last purge."""
        purged = datetime.fromisoformat(self.meta("deleted_log_starts")).replace(tzinfo=UTC)
        return max(purged, self.clock.now_to_the_second() - timedelta(days=15))

    def reader(self) -> sqlite3.Connection:
        """This thread's own connection for reading."""
        if not hasattr(self._local, "connection"):
            self._local.connection = self._connect()
        return self._local.connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The one writing connection in a transaction; nested use joins the outer transaction."""
        with self.lock:
            if self._writer.in_transaction:
                yield self._writer
                return
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

    def get(self, object_name: str, record_id: str) -> dict[str, Any] | None:
        """One record with typed values, deleted or not; None when the org does not have it."""
        return next(self.records(object_name, ids=[record_id]), None)

    def records(self, object_name: str, *, ids: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """All records by id, typed, hidden fields and the Recycle Bin included: the org's truth."""
        one = self.schema.objects[object_name]
        columns = one.stored
        where = "" if ids is None else f" WHERE Id IN ({', '.join('?' * len(ids))})"
        names = ", ".join(quoted(f.name) for f in columns)
        rows = self.reader().execute(f"SELECT {names} FROM {quoted(object_name)}{where} ORDER BY Id", list(ids or ()))
        for row in rows:
            yield {f.name: from_stored(f, value) for f, value in zip(columns, row, strict=True)}

    def count(self, object_name: str) -> int:
        """Rows of an object, the Recycle Bin included."""
        return int(self.reader().execute(f"SELECT count(*) FROM {quoted(object_name)}").fetchone()[0])

    def change_schema(self, schema: OrgSchema) -> None:
        """Save a changed schema. Columns are the caller's business; see `changes.py`."""
        with self.writing() as connection:
            changed = {"schema": json.dumps(_schema_to(schema)), "schema_changed": stored_instant(self.clock.now())}
            connection.executemany('UPDATE "~meta" SET value = ?2 WHERE name = ?1', changed.items())
        self.schema = schema

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.create_function("fold", 1, _fold, deterministic=True)
        connection.create_collation("folded", _compare_folded)
        with self._connections_lock:
            self._connections.append(connection)
        return connection

    def _save_clock(self, mark: datetime) -> None:
        with self.lock:
            self._writer.execute(
                "UPDATE \"~meta\" SET value = ? WHERE name = 'clock'", (mark.astimezone(UTC).isoformat(),)
            )


def _create_table(connection: sqlite3.Connection, one: ObjectSchema) -> None:
    columns = ", ".join(column_definition(f) for f in one.stored)
    connection.execute(f"CREATE TABLE {quoted(one.name)} ({columns}) WITHOUT ROWID")
    stamp = stamp_column(one)
    if stamp:
        connection.execute(f"CREATE INDEX {quoted('~' + one.name + '.stamp')} ON {quoted(one.name)} ({stamp})")


def _load(
    connection: sqlite3.Connection, one: ObjectSchema, rows: Iterable[Mapping[str, Any]], default_stamp: datetime
) -> None:
    columns = [(f.name, to_stored(f)) for f in one.stored]
    known = {name for name, _ in columns}
    insert = f"INSERT INTO {quoted(one.name)} VALUES ({', '.join('?' * len(columns))})"

    def stored() -> Iterator[list[Any]]:
        for row in rows:
            if not row.keys() <= known:
                raise ValueError(f"{one.name} has no field {sorted(row.keys() - known)[0]} to store")
            if not row.get("Id"):
                raise ValueError(f"a record of {one.name} has no Id")
            whole = with_system_fields(one, row, default_stamp)
            name = ""
            try:
                values = []
                for name, store in columns:
                    values.append(store(whole.get(name)))
            except (UnusableValue, ArithmeticError, TypeError) as error:
                raise ValueError(f"{one.name} {row['Id']}: {name}: {error}") from error
            yield values

    try:
        connection.executemany(insert, stored())
    except sqlite3.IntegrityError as error:
        raise ValueError(f"{one.name}: an Id occurs twice ({error})") from error
    if "IsDeleted" in one.fields:
        connection.execute(
            f'INSERT INTO "~deleted" SELECT ?, Id, {stamp_column(one)} FROM {quoted(one.name)} WHERE IsDeleted = 1',
            (one.name,),
        )


def _fold(text: str | None) -> str | None:
    return None if text is None else str(text).casefold()


def _compare_folded(left: str, right: str) -> int:
    a, b = left.casefold(), right.casefold()
    return (a > b) - (a < b)


def _schema_to(schema: OrgSchema) -> dict[str, Any]:
    objects = []
    for one in schema.objects.values():
        fields = [asdict(f) for f in one.fields.values()]
        objects.append(
            {
                "name": one.name,
                "prefix": one.prefix,
                "bulk": one.bulk,
                "replicated": one.replicated,
                "hidden": sorted(one.hidden),
                "fields": fields,
            }
        )
    return {"objects": objects, "hidden": sorted(schema.hidden)}


def _schema_from(saved: dict[str, Any]) -> OrgSchema:
    objects = {}
    for one in saved["objects"]:
        fields = {
            f["name"]: FieldSchema(**{**f, "values": tuple(f["values"]), "reference_to": tuple(f["reference_to"])})
            for f in one["fields"]
        }
        objects[one["name"]] = ObjectSchema(
            name=one["name"],
            prefix=one["prefix"],
            fields=fields,
            bulk=one["bulk"],
            replicated=one["replicated"],
            hidden=frozenset(one["hidden"]),
        )
    return OrgSchema(objects, frozenset(saved["hidden"]))
