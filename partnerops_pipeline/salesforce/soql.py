"""SOQL texts, built from checked names and typed values only. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from partnerops_pipeline.errors import ConfigurationError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}\Z")
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\Z")
BYTES_PER_ID = 27
"""Of an id in an address, with its quotes and comma written as %27 and %2C."""


def checked_name(name: str) -> str:
    """An API name, or an error: names come from a file that people edit, and go into a query as they are."""
    if not _NAME.match(name):
        raise ConfigurationError(
            f"{name!r} is not a Salesforce API name.", "Use letters, digits and underscores, as in Partner_Tier__c."
        )
    return name


def instant(moment: datetime) -> str:
    """A SOQL dateTime literal in UTC, to the second: `2026-06-30T23:59:59Z`. Refuses an instant without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be put into a query")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def window_clause(cursor: str | None, low: datetime | None, high: datetime | None) -> str:
    """`` WHERE …`` for cursor >= low AND cursor < high; empty without a cursor or bounds."""
    if cursor is None:
        return ""
    name = checked_name(cursor)
    parts = []
    if low is not None:
        parts.append(f"{name} >= {instant(low)}")
    if high is not None:
        parts.append(f"{name} < {instant(high)}")
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def id_clause(ids: Iterable[str]) -> str:
    """``Id IN ('…', …)``, of nothing but ids."""
    return "Id IN (" + ", ".join(f"'{one}'" for one in ids if _ID.match(one)) + ")"


def select(object_name: str, fields: Sequence[str], where: str = "") -> str:
    """One query over named fields. No ORDER BY and no LIMIT: either switches off Salesforce's own PK chunking."""
    if not fields:
        raise ValueError(f"no field of {object_name} to select")
    return f"SELECT {', '.join(checked_name(field) for field in fields)} FROM {checked_name(object_name)}{where}"


def count(object_name: str, where: str = "") -> str:
    return f"SELECT COUNT() FROM {checked_name(object_name)}{where}"
