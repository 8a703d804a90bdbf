"""The lake tables of the intake: what rows of files carry, the record of the files, the quarantine."""

from __future__ import annotations

from partnerops_pipeline.lake.columns import Column

FILES_TABLE = "partnerops/intake_files"
QUARANTINE_TABLE = "partnerops/quarantine"

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
