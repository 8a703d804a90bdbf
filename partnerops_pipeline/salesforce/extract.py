"""One object, or all of them, from the org into the lake.

For each object: plan the window, count at the source, read by REST or Bulk, type and count the pages, commit rows and
watermark in one step, count again. Nothing is committed unless every announced row arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.lake.table import Appended, LakeTable
from partnerops_pipeline.salesforce import bulk, rest, soql
from partnerops_pipeline.salesforce.errors import BulkRefused, IncompleteDownload, MissingObject, ends_the_run
from partnerops_pipeline.salesforce.fields import choose_columns
from partnerops_pipeline.salesforce.identity import new_batch_id, record_identity
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.pages import PageWriter
from partnerops_pipeline.salesforce.planner import Api, choose_api
from partnerops_pipeline.salesforce.spool import ObjectSpool, open_spool
from partnerops_pipeline.salesforce.typing_pages import BadValue, PageStamp, TypedPage
from partnerops_pipeline.salesforce.window import next_window

_BAD_VALUES_REPORTED = 10
NOT_COMPARED = frozenset({"LastViewedDate", "LastReferencedDate"})
"""They belong to the user who looks, not to the record: a record differing only in them is unchanged."""


@dataclass(frozen=True)
class ObjectReport:
    """What became of one object in one run.

    `counted_before` and `counted_after` are COUNT() at the source over the window, `downloaded` the rows that arrived,
    `committed` those that were new or changed, `unchanged` those that the lake held already, `current_rows` the
    distinct records in the lake (None where nothing changed, so that it was not counted), `watermark` the moment up to
    which the lake is complete, `calls` the API calls it cost.
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


@dataclass(frozen=True)
class _Plan:
    """What one run reads of one object: the columns with their types, the window as text, and its ends.

    `watermark` is what the lake says now, `high` what it shall say after the commit; None where the whole object is
    read every time. `first` = the lake has no such table yet.
    """

    columns: dict[str, str]
    where: str
    watermark: datetime | None
    high: datetime | None
    stamp: PageStamp
    first: bool


@dataclass(frozen=True)
class _Read:
    """What arrived, and by which API."""

    api: Api
    pages: list[TypedPage] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(page.rows for page in self.pages)


def extract_object(org: Org, spec: ObjectSpec, lake: Lake, spool: Path, *, full_refresh: bool = False) -> ObjectReport:
    """Bring one object up to date in the lake.

    Args:
        org: logged in or able to.
        spec: the object as the objects file has it.
        lake: where it goes.
        spool: folder for half-done downloads; what is left there is worthless after the call.
        full_refresh: read everything again instead of the last window.

    Returns:
        state "ok", or "absent" where an optional object does not exist in this org.

    Raises:
        MissingObject, MissingField: required and absent or hidden.
        PartneropsError: anything else that a person can act on; the lake stays as it was.
    """
    org = org.counted()
    try:
        description = org.describe(spec.name)
    except MissingObject as error:
        if spec.required:
            raise
        return ObjectReport(spec.name, spec.lake_table, "absent", calls=org.counter.calls, message=error.message)
    columns, absent = choose_columns(spec, description)
    table = lake.table(spec.lake_table)
    with open_spool(spool, spec) as room:
        plan = _plan(org, spec, table, columns, full_refresh)
        before = org.count(soql.count(spec.name, plan.where), doing=f"counting {spec.name}")
        read = _read(org, spec, plan, before, room)
        after = org.count(soql.count(spec.name, plan.where), doing=f"counting {spec.name}") if before else before
        _prove_complete(spec, before, read.rows, after)
        appended = _commit(table, spec, plan, read)
    return ObjectReport(
        object=spec.name,
        table=spec.lake_table,
        api=read.api,
        counted_before=before,
        counted_after=after,
        downloaded=read.rows,
        committed=appended.appended,
        unchanged=appended.unchanged,
        current_rows=_current_rows(table, plan, appended),
        watermark=plan.high,
        calls=org.counter.calls,
        bad_count=sum(page.bad_count for page in read.pages),
        bad_values=tuple(value for page in read.pages for value in page.bad_values)[:_BAD_VALUES_REPORTED],
        absent_fields=absent,
    )


