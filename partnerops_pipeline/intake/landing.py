"""One parsed file into the lake. Each of the three commits can be repeated without storing anything twice.

First the rows that were set aside, then the rows of the file, last the file's own record. A file is known when that
record is there, so a process killed in between leaves a file that is read again; the lake holds its rows already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as parquet

from partnerops_pipeline.intake.facts import RejectedRow
from partnerops_pipeline.intake.parse import Parsed, extra_text
from partnerops_pipeline.intake.profile import Profile
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import META, Column
from partnerops_pipeline.lake.errors import AnotherWriterCommitted
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.lake.table import Appended, LakeTable

FILES_TABLE = "partnerops/intake_files"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARANTINE_TABLE = "partnerops/quarantine"
ATTEMPTS = 5
"""How often a commit to a table that others write too is tried."""

ROW_COLUMNS = (
    Column("_extra", "VARCHAR"),
    Column("_source_file", "VARCHAR"),
    Column("_file_id", "VARCHAR"),
    Column("_row_number", "BIGINT"),
    Column("_as_of", "TIMESTAMPTZ"),
)
"""What every row of a file carries besides its own columns and the lake's META."""

FILES = tuple(
    Column(name, kind)
    for name, kind in {
        "profile": "VARCHAR", "source": "VARCHAR", "lake_table": "VARCHAR", "file_id": "VARCHAR",
        "file_name": "VARCHAR", "sha256": "VARCHAR", "bytes": "BIGINT", "profile_digest": "VARCHAR", "state": "VARCHAR",
        "rule_id": "VARCHAR", "reason": "VARCHAR",
        "as_of": "TIMESTAMPTZ", "rows_in_file": "BIGINT", "rows_landed": "BIGINT", "rows_rejected": "BIGINT",
        "rows_skipped": "BIGINT", "repeated_keys": "BIGINT", "values_read": "BIGINT", "values_unparseable": "BIGINT",
        "unparseable_by_column": "VARCHAR", "unknown_values": "VARCHAR", "unmapped_columns": "VARCHAR",
        "absent_columns": "VARCHAR", "vanished_columns": "VARCHAR", "is_capped": "BOOLEAN", "is_older": "BOOLEAN",
        "previous_file_id": "VARCHAR", "previous_rows": "BIGINT", "taken_at": "TIMESTAMPTZ", "first_seen_on": "DATE",
    }.items()
)  # fmt: skip
QUARANTINE = tuple(
    Column(name, kind)
    for name, kind in {
        "profile": "VARCHAR", "source": "VARCHAR", "lake_table": "VARCHAR", "file_name": "VARCHAR",
        "file_id": "VARCHAR", "row_number": "BIGINT", "record_key": "VARCHAR", "rule_id": "VARCHAR",
        "reason": "VARCHAR", "first_seen_on": "DATE",
    }.items()
)  # fmt: skip


@dataclass(frozen=True)
class ExportFile:
    """A file as it was read: its name as it was dropped, and when it was read (`taken_at`, UTC-aware).

    `named_as_of` is the moment in its name, if its profile asks for that: the same content under another day is another
    export, since it says that nothing changed, or that everything changed back.
    `seen_on` is the day that its findings are first seen on: the as-of date of the run.
    """

    profile: str
    name: str
    sha256: str
    size: int
    named_as_of: datetime | None
    taken_at: datetime
    seen_on: date

    @property
    def batch_id(self) -> str:
        return f"intake-{self.file_id}"

    @property
    def file_id(self) -> str:
        """The same for the same export, however often and under whatever name it is dropped."""
        moment = self.named_as_of.isoformat() if self.named_as_of else ""
        return hashlib.sha256(f"{self.profile}\n{self.sha256}\n{moment}".encode()).hexdigest()[:20]


@dataclass(frozen=True)
class KnownFile:
    """A landed file as its record in the lake has it."""

    profile: str
    file_id: str
    as_of: datetime | None
    taken_at: datetime
    rows: int
    columns: frozenset[str]
    """Headers that no column took; with `absent` they tell which columns came and went."""
    absent: frozenset[str]


