"""Where half-done downloads lie, one folder per object, held by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from partnerops_pipeline.errors import is_disk_full
from partnerops_pipeline.lake.duck import full_disk
from partnerops_pipeline.salesforce.errors import AnotherExtraction
from partnerops_pipeline.salesforce.objects import ObjectSpec


class ObjectSpool:
    """The folder of one object while this process holds it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, batch_id: str) -> Path:
        """The folder of one batch, which may hold what an earlier run of the same batch fetched."""
        folder = self._root / batch_id
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def clear(self, keep: Collection[str] = ()) -> None:
        """Remove the folders of all batches but some."""
        for folder in self._root.iterdir():
            if folder.is_dir() and folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)


def nothing_kept() -> Collection[str]:
    """No batch is under way."""
    return ()


@contextlib.contextmanager
def open_spool(
    spool: Path, spec: ObjectSpec, keep: Callable[[], Collection[str]] = nothing_kept
) -> Iterator[ObjectSpool]:
    """Hold the object's spool: leftovers are removed first and at the end.

    Args:
        keep: tells which batches are under way; their folders stay, for this run or the next.

    The hold is a kernel lock, which dies with its process: a killed run never leaves it behind.

    Raises:
        AnotherExtraction: another process reads this object now.
        ResourceExhausted: the disk is full.
    """
    root = spool / spec.lake_table
    try:
        root.mkdir(parents=True, exist_ok=True)
        with (root / "lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                raise AnotherExtraction(
                    f"{spec.name} is being extracted already, by process {holder}.",
                    "Wait for that run to end, then run again.",
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            room = ObjectSpool(root)
            room.clear(keep())
            try:
                yield room
            finally:
                room.clear(keep())
    except OSError as error:
        raise (full_disk(spool) if is_disk_full(error) else error) from None
