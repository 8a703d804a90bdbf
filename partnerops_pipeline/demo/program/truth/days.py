"""From instants to days and back: the reporting time zone of the demo is UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


def day_of(at: datetime) -> date:
    """The UTC day of an instant. A day is meant with all its 24 hours: an instant counts on D if its day is ≤ D."""
    return at.astimezone(UTC).date()


def start_of(day: date) -> datetime:
    """Where a bare date stands when it is ordered against instants: at the first moment of its day."""
    return datetime.combine(day, time(), UTC)
