"""Whether the lake has as many records as the org, and what is done when a large window moved while it was read.

A small window whose counts disagree is read again as a whole (`passes.py`). A large one would move again in the time
that takes, so what was read of it is committed, and the run goes on with the window after it: what left the first
carries a later stamp and stands there. Only what changed meanwhile is read, until counts and lake agree.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from partnerops_pipeline.lake import duck
from partnerops_pipeline.salesforce import proof, soql
from partnerops_pipeline.salesforce.current import current_records
from partnerops_pipeline.salesforce.errors import TooMuchAtOnce
from partnerops_pipeline.salesforce.passes import Pass, Work, read_window
from partnerops_pipeline.salesforce.window import LAG

log = logging.getLogger("partnerops")

_CREATED = "CreatedDate"
_A_SECOND = timedelta(seconds=1)
"""Stamps and the server's clock are told in whole seconds."""


def close(work: Work, done: Sequence[Pass]) -> list[Pass]:
    """Read on while a large window is open: three windows in all at most.

    Before each further one the run waits until Salesforce's clock is as far behind the moment of the last count as a
    window's end stays behind the clock (`LAG`); the changes that moved the window are then in the next one.

    Returns:
        the passes with those that were added. Where they close, the verdict of all is `complete`; where they do not,
        the last has `closed` False, and all ids are compared in this run.
    """
    passes = list(done)
    opened = next((at for at, one in enumerate(passes) if _is_open(work, one)), None)
    if opened is None:
        return passes
    while True:
        last = passes[-1]
        if last.verdict == "complete" and not counts_differ(work, last.high):
            return [replace(one, verdict="complete", explained=one.before - one.reading.rows) for one in passes]
        if len(passes) - opened >= proof.READS:
            return [*passes[:-1], replace(last, closed=False)]
        log.info(
            "%s: %s of %s to %s records arrived, as they changed meanwhile; waiting %d s to read what changed",
            work.spec.name, last.reading.rows, last.before, last.after, LAG.total_seconds(),
        )  # fmt: skip
        work.org.session.pause((LAG + _A_SECOND).total_seconds())
        work.org.session.ask_time(again=True)
        passes.append(read_window(work, full=False))


def _is_open(work: Work, one: Pass) -> bool:
    large = one.reading.rows > work.read_again_up_to
    return one.verdict == "moving" and large and work.spec.cursor_field is not None


def counts_differ(work: Work, high: datetime | None) -> bool:
    """Whether the org has another number of records than the lake, of those created before the window's end."""
    if high is None or _CREATED not in work.columns or not work.table.exists():
        return True
    where = soql.window_clause(_CREATED, None, high)
    try:
        there = work.org.count(soql.count(work.spec.name, where), doing=f"counting {work.spec.name}")
    except TooMuchAtOnce:
        return True
    with current_records(work.table, work.spec.version_field) as lake:
        lake.load(also=[_CREATED])
        condition = f"NOT gone AND {duck.name(_CREATED)} < {duck.instant(high)}"
        here = lake.connection.execute(f"SELECT count(*) FROM present WHERE {condition}").fetchone()
    return here is None or int(here[0]) != there
