"""The org's own clock: starts where told, ticks with real elapsed time, never goes back, not even by a restart.

Everything that Salesforce dates (the `Date` header, SystemModstamp of a change, expiry of sessions and jobs) comes from
here, so that a demo of last year's programme behaves as it would have then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

RESERVED = timedelta(seconds=30)
"""The saved mark runs ahead by this much: after a kill the clock resumes later than anything it ever told."""


class OrgClock:
    """A monotonic UTC clock.

    Args:
        starts_at: the first instant that it may tell.
        save: called with a mark that a later clock must start at; at most every `RESERVED` of ticking.
    """

    def __init__(self, starts_at: datetime, save: Callable[[datetime], None] | None = None) -> None:
        if starts_at.tzinfo is None:
            raise ValueError("the org's clock needs an aware start")
        self._origin = starts_at.astimezone(UTC)
        self._zero = time.monotonic()
        self._save = save
        self._saved = self._origin
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The present instant of the org, to the microsecond."""
        with self._lock:
            moment = self._origin + timedelta(seconds=time.monotonic() - self._zero)
            mark = moment + RESERVED if self._save is not None and moment >= self._saved else None
            self._saved = mark or self._saved
        if mark is not None and self._save is not None:
            self._save(
                mark
            )  # outside the lock: a writer of the store asks for the time while it holds the store's lock
        return moment

    def now_to_the_second(self) -> datetime:
        """As stamps are written: Salesforce shows milliseconds but keeps whole seconds for SystemModstamp."""
        return self.now().replace(microsecond=0)

    def advance(self, by: timedelta) -> datetime:
        """Jump ahead, for tests; returns the new time.

        Raises:
            ValueError: `by` is negative: a server's clock does not go back.
        """
        if by < timedelta(0):
            raise ValueError("the org's clock does not go back")
        with self._lock:
            self._origin += by
        return self.now()
