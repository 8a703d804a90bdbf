"""Which stretch of time one run reads. Pure: the clock is an argument, and it is Salesforce's, not ours.

A record can be committed with a stamp earlier than one that was read before (airbyte #27146 saw five minutes), so a run
stays `LAG` behind the server's clock and reads `OVERLAP` of the last window again. What was read twice is recognised
by the lake and not stored twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

OVERLAP = timedelta(minutes=10)
LAG = timedelta(minutes=3)


@dataclass(frozen=True)
class Window:
    """Half-open [low, high). `low` None = from the beginning of time; `high` is the watermark to be kept."""

    low: datetime | None
    high: datetime

    @property
    def empty(self) -> bool:
        return self.low is not None and self.low >= self.high


def next_window(watermark: datetime | None, server_time: datetime, *, full: bool = False) -> Window:
    """The window of this run.

    Args:
        watermark: `high` of the last committed run, or None for the first.
        server_time: Salesforce's clock, aware.
        full: read everything again, whatever was read before.

    The watermark never moves back, even if the server's clock does. The first run has no lower bound: history is whole.
    """
    high = (server_time - LAG).replace(microsecond=0)
    if watermark is not None and watermark > high:
        high = watermark
    if watermark is None or full:
        return Window(None, high)
    return Window(watermark - OVERLAP, high)


def midpoint(low: datetime, high: datetime) -> datetime | None:
    """The whole second in the middle of [low, high); None where there is nothing to cut: SOQL compares by seconds."""
    middle = (low + (high - low) / 2).replace(microsecond=0)
    return middle if low < middle < high else None


def years_before(high: datetime) -> datetime:
    """A low end to halve an unbounded window with; the first half stays unbounded, so nothing depends on it."""
    return high - timedelta(days=8 * 365)
