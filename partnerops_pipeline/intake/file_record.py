"""The record of each file in the lake: what makes it known, and the counts that rules of quality judge it by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from partnerops_pipeline.intake.export_file import ExportFile, append_records
from partnerops_pipeline.intake.lake_tables import FILES, FILES_TABLE
from partnerops_pipeline.intake.parse import Parsed
from partnerops_pipeline.intake.profile import Profile
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.store import Lake

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    append_records(lake.table(FILES_TABLE), [record], FILES, ("file_id",), file)
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
    append_records(lake.table(FILES_TABLE), [record], FILES, ("file_id",), file)


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


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
