"""The scratch warehouse: a copy of the last run's, where somebody may build one model and look at failing rows.

The warehouse of the main job is never opened for it, nor locked: its file is copied, and a copy during which the file
changed is thrown away. A run that starts meanwhile does not even notice.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from partnerops_pipeline.lake import duck
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.connection import connect
from partnerops_pipeline.warehouse.errors import NoWarehouse, WarehouseLocked
from partnerops_pipeline.warehouse.evidence import evidence_path
from partnerops_pipeline.warehouse.lock import holder
from partnerops_pipeline.warehouse.transform import LOCK

ANEW = "`partnerops dbt --fresh` makes it anew from the last run"
_OLDER = "the other tables are not those of the last run"


@dataclass(frozen=True)
class Origin:
    """What a scratch warehouse was made from.

    `copied` tells one state of the main job's file from another; "" for a scratch that started empty. `as_of`,
    `known_at` and `binding_id` are of the run that was copied; None where there was none. `is_own` says that somebody
    has asked dbt to build something in it since.
    """

    copied: str
    as_of: date | None
    known_at: datetime | None
    binding_id: str | None
    is_own: bool


@dataclass(frozen=True)
class Prepared:
    """A scratch warehouse that is there now; `said` is what the person should know about it, a sentence or "" ."""

    origin: Origin
    said: str


def scratch_path(settings: Settings) -> Path:
    """Named as the main job's file: the stem is the database's name in every view that dbt made."""
    return settings.state / "scratch" / settings.warehouse_path.name


def prepare(settings: Settings, *, fresh: bool = False) -> Prepared:
    """Make sure that there is a scratch warehouse; the caller holds the lock `scratch`.

    A scratch in which nobody has built anything follows the last run by itself. What somebody has built stays until
    `fresh` is asked for.

    Args:
        fresh: make it anew from the last run, whatever is in it.

    Raises:
        WarehouseLocked: `fresh`, while a run changes the warehouse; the scratch is as it was.
        NoWarehouse: the scratch, or the main job's file, is not a DuckDB database.
        ResourceExhausted: the disk is full; the scratch is as it was.
    """
    scratch = scratch_path(settings)
    _remove(_workshop(scratch))
    exists = scratch.exists()
    origin = None if fresh or not exists else _read(scratch)
    last = _state_of(settings.warehouse_path)
    if origin is not None and (origin.copied == last or not last or origin.is_own):
        is_behind = last not in ("", origin.copied)
        return Prepared(origin, f"The scratch warehouse holds what you built; {_OLDER}; {ANEW}." if is_behind else "")
    if not last:
        told = "There is no warehouse of a run yet, so the scratch warehouse starts empty."
        return Prepared(_start_empty(scratch), told)
    if _copy(settings, scratch):
        return _copied(settings, scratch)
    busy = holder(settings.locks, LOCK)
    who = f"process {busy.pid} is {busy.what} just now" if busy else "the last run's warehouse is changing just now"
    if exists and fresh:
        raise WarehouseLocked(
            f"The scratch warehouse was not made anew, because {who}.", "It is as it was; try again when that is over."
        )
    who = who[0].upper() + who[1:]
    if origin is not None:
        return Prepared(origin, f"{who}, so the scratch warehouse is still the one from before that run.")
    return Prepared(_start_empty(scratch), f"{who}, so the scratch warehouse starts empty; {ANEW} when that is over.")


def mark_as_own(settings: Settings) -> None:
    """Remember that somebody builds in the scratch: it is not replaced any more without being asked."""
    with closing(connect(scratch_path(settings))) as scratch:
        scratch.execute("UPDATE meta.scratch_origin SET is_own = true")


def _state_of(warehouse: Path) -> str:
    """Tells one state of a DuckDB file, with its write-ahead log, from another; "" where there is no file."""
    if not warehouse.exists():
        return ""
    said = []
    for path in (warehouse, _log_of(warehouse)):
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            said.append(f"{found.st_ino} {found.st_size} {found.st_mtime_ns}")
    return ", ".join(said)


def _copy(settings: Settings, scratch: Path) -> bool:
    """Put a copy of the main job's warehouse in the place of the scratch, in one step; False where it was changing."""
    source, workshop = settings.warehouse_path, _workshop(scratch)
    part = workshop / scratch.name  # a log that a killed run left is read in again only under the same name
    with duck.full_disk_is_said(scratch.parent), _made(workshop):
        before = _state_of(source)
        if holder(settings.locks, LOCK) is not None:
            return False
        try:
            shutil.copyfile(source, part)
            if _log_of(source).exists():
                shutil.copyfile(_log_of(source), _log_of(part))
        except FileNotFoundError:
            return False
        if holder(settings.locks, LOCK) is not None or _state_of(source) != before:
            return False
        try:
            _write_origin(part, before)
        except NoWarehouse:
            raise NoWarehouse(
                f"{source} is no DuckDB database that this version reads, so there is nothing to copy.",
                "Move it away and build it anew: partnerops run.",
            ) from None
        _put(part, scratch)
    return True


