"""A diary of the inbox in `state/intake.sqlite`: which file came when and what became of it.

It answers "where did my file go?". Whether a file is known is decided by the lake alone, so losing the diary, or an old
copy of it, loses nothing and reads nothing twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from partnerops_pipeline.errors import ResourceExhausted

_SCHEMA = """CREATE TABLE IF NOT EXISTS files (
    at TEXT NOT NULL, profile TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL,
    rows INTEGER NOT NULL, rejected_rows INTEGER NOT NULL, reason TEXT NOT NULL, moved_to TEXT NOT NULL)"""


@dataclass(frozen=True)
class Entry:
    """One line of the diary; `moved_to` is relative to the inbox."""

    at: datetime
    profile: str
    file: str
    sha256: str
    state: str
    rows: int
    rejected_rows: int
    reason: str
    moved_to: str


def note(state: Path, entry: Entry) -> None:
    """Add a line. A diary that cannot be read is set aside and a new one begun.

    Raises:
        ResourceExhausted: the disk is full, or another program holds the file.
    """
    path = state / "intake.sqlite"
    state.mkdir(parents=True, exist_ok=True)
    try:
        _insert(path, entry)
    except sqlite3.OperationalError as error:
        raise ResourceExhausted(
            f"The diary of the inbox, {path}, cannot be written: {error}.",
            "Make room, or end the program that holds it; the file was landed and the next run puts it away.",
        ) from None
    except sqlite3.DatabaseError:
        path.replace(path.with_suffix(".unreadable"))
        _insert(path, entry)


def entries(state: Path, last: int = 100) -> list[Entry]:
    """The newest lines, newest first; none if there is no diary."""
    path = state / "intake.sqlite"
    if not path.exists():
        return []
    with _open(path) as connection:
        rows = connection.execute(
            "SELECT at, profile, file, sha256, state, rows, rejected_rows, reason, moved_to FROM files "
            "ORDER BY at DESC, rowid DESC LIMIT ?",
            (last,),
        ).fetchall()
    return [Entry(datetime.fromisoformat(row[0]), *row[1:]) for row in rows]


def _insert(path: Path, entry: Entry) -> None:
    with _open(path) as connection, connection:
        connection.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (entry.at.astimezone(UTC).isoformat(), entry.profile, entry.file, entry.sha256, entry.state, entry.rows,
             entry.rejected_rows, entry.reason, entry.moved_to),
        )  # fmt: skip


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=10)
    try:
        connection.execute(_SCHEMA)
        yield connection
    finally:
        connection.close()
