"""What readers of the lake may rely on for export files, also before any file came."""

from __future__ import annotations

from collections.abc import Iterable

from partnerops_pipeline.intake.lake_tables import FILES, FILES_TABLE, QUARANTINE, QUARANTINE_TABLE, ROW_COLUMNS
from partnerops_pipeline.intake.profile import Profile
from partnerops_pipeline.lake.columns import META


def contract(profiles: Iterable[Profile]) -> dict[str, list[tuple[str, str, str]]]:
    """Lake table -> (column in the lake, column for readers, DuckDB type), the lake's own columns last.

    Both names are the same, since a profile's columns are canonical already. Besides one table per profile there are
    the record of the files and the quarantine.
    """
    promised = {
        profile.lake_table: [
            *((name, name, "VARCHAR") for name in profile.columns),
            *((column.name, column.name, column.type) for column in (*ROW_COLUMNS, *META)),
        ]
        for profile in profiles
    }
    for table, columns in ((FILES_TABLE, FILES), (QUARANTINE_TABLE, QUARANTINE)):
        promised[table] = [(column.name, column.name, column.type) for column in (*columns, *META)]
    return promised
