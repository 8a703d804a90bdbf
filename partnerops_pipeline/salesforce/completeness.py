"""The proof of every object and run, kept in the lake: what Salesforce counted, what arrived, what was stored.

A row is written once and never changed; the newest of an object is the one with the greatest `run_id`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.errors import AnotherWriterCommitted
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.report import ObjectReport

COMPLETENESS_TABLE = "partnerops/dq_completeness_ledger"
COMPLETENESS_COLUMNS: tuple[Column, ...] = (
    Column("run_id", "VARCHAR"),
    Column("source", "VARCHAR"),
    Column("object", "VARCHAR"),
    Column("lake_table", "VARCHAR"),
    Column("started_at", "TIMESTAMPTZ"),
    Column("verdict", "VARCHAR"),
    Column("read_by", "VARCHAR"),
    Column("window_low", "TIMESTAMPTZ"),
    Column("window_high", "TIMESTAMPTZ"),
    Column("counted_before", "BIGINT"),
    Column("counted_after", "BIGINT"),
    Column("processed", "BIGINT"),
    Column("announced", "BIGINT"),
    Column("downloaded", "BIGINT"),
    Column("committed", "BIGINT"),
    Column("unchanged", "BIGINT"),
    Column("difference", "BIGINT"),
    Column("current_rows", "BIGINT"),
    Column("source_rows", "BIGINT"),
    Column("deleted_for_good", "BIGINT"),
    Column("recalculated", "BIGINT"),
    Column("found_late", "BIGINT"),
    Column("log_of_deletions_gap", "BOOLEAN"),
    Column("compared_at", "TIMESTAMPTZ"),
    Column("reads", "BIGINT"),
    Column("resumed", "BOOLEAN"),
    Column("api_calls", "BIGINT"),
    Column("message", "VARCHAR"),
)
_TRIES = 5


def record_completeness(lake: Lake, run_id: str, started_at: datetime, reports: Iterable[ObjectReport]) -> None:
    """Append a row per report.

    Raises:
        AnotherWriterCommitted: other runs kept coming between, five times.
    """
    rows = [_row(run_id, started_at, report) for report in sorted(reports, key=lambda report: report.object)]
    if not rows:
        return
    for left in reversed(range(_TRIES)):
        try:
            lake.table(COMPLETENESS_TABLE).append_rows(
                rows,
                columns=COMPLETENESS_COLUMNS,
                key=["run_id", "object"],
                order_by=["started_at"],  # by which the files of earlier runs need not be opened
                batch_id=run_id,
                extracted_at=started_at,
            )
            return
        except AnotherWriterCommitted:
            if not left:
                raise


def _row(run_id: str, started_at: datetime, report: ObjectReport) -> dict[str, Any]:
    counted = report.counted_before
    return {
        "run_id": run_id,
        "source": "salesforce",
        "object": report.object,
        "lake_table": report.table,
        "started_at": report.started_at or started_at,
        "verdict": report.verdict,
        "read_by": report.api,
        "window_low": report.window_low,
        "window_high": report.watermark,
        "counted_before": counted,
        "counted_after": report.counted_after,
        "processed": report.processed,
        "announced": report.announced,
        "downloaded": report.downloaded,
        "committed": report.committed,
        "unchanged": report.unchanged,
        "difference": None if counted is None else counted - report.explained - (report.committed + report.unchanged),
        "current_rows": report.current_rows,
        "source_rows": report.source_rows,
        "deleted_for_good": report.buried,
        "recalculated": report.refreshed,
        "found_late": report.healed,
        "log_of_deletions_gap": report.deletion_gap,
        "compared_at": report.compared_at,
        "reads": report.reads,
        "resumed": report.resumed,
        "api_calls": report.calls,
        "message": report.message or None,
    }
