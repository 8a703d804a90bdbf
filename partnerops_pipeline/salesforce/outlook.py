"""What all objects are asked in the same words, asked beforehand in few calls: is there anything new, what was deleted.

Five counts or twenty-five logs of deletions go into one composite request (`composite.py`), so that a run over 31
objects in which nothing changed costs about twenty calls instead of ninety. An answer is used only where the question
would be put the same way again, and only when it says that there is nothing to read: whatever changes after it was
given lies after the end of its window, and comes with the next run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from partnerops_pipeline.salesforce import soql
from partnerops_pipeline.salesforce.deletion_log import LogOfDeletions, log_path, reaches_back, read_answer
from partnerops_pipeline.salesforce.errors import UnusableAnswer
from partnerops_pipeline.salesforce.ledger import Ledger
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.standing import Standing, last_standing
from partnerops_pipeline.salesforce.window import Window, next_window


@dataclass(frozen=True)
class Outlook:
    """What is known of one object beforehand: a window without any record; its deletions since a moment."""

    quiet: Window | None = None
    log: LogOfDeletions | None = None
    log_since: datetime | None = None


NOTHING_KNOWN = Outlook()


def look_ahead(org: Org, specs: Iterable[ObjectSpec], ledger: Ledger) -> dict[str, Outlook]:
    """Ask for all objects that were read before; by object, as far as Salesforce answered.

    Raises:
        PartneropsError: no question would be answered now.
    """
    before = {spec.name: (spec, last_standing(ledger, spec.name)) for spec in specs}
    if len(before) < 2:
        return {}
    found = dict.fromkeys(before, NOTHING_KNOWN)
    for name, window in _quiet(org, before).items():
        found[name] = replace(found[name], quiet=window)
    for name, (since, log) in _logs(org, before).items():
        found[name] = replace(found[name], log=log, log_since=since)
    return found


def _quiet(org: Org, before: Mapping[str, tuple[ObjectSpec, Standing]]) -> dict[str, Window]:
    """The windows that would be read now and hold nothing."""
    windows, paths = {}, []
    for name, (spec, standing) in before.items():
        if standing.watermark is None or spec.cursor_field is None:
            continue
        window = windows[name] = next_window(standing.watermark, org.session.server_time)
        text = soql.count(name, soql.window_clause(spec.cursor_field, window.low, window.high))
        paths.append(org.path(f"queryAll?q={quote(text, safe='')}"))
    parts = org.together(paths, doing="counting what is new")
    return {
        name: window
        for (name, window), part in zip(windows.items(), parts, strict=True)
        if part is not None and part.status == 200 and isinstance(part.body, dict) and part.body.get("totalSize") == 0
    }


def _logs(org: Org, before: Mapping[str, tuple[ObjectSpec, Standing]]) -> dict[str, tuple[datetime, LogOfDeletions]]:
    """The logs of deletions that would be read now."""
    asked: dict[str, datetime] = {}
    now = org.session.server_time
    for name, (_, standing) in before.items():
        described = org.known(name)
        if described is not None and described.replicateable and reaches_back(standing.deleted_until, now):
            assert standing.deleted_until is not None
            asked[name] = standing.deleted_until
    paths = [org.path(log_path(name, since, now)) for name, since in asked.items()]
    found = {}
    for (name, since), part in zip(asked.items(), org.together(paths, doing="reading the deletions"), strict=True):
        if part is not None and part.status == 200:
            try:
                found[name] = since, read_answer(name, part.body, since)
            except UnusableAnswer:
                continue
    return found