def extract_all(
    org: Org,
    specs: Sequence[ObjectSpec],
    lake: Lake,
    spool: Path,
    *,
    threads: int = 2,
    full_refresh: bool = False,
    on_report: Callable[[ObjectReport], None] | None = None,
) -> list[ObjectReport]:
    """Bring all objects up to date, `threads` at a time; the failure of one leaves the others running.

    Args:
        on_report: called in the caller's thread as each object ends, in the order of ending.

    Returns:
        one report per object, in the order of `specs`; a failed object has state "failed" and its sentence as message.

    Raises:
        WrongCredentials, Unreachable, QuotaSpent, ResourceExhausted, AnotherOrg: no object can be read; what was
        committed stays.
    """
    record_identity(org, lake)
    org.describe_all(spec.name for spec in specs)
    reports: dict[str, ObjectReport] = {}
    pool = ThreadPoolExecutor(threads, thread_name_prefix="object")
    try:
        futures = {pool.submit(_report, org, spec, lake, spool, full_refresh): spec for spec in specs}
        for future in as_completed(futures):
            report = future.result()
            reports[report.object] = report
            if on_report is not None:
                on_report(report)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return [reports[spec.name] for spec in specs]


def _report(org: Org, spec: ObjectSpec, lake: Lake, spool: Path, full_refresh: bool) -> ObjectReport:
    try:
        return extract_object(org, spec, lake, spool, full_refresh=full_refresh)
    except PartneropsError as error:
        if ends_the_run(error):
            raise
        return ObjectReport(spec.name, spec.lake_table, "failed", message=str(error))


def _plan(org: Org, spec: ObjectSpec, table: LakeTable, columns: dict[str, str], full_refresh: bool) -> _Plan:
    now = org.session.server_time
    watermark = table.watermark()
    stored = {column.name for column in table.columns()}
    # a field that was not read before has values in old records too, which no increment would bring
    full = full_refresh or (bool(stored) and not set(columns) <= stored)
    window = next_window(watermark, now, full=full)
    where = soql.window_clause(spec.cursor_field, window.low, window.high)
    batch = table.begin_batch(batch_id=new_batch_id(now), extracted_at=now)
    stamp = PageStamp(batch.batch_id, batch.extracted_at, batch.committed_at)
    return _Plan(columns, where, watermark, window.high if spec.cursor_field else None, stamp, first=not stored)


def _read(org: Org, spec: ObjectSpec, plan: _Plan, rows: int, room: ObjectSpool) -> _Read:
    query = soql.select(spec.name, list(plan.columns), plan.where)
    api = choose_api(spec.name, rows, query, spec.api)
    if api == "none":
        return _Read(api)
    doing = f"reading {spec.name}"
    folder = room.folder(plan.stamp.batch_id)
    writer = PageWriter(folder, plan.columns, plan.stamp, doing, sleep=org.session.pause)
    if api == "bulk":
        try:
            return _Read(api, _read_by_bulk(org, query, writer))
        except BulkRefused:
            api = "rest"
    return _Read(api, writer.write_all(rest.query_pages(org, query, list(plan.columns), doing=doing)))


def _read_by_bulk(org: Org, query: str, writer: PageWriter) -> list[TypedPage]:
    job = bulk.create_job(org, query, doing=writer.doing)
    try:
        job = bulk.wait_until_complete(org, job, doing=writer.doing, sleep=org.session.pause)
        pages = writer.write_all(bulk.result_pages(org, job, doing=writer.doing))
    except BaseException:
        bulk.abort_job(org, job)
        raise
    arrived = sum(page.rows for page in pages)
    if arrived != job.records_processed:
        raise IncompleteDownload(
            f"While {writer.doing}, {arrived} rows arrived where job {job.id} processed {job.records_processed}.",
            "Run again; nothing was stored.",
        )
    bulk.delete_job(org, job)
    return pages


def _prove_complete(spec: ObjectSpec, before: int, rows: int, after: int) -> None:
    """Changes during the run move records out of the window or into it; fewer rows than both counts is a loss."""
    if rows < min(before, after):
        raise IncompleteDownload(
            f"Of {spec.name}, {rows} rows arrived, but Salesforce counted {before} before and {after} after.",
            "Run again; nothing was stored.",
        )


def _commit(table: LakeTable, spec: ObjectSpec, plan: _Plan, read: _Read) -> Appended:
    return table.append(
        [page.path for page in read.pages],
        columns=[Column(name, kind) for name, kind in plan.columns.items()],
        key=["Id"],
        order_by=[spec.version_field] if spec.version_field in plan.columns else [],
        batch_id=plan.stamp.batch_id,
        extracted_at=plan.stamp.extracted_at,
        committed_at=plan.stamp.committed_at,
        watermark=plan.high,
        expected_watermark=plan.watermark,
        compare_ignore=NOT_COMPARED,
    )


def _current_rows(table: LakeTable, plan: _Plan, appended: Appended) -> int | None:
    """Counting reads the keys of the whole table, so it is done only where the number can have changed."""
    if plan.first:
        return appended.appended
    return table.current_row_count(["Id"]) if appended.appended else None
