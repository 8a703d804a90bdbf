"""One object, or all of them, from the org into the lake.

For each object: go on with what an earlier run left, read the window since the last commit (`passes.py`), then bring
deletions, calculated fields and ids up to date (`upkeep.py`). Nothing is committed unless every announced row arrived.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError

from partnerops_pipeline.errors import PartneropsError, is_disk_full
from partnerops_pipeline.lake.duck import full_disk
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce import proof
from partnerops_pipeline.salesforce.agreement import close
from partnerops_pipeline.salesforce.completeness import record_completeness
from partnerops_pipeline.salesforce.current import count_new
from partnerops_pipeline.salesforce.describe import Description
from partnerops_pipeline.salesforce.errors import MissingField, MissingObject, ends_the_run
from partnerops_pipeline.salesforce.fields import choose_columns
from partnerops_pipeline.salesforce.identity import new_batch_id, record_identity
from partnerops_pipeline.salesforce.ledger import Ledger, ids_of
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.outlook import NOTHING_KNOWN, Outlook, look_ahead
from partnerops_pipeline.salesforce.passes import Pass, Work, go_on, open_batch_to_continue, read_window
from partnerops_pipeline.salesforce.report import ObjectReport as ObjectReport
from partnerops_pipeline.salesforce.report import report_of
from partnerops_pipeline.salesforce.schema_changes import SchemaChange
from partnerops_pipeline.salesforce.schema_contract import compare_with_last, keep_schema
from partnerops_pipeline.salesforce.spool import open_spool
from partnerops_pipeline.salesforce.standing import Standing, keep_standing, read_standing
from partnerops_pipeline.salesforce.upkeep import Upkeep, keep_up

log = logging.getLogger("partnerops")


def extract_object(
    org: Org,
    spec: ObjectSpec,
    lake: Lake,
    spool: Path,
    *,
    full_refresh: bool = False,
    ledger: Ledger | None = None,
    outlook: Outlook = NOTHING_KNOWN,
    read_again_up_to: int = proof.WORTH_READING_AGAIN,
) -> ObjectReport:
    """Bring one object up to date in the lake.

    Args:
        org: logged in or able to.
        spec: the object as the objects file has it.
        lake: where it goes.
        spool: folder for half-done downloads; what a run that was stopped leaves there, the next one continues.
        full_refresh: read everything again instead of the last window.
        ledger: what is under way; by default the one in `state/` beside the spool.
        outlook: what was asked of the object beforehand.
        read_again_up_to: rows up to which a window that moved while it was read is read again as a whole.

    Returns:
        state "ok", or "absent" where an optional object does not exist in this org.

    Raises:
        MissingObject, MissingField: required and absent or hidden.
        PartneropsError: anything else that a person can act on; the lake stays as it was.
    """
    org = org.counted()
    with contextlib.ExitStack() as held:
        ledger = ledger or held.enter_context(Ledger(ledger_file(spool)))
        room = held.enter_context(open_spool(spool, spec, lambda: _under_way(ledger, spec)))
        for last_try in (False, True):
            try:
                description = org.describe(spec.name)
            except MissingObject as error:
                if spec.required:
                    raise
                return ObjectReport(
                    spec.name,
                    spec.lake_table,
                    "absent",
                    calls=org.counter.calls,
                    message=error.message,
                    verdict="absent",
                )
            columns, absent = choose_columns(spec, description)
            table = lake.table(spec.lake_table)
            work = Work(org, spec, table, ledger, room, columns, outlook, read_again_up_to)
            try:
                done, kept = _bring_up_to_date(work, description, full_refresh)
                break
            except (MissingField, MissingObject):
                # an administrator changed the object while it was read: look again, once
                if last_try:
                    raise
                org.forget(spec.name)
        current = _current_rows(work, done, kept)
        keep_standing(ledger, spec.name, replace(kept.standing, current_rows=current))
    return report_of(work, done, kept, absent, current)


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
    made_before = org.counter.calls
    record_identity(org, lake)
    run_id, started = new_batch_id(org.session.server_time), org.session.server_time
    org.describe_all(spec.name for spec in specs)
    schema = compare_with_last(org, specs, lake)
    reports: dict[str, ObjectReport] = {}
    ledger = Ledger(ledger_file(spool))
    pool = ThreadPoolExecutor(threads, thread_name_prefix="object")
    try:
        known = {} if full_refresh else look_ahead(org, specs, ledger)
        shares = _shares(org.counter.calls - made_before, specs)

        def one(spec: ObjectSpec) -> ObjectReport:
            outlook = known.get(spec.name, NOTHING_KNOWN)
            return _reported(org, spec, lake, spool, ledger, full_refresh, outlook)

        futures = {pool.submit(one, spec): spec for spec in specs}
        for future in as_completed(futures):
            report = future.result()
            report = replace(report, calls=report.calls + shares[report.object])
            report = _with_schema_changes(report, schema.of(report.object))
            reports[report.object] = report
            if on_report is not None:
                on_report(report)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        ledger.close()
        record_completeness(lake, run_id, started, reports.values())
        keep_schema(lake, schema, run_id, started)
    return [reports[spec.name] for spec in specs]


def _shares(calls: int, specs: Sequence[ObjectSpec]) -> dict[str, int]:
    """Calls made for all objects together, whole ones to each, so that the reports add up to what the run cost."""
    each, left = divmod(calls, len(specs)) if specs else (0, 0)
    return {spec.name: each + (at < left) for at, spec in enumerate(specs)}


def _with_schema_changes(report: ObjectReport, changes: tuple[SchemaChange, ...]) -> ObjectReport:
    """A failure that a renamed field explains says so."""
    renamed = [one.sentence for one in changes if report.state == "failed" and one.kind == "probably renamed"]
    return replace(report, schema_changes=changes, message=" ".join([report.message, *renamed]))


def _reported(
    org: Org, spec: ObjectSpec, lake: Lake, spool: Path, ledger: Ledger, full_refresh: bool, outlook: Outlook
) -> ObjectReport:
    try:
        return extract_object(org, spec, lake, spool, full_refresh=full_refresh, ledger=ledger, outlook=outlook)
    except PartneropsError as error:
        if ends_the_run(error):
            raise
        return ObjectReport(spec.name, spec.lake_table, "failed", message=str(error), verdict="failed")
    except (duckdb.Error, sqlite3.Error, DeltaError, pa.ArrowException) as error:
        if is_disk_full(error):
            raise full_disk(spool) from None
        log.exception("%s could not be worked on", spec.name)
        said = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        message = f"{spec.name} could not be worked on ({said}). Run again; if it stays, report it with the log."
        return ObjectReport(spec.name, spec.lake_table, "failed", message=message, verdict="failed")


def ledger_file(spool: Path) -> Path:
    """Where the ledger of a spool lies: in `state/` beside it."""
    return spool.parent / "state" / "salesforce.sqlite"


def _under_way(ledger: Ledger, spec: ObjectSpec) -> list[str]:
    """The batches that the next run goes on with: of records, and of the comparison of all ids."""
    begun = (ledger.open_batch(name) for name in (spec.name, ids_of(spec.name)))
    return [batch.id for batch in begun if batch is not None]


def _bring_up_to_date(work: Work, description: Description, full_refresh: bool) -> tuple[list[Pass], Upkeep]:
    standing = read_standing(work.ledger, work.spec.name, work.table)
    # a field that was not read before has values in old records too, which no increment would bring
    full = full_refresh or (work.table.exists() and not standing.covers(work.columns))
    if not work.table.exists():
        _expect_first_load(work)
    elif not full and dict(standing.columns) != dict(work.columns):
        standing = standing.narrowed(work.columns)
        keep_standing(work.ledger, work.spec.name, standing)
    done = close(work, list(_passes(work, full)))
    standing = _after(work, standing, done)
    # until the end the number of records is not known: a run that stops before leaves it to be counted
    keep_standing(work.ledger, work.spec.name, replace(standing, current_rows=None))
    kept = keep_up(work, description, standing, done)
    if kept.read_again:
        done.append(read_window(work, full=True))
        kept = replace(kept, standing=_after(work, kept.standing, done))
    return done, kept


def _expect_first_load(work: Work) -> None:
    """Note now what will be true once the first load is committed, so that a process that dies then repeats nothing."""
    batch = work.ledger.open_batch(work.spec.name)
    begun = batch.started_at if batch else work.now
    keep_standing(work.ledger, work.spec.name, Standing(None, work.columns, deleted_until=begun, swept_at=begun))


def _passes(work: Work, full: bool) -> Iterator[Pass]:
    batch = open_batch_to_continue(work, full=full)
    if batch is not None:
        continued = go_on(work, batch)
        yield continued
        full = full and not continued.whole
    yield read_window(work, full=full)


def _after(work: Work, standing: Standing, done: Sequence[Pass]) -> Standing:
    columns = work.columns if any(one.whole for one in done) else standing.columns
    return replace(standing, watermark=done[-1].high, columns=columns)


def _current_rows(work: Work, done: Sequence[Pass], kept: Upkeep) -> int | None:
    """Counting reads the keys of the whole table, so it is done only where the number can have changed."""
    changed = [one for one in done if one.appended.appended]
    if not changed and not kept.healed:
        if any(one.first for one in done):
            return 0
        if kept.standing.current_rows is not None:  # None: the run that committed was killed before it wrote this down
            return kept.standing.current_rows
    if len(changed) == 1 and changed[0].first and not kept.healed:
        return changed[0].appended.appended
    before = kept.standing.current_rows
    if before is None or kept.healed:
        return work.table.current_row_count(["Id"])
    staged = [page.path for one in changed for page in one.reading.pages]
    held = [Path(file) for file in changed[0].held]
    # pages go into the lake as they are where there was nothing before; a commit may merge the files that were there
    if not all(file.exists() for file in [*staged, *held]):
        return work.table.current_row_count(["Id"])
    return before + count_new(work.table, staged, held)
