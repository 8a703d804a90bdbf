"""Salesforce's log of deletions of one object: which records were deleted, for good or not, in the last fifteen days.

Reference: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from partnerops_pipeline.salesforce.errors import LogOfDeletionsRefused, UnusableAnswer
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.window import OVERLAP

LOG_DAYS = timedelta(days=15) - timedelta(minutes=5)
"""How far back the log can be asked; five minutes of it are left for the way."""


@dataclass(frozen=True)
class LogOfDeletions:
    """What the log says: id -> time of deletion; up to when it is complete; whether it misses a stretch before."""

    deleted: Mapping[str, datetime]
    until: datetime | None
    gap: bool


GAP = LogOfDeletions({}, None, gap=True)
"""The log does not reach back far enough, or Salesforce refused it: only a comparison of all ids tells."""


def read_log(org: Org, name: str, since: datetime | None) -> LogOfDeletions:
    """The deletions since a moment, and some minutes before it again.

    `gap`: the log does not reach back that far, so deletions may be missing from it.
    """
    now = org.session.server_time
    if since is None or not reaches_back(since, now):
        return GAP
    try:
        answer = org.get_json(org.path(log_path(name, since, now)), doing=f"reading the deletions of {name}")
    except LogOfDeletionsRefused:
        return GAP
    return read_answer(name, answer, since)


def reaches_back(since: datetime | None, now: datetime) -> bool:
    """Whether the log can be asked from that moment on."""
    return since is not None and now.replace(microsecond=0) - since + OVERLAP <= LOG_DAYS


def log_path(name: str, since: datetime, now: datetime) -> str:
    """The resource below the version's root."""
    start, end = (quote(_text(moment), safe="") for moment in (since - OVERLAP, now))
    return f"sobjects/{name}/deleted/?start={start}&end={end}"


def read_answer(name: str, answer: Any, since: datetime) -> LogOfDeletions:
    """What Salesforce says to `log_path`.

    Raises:
        UnusableAnswer: something else than is documented.
    """
    try:
        deleted = {str(entry["id"]): _moment(entry["deletedDate"]) for entry in answer["deletedRecords"]}
        earliest = _moment(answer["earliestDateAvailable"])
        until = _moment(answer["latestDateCovered"])
    except (KeyError, TypeError, ValueError):
        raise UnusableAnswer(
            f"Salesforce's answer about the deletions of {name} is not what is documented.", "Run again."
        ) from None
    return LogOfDeletions(deleted, until, gap=earliest > since)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(str(text)).astimezone(UTC)
