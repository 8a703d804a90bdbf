"""What became of one object in one run, in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from partnerops_pipeline.salesforce.passes import Pass, Work
from partnerops_pipeline.salesforce.planner import Api
from partnerops_pipeline.salesforce.proof import Verdict
from partnerops_pipeline.salesforce.schema_changes import SchemaChange
from partnerops_pipeline.salesforce.typing_pages import BadValue
from partnerops_pipeline.salesforce.upkeep import Upkeep

_BAD_VALUES_REPORTED = 10


@dataclass(frozen=True)
class ObjectReport:
    """What became of one object in one run.

    Args:
        state: `absent` = an optional object that this org lacks.
        counted_before, counted_after: COUNT() at the source over the window.
        processed: records that the Bulk jobs said they worked through; None by REST.
        announced: the sum of what came with the pages (`Sforce-NumberOfRecords`).
        downloaded, committed, unchanged: rows that arrived; of them new or changed; of them in the lake already.
        verdict: see `proof.judge`.
        reads: how often windows were read until the counts agreed.
        explained: by how many rows a window differed from its first count because they changed while it was read, and
            were read with the window after it.
        current_rows: distinct records in the lake, those that are gone included; None = never counted.
        source_rows: records in the org, where all were compared in this run.
        buried: records that the org no longer has, marked so in this run.
        refreshed: records whose calculated fields had moved without a stamp.
        healed: records that were missing or older in the lake though their stamp lay in a window that was read.
        deletion_gap: the log of deletions missed a stretch, so all ids were compared.
        compared_at: up to when calculated fields and ids are known to agree.
        watermark: up to when the lake has been read; `window_low`: from when this run read, None = the beginning.
        calls: API calls it cost, with its share of those that were made for all objects together.
        bad_count, bad_values: values that did not fit their field's type, and the first of them.
        absent_fields: configured fields that this org lacks or hides.
        resumed: an earlier run's download went on.
        schema_changes: what an administrator changed in the object since the run before.
    """

    object: str
    table: str
    state: Literal["ok", "absent", "failed"] = "ok"
    api: Api = "none"
    counted_before: int | None = None
    counted_after: int | None = None
    downloaded: int = 0
    committed: int = 0
    unchanged: int = 0
    current_rows: int | None = None
    watermark: datetime | None = None
    calls: int = 0
    bad_count: int = 0
    bad_values: tuple[BadValue, ...] = ()
    absent_fields: tuple[str, ...] = ()
    message: str = ""
    resumed: bool = False
    processed: int | None = None
    announced: int | None = None
    reads: int = 0
    explained: int = 0
    verdict: Verdict | Literal["absent", "failed"] = "complete"
    source_rows: int | None = None
    buried: int = 0
    refreshed: int = 0
    healed: int = 0
    deletion_gap: bool = False
    compared_at: datetime | None = None
    started_at: datetime | None = None
    window_low: datetime | None = None
    schema_changes: tuple[SchemaChange, ...] = ()


def report_of(
    work: Work, done: Sequence[Pass], kept: Upkeep, absent: tuple[str, ...], current_rows: int | None
) -> ObjectReport:
    """What the passes and the upkeep of one object come to."""
    pages = [page for one in done for page in one.reading.pages]
    last = done[-1]
    apis = [one.reading.api for one in done if one.reading.api != "none"]
    return ObjectReport(
        object=work.spec.name,
        table=work.spec.lake_table,
        api=apis[0] if apis else "none",
        counted_before=sum(one.before for one in done),
        counted_after=sum(one.after for one in done),
        downloaded=sum(one.reading.rows for one in done),
        committed=sum(one.appended.appended for one in done),
        unchanged=sum(one.appended.unchanged for one in done),
        current_rows=current_rows,
        watermark=last.high,
        calls=work.org.counter.calls,
        bad_count=sum(page.bad_count for page in pages),
        bad_values=tuple(value for page in pages for value in page.bad_values)[:_BAD_VALUES_REPORTED],
        absent_fields=absent,
        resumed=any(one.resumed for one in done),
        announced=_sum(one.reading.announced for one in done),
        processed=_sum(one.reading.processed for one in done if one.reading.api == "bulk"),
        reads=sum(one.reads for one in done),
        explained=sum(one.explained for one in done),
        verdict="moving" if any(one.verdict == "moving" for one in done) else "complete",
        source_rows=kept.source_rows,
        buried=kept.buried,
        refreshed=kept.refreshed,
        healed=kept.healed,
        deletion_gap=kept.gap,
        compared_at=kept.standing.swept_at,
        started_at=done[0].started_at,
        window_low=None if any(one.whole for one in done) else done[0].low,
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    """None where nobody counted, or somebody did not."""
    told = list(counts)
    known = [count for count in told if count is not None]
    return sum(known) if told and len(known) == len(told) else None
