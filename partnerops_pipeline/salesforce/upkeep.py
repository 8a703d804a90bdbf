"""After the rows: what no row tells. Deletions for good in every run, all ids and formulas once a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from partnerops_pipeline.errors import PermissionDenied
from partnerops_pipeline.salesforce.agreement import counts_differ
from partnerops_pipeline.salesforce.deletion_log import LogOfDeletions, read_log
from partnerops_pipeline.salesforce.deletions import bury_logged
from partnerops_pipeline.salesforce.describe import Description
from partnerops_pipeline.salesforce.passes import Pass, Work
from partnerops_pipeline.salesforce.standing import Standing
from partnerops_pipeline.salesforce.sweep import Swept, sweep


@dataclass(frozen=True)
class Upkeep:
    """What it found: records deleted for good, calculated values refreshed, records that were missing in the lake.

    `gap`: the log of deletions missed a stretch, so all ids were compared. `source_rows` is how many records the org
    has, where they were compared. `read_again`: more records are missing than can be fetched one by one.
    """

    standing: Standing
    buried: int = 0
    refreshed: int = 0
    healed: int = 0
    gap: bool = False
    source_rows: int | None = None
    read_again: bool = False


def keep_up(work: Work, description: Description, standing: Standing, done: Sequence[Pass]) -> Upkeep:
    """Bring deletions, calculated fields and ids up to date, as far as they are due."""
    first = next((one for one in done if one.first and one.whole), None)
    if first is not None:
        # everything was read just now: deletions and formulas are known up to the beginning of that
        standing = replace(standing, swept_at=first.started_at, deleted_until=first.started_at)
        if not first.resumed and done[-1].closed:
            return Upkeep(standing, source_rows=first.reading.rows if len(done) == 1 else None)
    high = done[-1].high
    log = _read_log(work, description, standing)
    buried = 0
    gap = log is not None and log.gap
    if log is not None and not gap:
        found = bury_logged(work, log.deleted)
        gap, buried = found is None, found or 0
        standing = replace(standing, deleted_until=log.until)
    due = standing.swept_at is None or work.now.date() > standing.swept_at.date()
    calculated = calculated_fields(work, description)
    unclosed = not done[-1].closed
    if gap or unclosed or (due and (log is None or bool(calculated) or counts_differ(work, high))):
        swept = sweep(work, calculated, high)
        standing = replace(standing, swept_at=swept.at, deleted_until=swept.at if gap else standing.deleted_until)
        return _told(swept, standing, buried, gap)
    if due:
        standing = replace(standing, swept_at=work.now)
    return Upkeep(standing, buried)


def calculated_fields(work: Work, description: Description) -> list[str]:
    """The extracted fields whose values move without a stamp: formulas and roll-ups, as describe marks them."""
    return [name for name in work.columns if name in description and description.fields[name].calculated]


def _told(swept: Swept, standing: Standing, buried: int, gap: bool) -> Upkeep:
    return Upkeep(
        standing,
        buried + swept.buried,
        swept.refreshed,
        swept.healed,
        gap,
        swept.source_rows,
        read_again=swept.holes > 0,
    )


def _read_log(work: Work, description: Description, standing: Standing) -> LogOfDeletions | None:
    """None where Salesforce keeps no log for the object."""
    if not description.replicateable:
        return None
    try:
        if work.outlook.log is not None and work.outlook.log_since == standing.deleted_until:
            return work.outlook.log
        return read_log(work.org, work.spec.name, standing.deleted_until)
    except PermissionDenied:
        return None  # this log-in may not ask, or the object has no log after all: all ids are compared once a day