def _write_origin(warehouse: Path, copied: str) -> None:
    """Into the copy itself, so that file and origin come into place together. Closing works the log in."""
    with closing(connect(warehouse)) as part:
        part.execute("CREATE SCHEMA IF NOT EXISTS meta")
        part.execute(
            """CREATE OR REPLACE TABLE meta.scratch_origin (
                   copied VARCHAR, as_of DATE, known_at TIMESTAMP, binding_id VARCHAR, is_own BOOLEAN)"""
        )
        as_of = known_at = binding_id = None
        with contextlib.suppress(duckdb.CatalogException):  # a warehouse that nothing was bound to yet
            as_of, known_at, binding_id = part.execute(
                "SELECT as_of, known_at, (SELECT any_value(binding_id) FROM meta.binding) FROM meta.clock"
            ).fetchone() or (None, None, None)
        found = [copied, as_of, known_at, binding_id, False]
        part.execute("INSERT INTO meta.scratch_origin VALUES (?, ?, ?, ?, ?)", found)


def _read(scratch: Path) -> Origin:
    try:
        with closing(connect(scratch, read_only=True)) as warehouse:
            question = "SELECT copied, as_of, known_at, binding_id, is_own FROM meta.scratch_origin"
            found = warehouse.execute(question).fetchone()
    except NoWarehouse:
        raise NoWarehouse(f"{scratch} is no DuckDB database that this version reads.", f"{ANEW}.") from None
    except duckdb.CatalogException:
        found = None  # made by an earlier version, or by hand: whoever did it may want to keep it
    if found is None:
        return Origin("", None, None, None, True)
    copied, as_of, known_at, binding_id, is_own = found
    return Origin(copied, as_of, known_at.replace(tzinfo=UTC) if known_at else None, binding_id, is_own)


def _copied(settings: Settings, scratch: Path) -> Prepared:
    origin = _read(scratch)
    of_day = f" (as of {origin.as_of})" if origin.as_of else ""
    broken_off = not evidence_path(settings.warehouse_path).exists()
    end = ", which did not come to its end: some tables may be missing, or older" if broken_off else ""
    return Prepared(origin, f"The scratch warehouse is a copy of the last run's{of_day}{end}.")


def _start_empty(scratch: Path) -> Origin:
    workshop = _workshop(scratch)
    with duck.full_disk_is_said(scratch.parent), _made(workshop):
        _write_origin(workshop / scratch.name, "")
        _put(workshop / scratch.name, scratch)
    return _read(scratch)


def _put(part: Path, scratch: Path) -> None:
    _log_of(scratch).unlink(missing_ok=True)  # of the scratch that is replaced: it must not be read into the new one
    part.replace(scratch)


@contextlib.contextmanager
def _made(workshop: Path) -> Iterator[None]:
    workshop.mkdir(parents=True)
    try:
        yield
    finally:
        _remove(workshop)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _workshop(scratch: Path) -> Path:
    return scratch.parent / "copying"


def _log_of(warehouse: Path) -> Path:
    return warehouse.with_name(f"{warehouse.name}.wal")
