"""Days and instants as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from partnerops_pipeline.errors import ConfigurationError


def parse_day(text: str) -> date:
    """A day as YYYY-MM-DD.

    Raises:
        ConfigurationError: not a day of the calendar.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"The as-of date {text!r} is not a day of the calendar.", "Write it as YYYY-MM-DD, for example 2026-06-30."
        ) from None


def parse_instant(text: str) -> datetime:
    """An instant as ISO 8601; without an offset it is UTC. A bare day means its first moment.

    Raises:
        ConfigurationError: not an instant.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"The known-at instant {text!r} is not a point in time.", "Write it as 2026-06-30T08:00:00Z."
        ) from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
