"""Telling a full disk or spent memory apart from other failures, wherever they surface."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from partnerops_pipeline.errors import ResourceExhausted

_DISK = (
    "no space left on device",
    "disk quota exceeded",
    "max_temp_directory_size",
    "not enough space",
    "file too large",
)
_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def lack_of_room(message: str, folder: Path) -> ResourceExhausted | None:
    """The error to raise when a message of DuckDB or of the system tells of a full disk or spent memory, else None."""
    lowered = message.lower()
    if any(sign in lowered for sign in _DISK):
        return ResourceExhausted(
            f"The disk that holds {folder} is full, so nothing was published and the current release stands.",
            "Free some space (`partnerops release prune` removes old releases) and run again.",
        )
    if "out of memory" in lowered or "failed to allocate" in lowered:
        return ResourceExhausted(
            "Memory ran out while the release was written, so nothing was published and the current release stands.",
            "Give the process more memory and run again.",
        )
    return None


@contextmanager
def room_for(folder: Path) -> Iterator[None]:
    """Turn a full disk or spent memory inside the block into `ResourceExhausted`; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in _ERRNOS and (lack := lack_of_room("no space left on device", folder)):
            raise lack from error
        raise
    except duckdb.Error as error:
        if lack := lack_of_room(str(error), folder):
            raise lack from error
        raise
