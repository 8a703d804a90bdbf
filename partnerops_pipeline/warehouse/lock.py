"""Kernel locks: they end with the process that holds them, however it ends, and need no clock."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from partnerops_pipeline.warehouse.errors import WarehouseLocked

_PAUSE_SECONDS = 0.05
_SHORTEST_WAIT_SECONDS = 0.2
"""So that a glance of `holder`, which takes the lock for an instant, never counts as a refusal."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock: its id, its command line, and what it said it is doing."""

    pid: int
    command: str
    what: str


@contextlib.contextmanager
def hold(folder: Path, name: str, *, what: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock `folder/<name>.lock` for the block.

    Args:
        what: what the holder is doing, for the message that others get: "building the marts".
        wait_seconds: how long to wait for another holder to end.

    Raises:
        WarehouseLocked: another process, or another thread of this one, holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.lock"
    with path.open("a+", encoding="utf-8") as file:
        _take(file, path, name, max(wait_seconds, _SHORTEST_WAIT_SECONDS))
        try:
            file.seek(0)
            file.truncate()
            json.dump({"pid": os.getpid(), "command": _command(), "what": what}, file)
            file.flush()
            yield
        finally:
            # The file stays: removing it would let two processes hold locks on two files of one name.
            file.seek(0)
            file.truncate()
            file.flush()
            fcntl.flock(file, fcntl.LOCK_UN)


def holder(folder: Path, name: str) -> Holder | None:
    """Who holds the lock now; None where nobody does."""
    path = folder / f"{name}.lock"
    if not path.exists():
        return None
    with path.open("r", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(path)
        return None


def _take(file: IO[str], path: Path, name: str, wait_seconds: float) -> None:
    last = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= last:
                break
        time.sleep(_PAUSE_SECONDS)
    found = _read(path)
    who = "this very process" if found.pid == os.getpid() else f"process {found.pid} ({found.command})"
    raise WarehouseLocked(
        f"The lock `{name}` is held by {who}, which is {found.what}.",
        "Wait until it has ended, or end it; then run again.",
    )


def _read(path: Path) -> Holder:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Holder(int(said["pid"]), str(said["command"]), str(said["what"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Holder(0, "unknown", "starting or ending")  # between taking the lock and writing its name


def _command() -> str:
    return " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])[:200] or "python"
