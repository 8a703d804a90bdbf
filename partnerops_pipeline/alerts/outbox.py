"""The memory of the alerts and the messages on their way, in one SQLite file.

What is decided and what is to be sent are written in one transaction, before anything is sent. A message is marked as
in flight before the request and as sent after the answer, so that after a kill it is known which messages may have
arrived. The file changes no number: where it is lost, every open gap is told once more.
"""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from partnerops_pipeline.alerts.errors import AlertMemoryUnreadable, AnotherSender
from partnerops_pipeline.alerts.memory import AlertState, GroupKey
from partnerops_pipeline.alerts.notification import Item, Notification
from partnerops_pipeline.alerts.stored_form import (
    read_group,
    read_notification,
    read_tracked,
    write_group,
    write_notification,
    write_tracked,
)
from partnerops_pipeline.errors import ResourceExhausted

_VERSION = 1
SILENT_AFTER = timedelta(hours=26)
"""Without an evaluation for so long, silence means nothing: one daily run and two hours."""
_BUSY_SECONDS = 10.0
_PAUSE_SECONDS = 0.05

Decide = Callable[[AlertState], tuple[AlertState, Sequence[Notification]]]


@dataclass(frozen=True)
class Delivery:
    """A notification that waits for a channel. `attempts` ended; of `unsure_attempts` nobody knows how."""

    notification: Notification
    channel: str
    attempts: int
    unsure_attempts: int
    next_attempt_at: datetime


@dataclass(frozen=True)
class Health:
    """Whether alerting itself is alive.

    Attributes:
        evaluated_at: the newest evaluation that was taken in; None before the first.
        as_of: the latest day that an evaluation was of; None before the first.
        waiting: deliveries that wait, over all channels.
        waiting_since: when the oldest of them was decided.
        unheard: deliveries that ended without anybody knowing that they arrived.
    """

    evaluated_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    unheard: int
    as_of: date | None = None

    def is_alive(self, now: datetime, within: timedelta = SILENT_AFTER) -> bool:
        """False when the rules have not been evaluated for so long that silence means nothing."""
        return self.evaluated_at is not None and now - self.evaluated_at <= within


