"""One writer of releases at a time, by a kernel lock that ends with the process that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.lock import hold

WAIT_SECONDS = 60.0
"""How long a publishing waits for another one, which takes seconds for a programme of ordinary size."""


@contextmanager
def release_lock(settings: Settings, what: str) -> Iterator[None]:
    """Hold the release lock for the block, waiting up to a minute for another publishing to end.

    Raises:
        Locked: another process holds it; the message names that process.
    """
    with hold(settings.locks, "release", what=what, wait_seconds=WAIT_SECONDS):
        yield