def known_files(lake: Lake) -> dict[str, KnownFile]:
    """The landed files by their id; a file whose table has been removed since is not among them."""
    table = lake.table(FILES_TABLE)
    files = table.files()
    if not files:
        return {}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(
            f"""SELECT profile, file_id, epoch_us(as_of), epoch_us(taken_at), rows_in_file,
                       unmapped_columns, absent_columns, lake_table
                FROM {duck.read_parquet(files)}
                QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY _committed_at DESC) = 1
                   AND state = 'landed'
            """
        ).fetchall()
    exists = {path: lake.table(path).exists() for path in {row[7] for row in found}}
    return {
        row[1]: KnownFile(
            row[0],
            row[1],
            _moment(row[2]),
            _EPOCH + timedelta(microseconds=row[3]),
            row[4],
            frozenset(json.loads(row[5])),
            frozenset(json.loads(row[6])),
        )
        for row in found
        if exists[row[7]]
    }


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
        _append_rows(lake.table(QUARANTINE_TABLE), records, QUARANTINE, ("file_id", "row_number", "rule_id"), file)


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


def write_file_record(
    lake: Lake, profile: Profile, file: ExportFile, parsed: Parsed, known: Mapping[str, KnownFile]
) -> KnownFile:
    """The record that makes the file known, with the counts that rules of quality judge it by."""
    facts = parsed.facts
    before = [k for k in known.values() if k.profile == profile.name and k.file_id != file.file_id]
    earlier = [k for k in before if k.as_of is not None and facts.as_of is not None and k.as_of <= facts.as_of]
    previous = max(earlier, key=lambda k: (k.as_of, k.taken_at), default=None)
    vanished: frozenset[str] = frozenset()
    if previous:
        vanished = (previous.columns - set(facts.unmapped)) | (set(facts.absent) - previous.absent)
    newest = max((k.as_of for k in before if k.as_of), default=None)
    record = {
        **_about(profile, file),
        "state": "landed",
        "as_of": facts.as_of,
        "rows_in_file": facts.rows,
        "rows_landed": facts.landed,
        "rows_rejected": facts.rejected,
        "rows_skipped": facts.skipped,
        "repeated_keys": facts.repeated_keys,
        "values_read": facts.values,
        "values_unparseable": facts.unparseable_values,
        "unparseable_by_column": _json(facts.unparseable),
        "unknown_values": _json(facts.unknown_values),
        "unmapped_columns": _json(facts.unmapped),
        "absent_columns": _json(facts.absent),
        "vanished_columns": _json(sorted(vanished)),
        "is_capped": facts.is_capped,
        "is_older": newest is not None and facts.as_of is not None and facts.as_of < newest,
        "previous_file_id": previous.file_id if previous else None,
        "previous_rows": previous.rows if previous else None,
    }
    _append_rows(lake.table(FILES_TABLE), [record], FILES, ("file_id",), file)
    return KnownFile(
        profile.name,
        file.file_id,
        facts.as_of,
        file.taken_at,
        facts.rows,
        frozenset(facts.unmapped),
        frozenset(facts.absent),
    )


def write_refusal(lake: Lake, profile: Profile, file: ExportFile, reason: str, rule: str) -> None:
    """The record of a file of which nothing could be used."""
    record = {
        **_about(profile, file),
        "state": "rejected",
        "rule_id": rule or None,
        "reason": reason,
        "as_of": file.named_as_of,
    }
    _append_rows(lake.table(FILES_TABLE), [record], FILES, ("file_id",), file)


def _about(profile: Profile, file: ExportFile) -> dict[str, Any]:
    return {
        "profile": profile.name,
        "source": profile.source,
        "lake_table": profile.lake_table,
        "file_name": file.name,
        "file_id": file.file_id,
        "sha256": file.sha256,
        "bytes": file.size,
        "profile_digest": profile.digest,
        "taken_at": file.taken_at,
        "first_seen_on": file.seen_on,
    }


def _append_rows(
    table: LakeTable,
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    key: Sequence[str],
    file: ExportFile,
) -> None:
    def append() -> Appended:
        return table.append_rows(
            records,
            columns=columns,
            key=key,
            batch_id=file.batch_id,
            extracted_at=file.taken_at,
            compare_ignore=("taken_at", "first_seen_on", "file_name"),
        )

    _again_if_overtaken(append)


def _again_if_overtaken(append: Callable[[], Appended]) -> Appended:
    for _ in range(ATTEMPTS - 1):
        try:
            return append()
        except AnotherWriterCommitted:
            continue
    return append()


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


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