class Outbox:
    """Open it with `open_outbox`; one transaction per call, safe to share between processes."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def state(self) -> AlertState:
        """What the state machine remembers."""
        with self._transaction("DEFERRED"):
            return self._read_state()

    def decide(
        self,
        decide: Decide,
        channels: Iterable[str],
        now: datetime,
        evaluated_at: datetime | None = None,
        as_of: date | None = None,
    ) -> tuple[Notification, ...]:
        """Run a step and write its result, new memory and new messages, in one transaction.

        Args:
            decide: from the memory to the new memory and what to tell; nothing is written if it raises.
            channels: the names of the channels that are to send.
            evaluated_at, as_of: the evaluation that was taken in, and its day, for `health`.
        """
        with self._transaction():
            before = self._read_state()
            after, notifications = decide(before)
            self._write_state(before, after)
            for notification in notifications:
                self._connection.execute(
                    "INSERT INTO notification (id, body) VALUES (?, ?)",
                    (notification.id, write_notification(notification)),
                )
                self._connection.executemany(
                    "INSERT INTO delivery (notification_id, channel, next_attempt_at) VALUES (?, ?, ?)",
                    [(notification.id, channel, _text(now)) for channel in channels],
                )
            facts = [
                ("evaluated_at", _text(evaluated_at) if evaluated_at else None),
                ("as_of", as_of.isoformat() if as_of else None),
            ]
            self._connection.executemany(
                "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
                [fact for fact in facts if fact[1] is not None],
            )
        return tuple(notifications)

    def next_waiting(self, channel: str) -> Delivery | None:
        """The oldest message that waits for a channel. An attempt that a dead process left in flight counts as unsure.

        Call it only while holding `sending`.
        """
        with self._transaction():
            self._connection.execute(
                "UPDATE delivery SET in_flight = 0, unsure_attempts = unsure_attempts + 1"
                " WHERE channel = ? AND in_flight = 1",
                (channel,),
            )
            row = self._connection.execute(
                "SELECT body, attempts, unsure_attempts, next_attempt_at"
                " FROM delivery JOIN notification ON id = notification_id"
                " WHERE channel = ? AND status = 'waiting' ORDER BY sequence LIMIT 1",
                (channel,),
            ).fetchone()
        if row is None:
            return None
        return Delivery(read_notification(row[0]), channel, row[1], row[2], datetime.fromisoformat(row[3]))

    def begin(self, delivery: Delivery) -> None:
        """Note, before the request goes out, that it may arrive."""
        self._update(delivery, "attempts = attempts + 1, in_flight = 1")

    def put_off(self, delivery: Delivery, until: datetime, why: str, *, unsure: bool) -> None:
        """The attempt failed; try again at `until`."""
        self._update(
            delivery,
            "in_flight = 0, unsure_attempts = unsure_attempts + ?, next_attempt_at = ?, why = ?",
            (int(unsure), _text(until), why),
        )

    def end(self, delivery: Delivery, status: str, now: datetime, why: str = "", told: Iterable[Item] = ()) -> None:
        """The delivery is over: sent, superseded, refused or unsure. `told` are the gaps the channel has heard of."""
        with self._transaction():
            self._connection.execute(
                "UPDATE delivery SET in_flight = 0, status = ?, ended_at = ?, why = ?"
                " WHERE notification_id = ? AND channel = ?",
                (status, _text(now), why, delivery.notification.id, delivery.channel),
            )
            self._connection.executemany(
                "INSERT INTO told VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [(delivery.channel, item.seen.gap_id, item.episode) for item in told],
            )

    def has_heard(self, channel: str, item: Item) -> bool:
        """Whether the channel was told, or may have been told, of this episode of the gap."""
        with self._transaction("DEFERRED"):
            found = self._connection.execute(
                "SELECT 1 FROM told WHERE channel = ? AND gap_id = ? AND episode = ?",
                (channel, item.seen.gap_id, item.episode),
            ).fetchone()
        return found is not None

    def health(self) -> Health:
        """How alerting itself is doing."""
        with self._transaction("DEFERRED"):
            facts = dict(self._connection.execute("SELECT name, value FROM fact").fetchall())
            waiting, oldest = self._connection.execute(
                "SELECT count(*), min(json_extract(body, '$.decided_at'))"
                " FROM delivery JOIN notification ON id = notification_id WHERE status = 'waiting'"
            ).fetchone()
            unheard = self._connection.execute(
                "SELECT count(*) FROM delivery WHERE status IN ('refused', 'unsure')"
            ).fetchone()
        return Health(
            evaluated_at=datetime.fromisoformat(facts["evaluated_at"]) if "evaluated_at" in facts else None,
            waiting=waiting,
            waiting_since=datetime.fromisoformat(oldest) if oldest else None,
            unheard=unheard[0],
            as_of=date.fromisoformat(facts["as_of"]) if "as_of" in facts else None,
        )

    @contextlib.contextmanager
    def sending(self, wait_seconds: float = 5.0) -> Iterator[None]:
        """Be the only sender for the block: a kernel lock, which ends with the process however it ends.

        Raises:
            AnotherSender: another process, or another thread, still sends after `wait_seconds`.
        """
        last = time.monotonic() + wait_seconds
        with self._path.with_suffix(".lock").open("a") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= last:
                        raise AnotherSender(
                            f"Another process is sending the alerts of {self._path.name}.",
                            "Nothing is lost: what is new waits in the outbox and is sent by it or by the next run.",
                        ) from None
                time.sleep(_PAUSE_SECONDS)
            yield

    def _read_state(self) -> AlertState:
        rows = self._connection.execute
        return AlertState(
            {gap_id: read_tracked(body) for gap_id, body in rows("SELECT gap_id, body FROM gap ORDER BY gap_id")},
            {
                GroupKey(owner, source): read_group(body)
                for owner, source, body in rows("SELECT owner_team, source, body FROM gap_group ORDER BY 1, 2")
            },
        )

    def _write_state(self, before: AlertState, after: AlertState) -> None:
        run = self._connection.executemany
        run("DELETE FROM gap WHERE gap_id = ?", [(gap_id,) for gap_id in before.gaps.keys() - after.gaps.keys()])
        changed = {gap_id: gap for gap_id, gap in after.gaps.items() if before.gaps.get(gap_id) != gap}
        run("INSERT OR REPLACE INTO gap VALUES (?, ?)", [(key, write_tracked(gap)) for key, gap in changed.items()])
        run("DELETE FROM gap_group WHERE owner_team = ? AND source = ?", list(before.groups.keys()))
        run(
            "INSERT INTO gap_group VALUES (?, ?, ?)",
            [(*key, write_group(group)) for key, group in after.groups.items()],
        )

    def _update(self, delivery: Delivery, change: str, values: tuple[object, ...] = ()) -> None:
        with self._transaction():
            self._connection.execute(
                f"UPDATE delivery SET {change} WHERE notification_id = ? AND channel = ?",
                (*values, delivery.notification.id, delivery.channel),
            )

    @contextlib.contextmanager
    def _transaction(self, begin: str = "IMMEDIATE") -> Iterator[None]:
        with _in_words(self._path):
            self._connection.execute(f"BEGIN {begin}")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


@contextlib.contextmanager
def open_outbox(path: Path) -> Iterator[Outbox]:
    """Open the outbox (usually `state/alerts.sqlite`), and make it where there is none.

    Raises:
        AlertMemoryUnreadable: the file is damaged, or a newer version of the product made it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _in_words(path):
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    with contextlib.closing(connection):
        with _in_words(path):
            # FULL: a message that was marked as sent stays so after a power cut, too.
            connection.execute("PRAGMA synchronous = FULL")
            _make_tables(connection, path)
        yield Outbox(connection, path)


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """SQLite's errors, sorted by what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise AnotherSender(
                f"Another process has been writing {path.name} for more than {_BUSY_SECONDS:g} s.",
                "Run again when it has ended; nothing is lost.",
            ) from None
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise ResourceExhausted(
                f"The memory of the alerts, {path.name}, cannot be written ({error}).",
                "Make room and give the process the right to write there; nothing that was sent is forgotten.",
            ) from None
        raise AlertMemoryUnreadable(
            f"The memory of the alerts, {path.name}, cannot be used ({error}).",
            "Move the file away and run again: every open gap is then told once more, and no number changes.",
        ) from None


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    # Asked first without a lock: who only looks needs no right to write.
    if _version_of(connection) == 0:
        connection.execute("BEGIN IMMEDIATE")
        if _version_of(connection) == 0:  # no other process has made them meanwhile
            script = files(__package__).joinpath("outbox.sql").read_text(encoding="utf-8")
            # Not `executescript`: it commits first, and another process could then make the tables in between.
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
    if (version := _version_of(connection)) > _VERSION:
        raise AlertMemoryUnreadable(
            f"The memory of the alerts, {path.name}, was made by a newer version (format {version}, known {_VERSION}).",
            "Use that version, or move the file away: every open gap is then told once more.",
        )


def _version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _text(instant: datetime) -> str:
    """UTC with six digits, so that texts sort as instants do."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
