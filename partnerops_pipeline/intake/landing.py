"""One parsed file into the lake. Each of the three commits can be repeated without storing anything twice.

First the rows that were set aside, then the rows of the file, last the file's own record. A file is known when that
record is there, so a process killed in between leaves a file that is read again; the lake holds its rows already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from partnerops_pipeline.intake.export_file import ExportFile, append_records
from partnerops_pipeline.intake.facts import RejectedRow
from partnerops_pipeline.intake.file_record import KnownFile, write_file_record
from partnerops_pipeline.intake.lake_tables import QUARANTINE, QUARANTINE_TABLE, ROW_COLUMNS
from partnerops_pipeline.intake.parse import Parsed, extra_text
from partnerops_pipeline.intake.profile import Profile
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import META, Column
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.lake.table import Appended


def land(
    lake: Lake,
    spool: Path,
    profile: Profile,
    file: ExportFile,
    parsed: Parsed,
    known: Mapping[str, KnownFile],
) -> KnownFile:
    """Commit what was set aside, then the rows, then the file's record; returns the record.

    Raises:
        ResourceExhausted: the disk is full; what was committed stays, and the next attempt goes on from there.
        AnotherWriterCommitted: others kept writing to the same tables; try again later.
    """
    write_quarantine(lake, profile, file, parsed.rejected)
    write_rows(lake, spool, profile, file, parsed)
    return write_file_record(lake, profile, file, parsed, known)


def write_quarantine(lake: Lake, profile: Profile, file: ExportFile, rejected: Sequence[RejectedRow]) -> None:
    records = [
        {
            "profile": profile.name,
            "source": profile.source,
            "lake_table": profile.lake_table,
            "file_name": file.name,
            "file_id": file.file_id,
            "row_number": row.row_number,
            "record_key": row.key,
            "rule_id": row.rule,
            "reason": row.reason,
            "first_seen_on": file.seen_on,
        }
        for row in rejected
    ]
    if records:
        append_records(lake.table(QUARANTINE_TABLE), records, QUARANTINE, ("file_id", "row_number", "rule_id"), file)


def write_rows(lake: Lake, spool: Path, profile: Profile, file: ExportFile, parsed: Parsed) -> Appended:
    """All rows of the file in one commit, keyed by file and row: every export stays in the lake as it was."""
    table = lake.table(profile.lake_table)
    columns = [*(Column(name, "VARCHAR") for name in parsed.columns), *ROW_COLUMNS]
    stamp = table.begin_batch(batch_id=file.batch_id, extracted_at=file.taken_at)
    folder = spool / "intake"
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / f"{profile.name}-{file.sha256}.parquet"
    try:
        with duck.full_disk_is_said(folder):
            parquet.write_table(_arrow(parsed, columns, file, stamp.committed_at), staged, compression="zstd")
        moments = [moment for moment in (table.watermark(), parsed.facts.as_of) if moment is not None]
        return table.append(
            [staged],
            columns=columns,
            key=("_file_id", "_row_number"),
            batch_id=file.batch_id,
            extracted_at=file.taken_at,
            committed_at=stamp.committed_at,
            watermark=max(moments, default=None),
            compare_ignore=("_source_file",),
        )
    finally:
        staged.unlink(missing_ok=True)


def _arrow(parsed: Parsed, columns: Sequence[Column], file: ExportFile, committed_at: datetime) -> pa.Table:
    size = len(parsed.records)
    moment = pa.timestamp("us", tz="UTC")
    arrays: list[pa.Array] = [
        pa.array([record.values[index] for record in parsed.records], pa.string())
        for index in range(len(parsed.columns))
    ]
    arrays.append(pa.array([extra_text(record.extra) for record in parsed.records], pa.string()))
    arrays.append(_constant(file.name, size, pa.string()))
    arrays.append(_constant(file.file_id, size, pa.string()))
    arrays.append(pa.array([record.number for record in parsed.records], pa.int64()))
    arrays.append(_constant(parsed.facts.as_of, size, moment))
    arrays.append(_constant(file.batch_id, size, pa.string()))
    arrays.append(_constant(file.taken_at, size, moment))
    arrays.append(_constant(committed_at, size, moment))
    arrays.append(_constant(False, size, pa.bool_()))
    arrays.append(_constant(None, size, pa.string()))
    return pa.table(arrays, names=[column.name for column in [*columns, *META]])


def _constant(value: Any, size: int, kind: pa.DataType) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), size)
