"""What is under way: per object one batch of records and one of ids, its query jobs, and the pages of each that lie in
the spool already.

Kept in one SQLite file, so that a run that was killed, cut off or stopped by the quota is continued by the next at the
same job and the same locator (Salesforce holds results for seven days). Losing the file costs calls, never records.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from partnerops_pipeline.salesforce.typing_pages import BadValue, TypedPage

_TABLES = """
CREATE TABLE IF NOT EXISTS batch (
    object TEXT PRIMARY KEY, id TEXT NOT NULL, started_at TEXT NOT NULL, watermark TEXT, low TEXT, high TEXT,
    columns TEXT NOT NULL, counted INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS piece (
    number INTEGER PRIMARY KEY, batch TEXT NOT NULL, low TEXT, high TEXT, state TEXT NOT NULL,
    job TEXT, api_version TEXT, soql TEXT, soql_sha256 TEXT, processed INTEGER, following TEXT) STRICT;
CREATE TABLE IF NOT EXISTS page (
    piece INTEGER NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL, file TEXT, sha256 TEXT, rows INTEGER,
    announced INTEGER, bad_count INTEGER, bad_values TEXT, PRIMARY KEY (piece, number)) STRICT;
CREATE TABLE IF NOT EXISTS standing (object TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
_LISTED_ALL = ""


@dataclass(frozen=True)
class OpenBatch:
    """A batch that was begun: the id and time its rows carry, the lake's watermark it started from, its window,
    the columns asked for with their types, and how many rows Salesforce counted. `object` names what is read: records
    by their object, the comparison of all ids by `ids_of`."""

    object: str
    id: str
    started_at: datetime
    watermark: datetime | None
    low: datetime | None
    high: datetime | None
    columns: Mapping[str, str]
    counted: int


def ids_of(object_name: str) -> str:
    """How the comparison of an object's ids is named, beside the reading of its records."""
    return f"{object_name} ids"


@dataclass(frozen=True)
class Piece:
    """One stretch [low, high) of a batch's window, read by one job. `job` is None until Salesforce has given one;
    `processed` is the number of records that the complete job announced."""

    number: int
    batch: str
    low: datetime | None
    high: datetime | None
    state: str
    job: str | None
    api_version: str | None
    soql: str | None
    processed: int | None


@dataclass(frozen=True)
class ListedPage:
    """A page of results by its address; `number` counts from 0 within its job."""

    number: int
    path: str


class Ledger:
    """The SQLite file; safe for threads and for several processes, each of which holds its own objects."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        try:
            self._connection = _open(path)
        except sqlite3.OperationalError:
            raise  # locked, or the disk is full
        except sqlite3.DatabaseError:
            # damaged by a power cut or a half copy: what it knew is learnt again
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._connection = _open(path)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Batches

    def open_batch(self, object_name: str) -> OpenBatch | None:
        """The batch of an object that was begun and not ended."""
        row = self._one(
            "SELECT object, id, started_at, watermark, low, high, columns, counted FROM batch WHERE object = ?",
            object_name,
        )
        if row is None:
            return None
        name, batch_id, started, watermark, low, high, columns, counted = row
        moments = (_moment(watermark), _moment(low), _moment(high))
        return OpenBatch(name, batch_id, datetime.fromisoformat(started), *moments, json.loads(columns), counted)

    def begin(self, batch: OpenBatch) -> None:
        """Note a batch and its window as one piece; an older batch of the object is forgotten."""
        with self._writing() as connection:
            self._forget(connection, batch.object)
            connection.execute(
                "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    batch.object,
                    batch.id,
                    batch.started_at.isoformat(),
                    _text(batch.watermark),
                    _text(batch.low),
                    _text(batch.high),
                    json.dumps(dict(batch.columns)),
                    batch.counted,
                ),
            )
            _add_piece(connection, batch.id, batch.low, batch.high)

    def end(self, object_name: str) -> None:
        """Forget the object's batch: its rows are in the lake, or nobody wants them any more."""
        with self._writing() as connection:
            self._forget(connection, object_name)

    # Pieces

    def pieces(self, batch_id: str) -> list[Piece]:
        """In the order of their windows as they were planned; those that were split are left out."""
        rows = self._all(
            "SELECT number, batch, low, high, state, job, api_version, soql, processed FROM piece "
            "WHERE batch = ? AND state <> 'split' ORDER BY coalesce(low, ''), number",
            batch_id,
        )
        return [Piece(row[0], row[1], _moment(row[2]), _moment(row[3]), *row[4:]) for row in rows]

    def started(self, piece: Piece, job: str, api_version: str, soql: str) -> None:
        digest = hashlib.sha256(soql.encode()).hexdigest()
        self._write(
            "UPDATE piece SET state = 'started', job = ?, api_version = ?, soql = ?, soql_sha256 = ? WHERE number = ?",
            (job, api_version, soql, digest, piece.number),
        )

    def complete(self, piece: Piece, processed: int) -> None:
        self._write("UPDATE piece SET processed = ? WHERE number = ?", (processed, piece.number))

    def done(self, piece: Piece) -> None:
        self._write("UPDATE piece SET state = 'done' WHERE number = ?", (piece.number,))

    def restart(self, piece: Piece) -> None:
        """The job is gone or worthless: the piece needs a new one."""
        with self._writing() as connection:
            connection.execute("DELETE FROM page WHERE piece = ?", (piece.number,))
            connection.execute(
                "UPDATE piece SET state = 'planned', job = NULL, processed = NULL, following = NULL WHERE number = ?",
                (piece.number,),
            )

    def split(self, piece: Piece, middle: datetime) -> None:
        """Two pieces stand for one that was too much."""
        with self._writing() as connection:
            connection.execute("DELETE FROM page WHERE piece = ?", (piece.number,))
            connection.execute("UPDATE piece SET state = 'split' WHERE number = ?", (piece.number,))
            _add_piece(connection, piece.batch, piece.low, middle)
            _add_piece(connection, piece.batch, middle, piece.high)

    # Pages

    def following(self, piece: Piece) -> str | None:
        """Where the listing of pages goes on: None = it has not begun, "" = all are listed."""
        row = self._one("SELECT following FROM piece WHERE number = ?", piece.number)
        return row[0] if row else None

    def listed(self, piece: Piece, paths: Sequence[str], following: str | None) -> list[ListedPage]:
        """Note further pages and where the listing goes on after them (None: nowhere)."""
        with self._writing() as connection:
            first = connection.execute("SELECT count(*) FROM page WHERE piece = ?", (piece.number,)).fetchone()[0]
            pages = [ListedPage(first + at, path) for at, path in enumerate(paths)]
            connection.executemany(
                "INSERT INTO page (piece, number, path) VALUES (?, ?, ?)",
                [(piece.number, page.number, page.path) for page in pages],
            )
            connection.execute(
                "UPDATE piece SET following = ? WHERE number = ?", (following or _LISTED_ALL, piece.number)
            )
        return pages

    def missing(self, piece: Piece) -> list[ListedPage]:
        """Pages that are listed and not in the spool."""
        rows = self._all("SELECT number, path FROM page WHERE piece = ? AND file IS NULL ORDER BY number", piece.number)
        return [ListedPage(number, path) for number, path in rows]

    def arrived(self, piece: Piece, number: int, page: TypedPage, sha256: str) -> None:
        self._write(
            "UPDATE page SET file = ?, sha256 = ?, rows = ?, announced = ?, bad_count = ?, bad_values = ? "
            "WHERE piece = ? AND number = ?",
            (
                page.path.name,
                sha256,
                page.rows,
                page.announced,
                page.bad_count,
                json.dumps([[bad.record_id, bad.field, bad.value] for bad in page.bad_values]),
                piece.number,
                number,
            ),
        )

    def pages(self, piece: Piece, folder: Path) -> list[TypedPage]:
        """The pages of a piece that are in the spool, as they were typed."""
        return [page for _, _, page in self._arrived(piece, folder)]

    def drop_damaged(self, piece: Piece, folder: Path) -> int:
        """Forget pages whose file is gone or not what was written (a power cut, a half move); returns how many."""
        damaged = 0
        for number, sha256, page in self._arrived(piece, folder):
            if not page.path.is_file() or sha256_of(page.path) != sha256:
                damaged += 1
                self._write("UPDATE page SET file = NULL WHERE piece = ? AND number = ?", (piece.number, number))
        if damaged:
            self._write("UPDATE piece SET state = 'started' WHERE number = ? AND state = 'done'", (piece.number,))
        return damaged

    # Standing: a small JSON value per object, see `standing.py`

    def standing(self, object_name: str) -> dict[str, Any]:
        row = self._one("SELECT value FROM standing WHERE object = ?", object_name)
        return dict(json.loads(row[0])) if row else {}

    def keep_standing(self, object_name: str, value: Mapping[str, Any]) -> None:
        self._write(
            "INSERT OR REPLACE INTO standing VALUES (?, ?)", (object_name, json.dumps(dict(value), sort_keys=True))
        )

    # Parts

    def _arrived(self, piece: Piece, folder: Path) -> list[tuple[int, str, TypedPage]]:
        rows = self._all(
            "SELECT number, sha256, file, rows, announced, bad_count, bad_values FROM page "
            "WHERE piece = ? AND file IS NOT NULL ORDER BY number",
            piece.number,
        )
        return [
            (
                number,
                sha256,
                TypedPage(folder / file, count, tuple(BadValue(*bad) for bad in json.loads(values)), bad, announced),
            )
            for number, sha256, file, count, announced, bad, values in rows
        ]

    def _forget(self, connection: sqlite3.Connection, object_name: str) -> None:
        batches = "SELECT id FROM batch WHERE object = ?"
        pieces = f"SELECT number FROM piece WHERE batch IN ({batches})"
        connection.execute(f"DELETE FROM page WHERE piece IN ({pieces})", (object_name,))
        connection.execute(f"DELETE FROM piece WHERE batch IN ({batches})", (object_name,))
        connection.execute("DELETE FROM batch WHERE object = ?", (object_name,))

    def _one(self, query: str, *values: Any) -> Any:
        with self._lock:
            return self._connection.execute(query, values).fetchone()

    def _all(self, query: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        with self._writing() as connection:
            connection.execute(statement, values)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def sha256_of(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _add_piece(connection: sqlite3.Connection, batch: str, low: datetime | None, high: datetime | None) -> None:
    connection.execute(
        "INSERT INTO piece (batch, low, high, state) VALUES (?, ?, ?, 'planned')", (batch, _text(low), _text(high))
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
