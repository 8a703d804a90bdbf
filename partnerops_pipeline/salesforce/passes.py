"""One pass over one object: plan the window, count, read, count again, commit rows and watermark in one step."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow.parquet as parquet

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.errors import RepeatedKeys
from partnerops_pipeline.lake.table import Appended, LakeTable
from partnerops_pipeline.salesforce import proof
from partnerops_pipeline.salesforce.counting import count_window
from partnerops_pipeline.salesforce.errors import IncompleteDownload, keeps_progress
from partnerops_pipeline.salesforce.identity import new_batch_id
from partnerops_pipeline.salesforce.ledger import Ledger, OpenBatch
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.outlook import NOTHING_KNOWN, Outlook
from partnerops_pipeline.salesforce.reading import Query, Reader, Reading
from partnerops_pipeline.salesforce.spool import ObjectSpool
from partnerops_pipeline.salesforce.typing_pages import PageStamp
from partnerops_pipeline.salesforce.window import next_window

NOT_COMPARED = frozenset({"LastViewedDate", "LastReferencedDate"})
"""They belong to the user who looks, not to the record: a record differing only in them is unchanged."""
JOB_LIFE = timedelta(days=6, hours=12)
"""Salesforce keeps the results of a job for seven days; an older batch is begun anew."""


@dataclass(frozen=True)
class Work:
    """What all steps on one object share while this process holds it. `columns`: API name -> DuckDB type; `outlook`:
    what was asked of it beforehand, together with the others; `read_again_up_to`: rows up to which a window that moved
    is read again as a whole."""

    org: Org
    spec: ObjectSpec
    table: LakeTable
    ledger: Ledger
    room: ObjectSpool
    columns: Mapping[str, str]
    outlook: Outlook = NOTHING_KNOWN
    read_again_up_to: int = proof.WORTH_READING_AGAIN

    @property
    def now(self) -> datetime:
        """Salesforce's clock; ours is never asked."""
        return self.org.session.server_time

    @property
    def version(self) -> str | None:
        """The field that tells a record's versions apart, where it is among the columns."""
        return self.spec.version_field if self.spec.version_field in self.columns else None


@dataclass(frozen=True)
class Pass:
    """What one pass brought. `before` and `after` are Salesforce's counts of the window, `reads` how often it was
    read, `whole` whether the window had no lower end. `held` are the table's files before it; `explained` are the rows
    between count and reading that a later pass of the run accounts for; `closed` is False where none did."""

    reading: Reading
    before: int
    after: int
    verdict: proof.Verdict
    reads: int
    appended: Appended
    started_at: datetime
    low: datetime | None
    high: datetime | None
    first: bool
    batch_id: str
    held: Sequence[str] = ()
    resumed: bool = False
    explained: int = 0
    closed: bool = True

    @property
    def whole(self) -> bool:
        return self.low is None


def open_batch_to_continue(work: Work, *, full: bool) -> OpenBatch | None:
    """The batch of an earlier run if going on with it gives the same rows as beginning anew.

    It must have started from what the lake holds now, ask for the same columns, be young enough for its jobs to live,
    and reach as far back as is wanted. Any other is given up.
    """
    batch = work.ledger.open_batch(work.spec.name)
    if batch is None:
        return None
    same = batch.watermark == work.table.watermark() and dict(batch.columns) == dict(work.columns)
    alive = work.now - batch.started_at < JOB_LIFE
    past = batch.high is None or batch.high <= work.now  # a comparison of all ids has its end in the future
    if same and past and alive and not (full and batch.low is not None):
        return batch
    _reader(work, batch, None).give_up()
    return None


def go_on(work: Work, batch: OpenBatch) -> Pass:
    """Finish the batch of an earlier run at the job and page where that run ended, and commit it."""
    reader = _reader(work, batch, None)
    with given_up_unless_worth_keeping(reader):
        reader.check_spool()
        reading = reader.go_on()
        after = count_window(work.org, work.spec, batch.low, batch.high)
        verdict = proof.judge(batch.counted, reading.rows, after)
        if verdict == "incomplete":
            raise proof.incomplete(work.spec.name, batch.counted, reading.rows, after, 1)
        first = not work.table.exists()
        held = () if first or not reading.rows else work.table.files()
        appended = _commit(work, batch, reading, committed_at=None)
    reader.close()
    moments = batch.started_at, batch.low, batch.high
    return Pass(reading, batch.counted, after, verdict, 1, appended, *moments, first, batch.id, held, resumed=True)


