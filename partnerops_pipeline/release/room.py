"""Telling a full disk or spent memory apart from other failures, wherever they surface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from partnerops_pipeline.errors import ResourceExhausted, is_disk_full


def lack_of_room(error: Exception | str, folder: Path) -> ResourceExhausted | None:
    """The error to raise when one of DuckDB or of the system, or what a process said, tells of a full disk or of spent
    memory, else None."""
    lowered = str(error).lower()
    if is_disk_full(error):
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
    except (OSError, duckdb.Error) as error:
        if lack := lack_of_room(error, folder):
            raise lack from error
        raise
