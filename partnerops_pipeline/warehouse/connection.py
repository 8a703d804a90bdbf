"""Connections to the warehouse file, always in UTC."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from partnerops_pipeline.errors import is_disk_full
from partnerops_pipeline.lake.duck import full_disk
from partnerops_pipeline.warehouse.errors import NoWarehouse, WarehouseLocked

_LOCKED = "Could not set lock on file"
_HOLDER = re.compile(r"Conflicting lock is held in (.+?) \(PID (\d+)\)")


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open the warehouse. A writer shuts every other process out, a reader shuts out writers; keep it short.

    The session's zone is UTC: in another, a cast of an instant to a date is a day early.

    Raises:
        WarehouseLocked: another process has the file open; the message names it.
        NoWarehouse: there is no file to read, or it is not a DuckDB database.
        ResourceExhausted: the disk is full.
    """
    if read_only and not path.exists():
        raise NoWarehouse(f"There is no warehouse at {path} yet.", "Build it: partnerops run.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(path), read_only=read_only)
        connection.execute("SET TimeZone = 'UTC'")
    except (duckdb.Error, OSError) as error:
        translated = translate(error, path)
        raise translated or error from None
    return connection


def translate(error: BaseException | str, path: Path) -> Exception | None:
    """The sentence for what DuckDB said about the warehouse file; None where it is about something else."""
    said = str(error)
    if _LOCKED in said:
        found = _HOLDER.search(said)
        who = f"process {found[2]} ({found[1]})" if found else "another process"
        return WarehouseLocked(
            f"{path.name} is open in {who}.", "Close it there, or wait until it has ended; then run again."
        )
    if "different configuration" in said:
        return WarehouseLocked(
            f"{path.name} is open in this very process in another mode.", "Close that connection first."
        )
    if is_disk_full(error):
        return full_disk(path.parent)
    if "not a valid DuckDB database" in said or "storage version" in said.lower():
        return NoWarehouse(
            f"{path} is no DuckDB database that this version reads.", "Move it away and build it anew: partnerops run."
        )
    return None