def read_window(work: Work, *, full: bool) -> Pass:
    """Read what changed since the last commit, or everything.

    The window is read again, at most three times in all, until Salesforce's counts and the rows agree.

    Raises:
        IncompleteDownload: they never did, and changes at the source do not explain it.
    """
    for reads in range(1, proof.READS + 1):
        try:
            done = _read_once(work, full=full, reads=reads)
        except (IncompleteDownload, RepeatedKeys):
            if reads == proof.READS:
                raise
            continue
        if done is not None:
            return done
    raise AssertionError("the last read returns or raises")


def _read_once(work: Work, *, full: bool, reads: int) -> Pass | None:
    spec, now, watermark = work.spec, work.now, work.table.watermark()
    window, quiet = next_window(watermark, now, full=full), work.outlook.quiet
    known = reads == 1 and quiet is not None and quiet.low == window.low
    window = quiet if known and quiet is not None else window
    low, high = (window.low, window.high) if spec.cursor_field else (None, None)
    before = 0 if known else count_window(work.org, spec, low, high)
    first = not work.table.exists()
    lake_batch = work.table.begin_batch(batch_id=new_batch_id(now), extracted_at=now)
    batch = OpenBatch(spec.name, lake_batch.batch_id, now, watermark, low, high, work.columns, before)
    reader = _reader(work, batch, lake_batch.committed_at)
    with given_up_unless_worth_keeping(reader):
        reading = reader.read()
        after = count_window(work.org, spec, low, high) if before else before
        verdict = proof.judge(before, reading.rows, after)
        if not proof.good_enough(verdict, reading.rows, reads, work.read_again_up_to):
            raise proof.incomplete(spec.name, before, reading.rows, after, reads)
        held = () if first or not reading.rows else work.table.files()
        appended = _commit(work, batch, reading, committed_at=lake_batch.committed_at)
    reader.close()
    return Pass(reading, before, after, verdict, reads, appended, now, low, high, first, batch.id, held)


def _commit(work: Work, batch: OpenBatch, reading: Reading, *, committed_at: datetime | None) -> Appended:
    spooled = sum(parquet.read_metadata(page.path).num_rows for page in reading.pages)
    if spooled != reading.rows:
        raise IncompleteDownload(
            f"Of {work.spec.name}, {reading.rows} rows arrived and {spooled} lie in the spool.", "Run again."
        )
    return work.table.append(
        [page.path for page in reading.pages],
        columns=[Column(name, kind) for name, kind in batch.columns.items()],
        key=["Id"],
        order_by=version_order(work.spec, batch.columns),
        batch_id=batch.id,
        extracted_at=batch.started_at,
        committed_at=committed_at,
        watermark=batch.high,
        expected_watermark=batch.watermark,
        compare_ignore=NOT_COMPARED,
        unique=reading.jobs <= 1,
    )


def version_order(spec: ObjectSpec, columns: Mapping[str, str]) -> list[str]:
    """What tells a record's versions apart at the source, where the org shows it."""
    return [spec.version_field] if spec.version_field is not None and spec.version_field in columns else []


def _reader(work: Work, batch: OpenBatch, committed_at: datetime | None) -> Reader:
    spec = work.spec
    query = Query(spec.name, dict(batch.columns), spec.cursor_field, spec.api, spec.version_field)
    stamp = PageStamp(batch.id, batch.started_at, committed_at)
    return Reader(work.org, query, work.ledger, batch, stamp, work.room.folder(batch.id))


class given_up_unless_worth_keeping(contextlib.AbstractContextManager[None]):
    """When the block fails: leave jobs and pages for the next run, or end them where they are of no use."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is not None and not keeps_progress(error):
            with contextlib.suppress(PartneropsError):
                self._reader.give_up()
