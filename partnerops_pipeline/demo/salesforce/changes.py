"""How the records of an org change: what a person or a process would do to them.

Every change stamps the record from the org's clock (or from `at`, for rows that become visible late), is written to the
history `~changes`, and happens whole or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from partnerops_pipeline.demo.salesforce.clock import OrgClock
from partnerops_pipeline.demo.salesforce.ids import id18, made_id
from partnerops_pipeline.demo.salesforce.schema import ObjectSchema
from partnerops_pipeline.demo.salesforce.schema_changes import SchemaChanges
from partnerops_pipeline.demo.salesforce.tables import quoted, store_row, with_system_fields
from partnerops_pipeline.demo.salesforce.tracking import KEEPS_HISTORY, history_rows
from partnerops_pipeline.demo.salesforce.values import from_stored, stored_instant


class NoSuchRecord(LookupError):
    """The org has no such record, or not in the state that the change needs."""


class Changes(SchemaChanges):
    """The changing half of `OrgStore`: records here, the schema in `schema_changes.py`."""

    clock: OrgClock
    lock: threading.RLock

    def insert(self, object_name: str, values: Mapping[str, Any], *, at: datetime | None = None) -> str:
        """Add a record and return its 18-character id (made up unless `values` has one).

        Args:
            at: its SystemModstamp and, unless given, CreatedDate; default is the org's clock.

        Raises:
            ValueError: unknown field, unfit value, or the id is taken.
        """
        one = self.schema.objects[object_name]
        with self.writing() as connection:
            stamp = at or self.clock.now_to_the_second()
            row = dict(values)
            row.setdefault("Id", self._next_id(connection, one))
            for name in ("LastModifiedDate", "SystemModstamp"):
                if name in one.fields:
                    row.setdefault(name, stamp)
            row = with_system_fields(one, _with_name(one, row), stamp)
            for flag in (f.name for f in one.stored if f.type == "boolean"):
                row.setdefault(flag, False)
            stored = store_row(one, row)
            columns = ", ".join(quoted(name) for name in stored)
            marks = ", ".join("?" * len(stored))
            try:
                connection.execute(
                    f"INSERT INTO {quoted(one.name)} ({columns}) VALUES ({marks})", list(stored.values())
                )
            except sqlite3.IntegrityError:
                raise ValueError(f"{one.name} {row['Id']} exists already") from None
            self._note(connection, "insert", one, stored["Id"], stored, stamp)
            self._track(connection, one, stored["Id"], {}, stamp)
            return str(stored["Id"])

    def update(
        self, object_name: str, record_id: str, values: Mapping[str, Any], *, at: datetime | None = None
    ) -> None:
        """Change fields of a living record and stamp it.

        Raises:
            NoSuchRecord: not there, or deleted.
            ValueError: unknown field or unfit value.
        """
        one = self.schema.objects[object_name]
        with self.writing() as connection:
            stamp = at or self.clock.now_to_the_second()
            key = self._require(connection, one, record_id, deleted=False)
            before = self._read(connection, one, key) if one.name in KEEPS_HISTORY else {}
            self._write(connection, one, key, {**values, **_stamps(one, stamp)})
            self._note(connection, "update", one, key, store_row(one, values), stamp)
            if before:
                self._track(connection, one, key, before, stamp)

    def set_calculated(self, object_name: str, record_id: str, values: Mapping[str, Any]) -> None:
        """A formula gives another value: no stamp moves, as in Salesforce.

        Raises:
            ValueError: one of the fields is not calculated.
        """
        one = self.schema.objects[object_name]
        plain = [name for name in values if not one.fields[name].calculated]
        if plain:
            raise ValueError(f"{one.name}.{plain[0]} is not calculated: update it instead")
        with self.writing() as connection:
            key = self._require(connection, one, record_id)
            self._write(connection, one, key, values)
            self._note(connection, "calculate", one, key, store_row(one, values), self.clock.now_to_the_second())

    def delete(self, object_name: str, record_id: str, *, at: datetime | None = None) -> None:
        """Put a record into the Recycle Bin; an object without IsDeleted loses it at once."""
        one = self.schema.objects[object_name]
        if "IsDeleted" not in one.fields:
            self.hard_delete(object_name, record_id, at=at)
            return
        with self.writing() as connection:
            stamp = at or self.clock.now_to_the_second()
            key = self._require(connection, one, record_id, deleted=False)
            self._write(connection, one, key, {"IsDeleted": True, **_stamps(one, stamp)})
            self._log_deletion(connection, one, key, stamp)
            self._note(connection, "delete", one, key, {}, stamp)

    def undelete(self, object_name: str, record_id: str, *, at: datetime | None = None) -> None:
        """Take a record out of the Recycle Bin."""
        one = self.schema.objects[object_name]
        with self.writing() as connection:
            stamp = at or self.clock.now_to_the_second()
            key = self._require(connection, one, record_id, deleted=True)
            self._write(connection, one, key, {"IsDeleted": False, **_stamps(one, stamp)})
            connection.execute('DELETE FROM "~deleted" WHERE object = ? AND id = ?', (one.name, key))
            self._note(connection, "undelete", one, key, {}, stamp)

    def hard_delete(self, object_name: str, record_id: str, *, at: datetime | None = None) -> None:
        """Remove a record for good, from the Recycle Bin too; only the log of deletions still knows its id."""
        one = self.schema.objects[object_name]
        with self.writing() as connection:
            stamp = at or self.clock.now_to_the_second()
            key = self._require(connection, one, record_id)
            connection.execute(f"DELETE FROM {quoted(one.name)} WHERE Id = ?", (key,))
            self._log_deletion(connection, one, key, stamp)
            self._note(connection, "hard_delete", one, key, {}, stamp)

    def purge_recycle_bin(self, object_name: str) -> int:
        """Empty the Recycle Bin of one object, as Salesforce does after 15 days; returns how many records went."""
        one = self.schema.objects[object_name]
        with self.writing() as connection:
            gone = [
                row[0]
                for row in connection.execute(f"SELECT Id FROM {quoted(one.name)} WHERE IsDeleted = 1 ORDER BY Id")
            ]
            for key in gone:
                connection.execute(f"DELETE FROM {quoted(one.name)} WHERE Id = ?", (key,))
                self._note(connection, "purge", one, key, {}, self.clock.now_to_the_second())
            return len(gone)

    def purge_deleted_log(self) -> None:
        """Forget all deletions so far: `deleted/` then tells that it begins now, which leaves readers with a gap."""
        with self.writing() as connection:
            now = stored_instant(self.clock.now_to_the_second())
            connection.execute('DELETE FROM "~deleted"')
            connection.execute("UPDATE \"~meta\" SET value = ? WHERE name = 'deleted_log_starts'", (now,))

    def merge(self, object_name: str, winner_id: str, loser_id: str, *, at: datetime | None = None) -> None:
        """Merge two accounts, contacts or leads: the loser is deleted, what refers to it refers to the winner."""
        one = self.schema.objects[object_name]
        if "MasterRecordId" not in one.fields:
            raise ValueError(f"{one.name} cannot be merged")
        with self.writing() as connection:
            stamp = at or self.clock.now_to_the_second()
            winner = self._require(connection, one, winner_id, deleted=False)
            loser = self._require(connection, one, loser_id, deleted=False)
            if winner == loser:
                raise ValueError(f"{one.name} {winner} cannot be merged with itself")
            for other in self.schema.objects.values():
                for reference in other.stored:
                    if one.name in reference.reference_to and reference.name != "MasterRecordId":
                        self._repoint(connection, other, reference.name, loser, winner, stamp)
            self._write(connection, one, loser, {"IsDeleted": True, "MasterRecordId": winner, **_stamps(one, stamp)})
            self._write(connection, one, winner, _stamps(one, stamp))
            self._log_deletion(connection, one, loser, stamp)
            self._note(connection, "merge", one, loser, {"MasterRecordId": winner}, stamp)

    def history(self) -> list[dict[str, Any]]:
        """All changes since the org was made: number, at, kind, object, id, fields (as stored)."""
        with self.writing() as connection:
            names = ("number", "at", "kind", "object", "id", "fields")
            rows = connection.execute(f'SELECT {", ".join(names)} FROM "~changes" ORDER BY number').fetchall()
        return [{**dict(zip(names, row, strict=True)), "fields": json.loads(row[-1])} for row in rows]

    # Parts

    def _next_id(self, connection: sqlite3.Connection, one: ObjectSchema) -> str:
        name = f"made:{one.prefix}"
        found = connection.execute('SELECT value FROM "~meta" WHERE name = ?', (name,)).fetchone()
        number = int(found[0]) + 1 if found else 1001
        connection.execute('INSERT OR REPLACE INTO "~meta" VALUES (?, ?)', (name, str(number)))
        return made_id(one.prefix, number)

    def _require(
        self, connection: sqlite3.Connection, one: ObjectSchema, record_id: str, deleted: bool | None = None
    ) -> str:
        key = id18(record_id)
        flag = "IsDeleted" if "IsDeleted" in one.fields else "0"
        found = connection.execute(f"SELECT {flag} FROM {quoted(one.name)} WHERE Id = ?", (key,)).fetchone()
        if found is None:
            raise NoSuchRecord(f"the org has no {one.name} {key}")
        if deleted is not None and bool(found[0]) != deleted:
            raise NoSuchRecord(f"{one.name} {key} is {'deleted' if found[0] else 'not deleted'}")
        return key

    def _write(self, connection: sqlite3.Connection, one: ObjectSchema, key: str, values: Mapping[str, Any]) -> None:
        stored = store_row(one, values)
        if stored:
            settings = ", ".join(f"{quoted(name)} = ?" for name in stored)
            connection.execute(f"UPDATE {quoted(one.name)} SET {settings} WHERE Id = ?", [*stored.values(), key])

    def _read(self, connection: sqlite3.Connection, one: ObjectSchema, key: str) -> dict[str, Any]:
        columns = one.stored
        names = ", ".join(quoted(f.name) for f in columns)
        row = connection.execute(f"SELECT {names} FROM {quoted(one.name)} WHERE Id = ?", (key,)).fetchone()
        return {f.name: from_stored(f, value) for f, value in zip(columns, row, strict=True)}

    def _track(
        self, connection: sqlite3.Connection, one: ObjectSchema, key: str, before: Mapping[str, Any], stamp: datetime
    ) -> None:
        if one.name not in KEEPS_HISTORY:
            return
        for history, values in history_rows(one.name, key, before, self._read(connection, one, key)):
            if history in self.schema.objects:
                known = self.schema.objects[history].fields
                self.insert(history, {name: value for name, value in values.items() if name in known}, at=stamp)

    def _repoint(
        self, connection: sqlite3.Connection, one: ObjectSchema, field: str, loser: str, winner: str, stamp: datetime
    ) -> None:
        keys = [
            row[0]
            for row in connection.execute(f"SELECT Id FROM {quoted(one.name)} WHERE {quoted(field)} = ?", (loser,))
        ]
        for key in keys:
            self._write(connection, one, key, {field: winner, **_stamps(one, stamp)})
            self._note(connection, "update", one, key, {field: winner}, stamp)

    def _log_deletion(self, connection: sqlite3.Connection, one: ObjectSchema, key: str, stamp: datetime) -> None:
        connection.execute('INSERT OR REPLACE INTO "~deleted" VALUES (?, ?, ?)', (one.name, key, stored_instant(stamp)))

    def _note(
        self,
        connection: sqlite3.Connection,
        kind: str,
        one: ObjectSchema,
        key: str,
        stored: Mapping[str, Any],
        stamp: datetime,
    ) -> None:
        connection.execute(
            'INSERT INTO "~changes" (at, kind, object, id, fields) VALUES (?, ?, ?, ?, ?)',
            (stored_instant(stamp), kind, one.name, key, json.dumps(stored)),
        )


def _stamps(one: ObjectSchema, stamp: datetime) -> dict[str, Any]:
    return {name: stamp for name in ("LastModifiedDate", "SystemModstamp") if name in one.fields}


def _with_name(one: ObjectSchema, row: dict[str, Any]) -> dict[str, Any]:
    """People's Name is put together from first and last name, as Salesforce does."""
    if "LastName" in one.fields and "Name" in one.fields and not row.get("Name"):
        row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)
    return row
