"""A file on its way into the lake, and how it is appended there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.errors import AnotherWriterCommitted
from partnerops_pipeline.lake.table import LakeTable

ATTEMPTS = 5
"""How often a commit to a table that others write too is tried."""


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


def append_records(
    table: LakeTable,
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    key: Sequence[str],
    file: ExportFile,
) -> None:
    """Append what was found out about a file; a repetition stores nothing.

    Raises:
        AnotherWriterCommitted: others kept writing to the same table.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            table.append_rows(
                records,
                columns=columns,
                key=key,
                batch_id=file.batch_id,
                extracted_at=file.taken_at,
                compare_ignore=("taken_at", "first_seen_on", "file_name"),
            )
            return
        except AnotherWriterCommitted:
            if attempt == ATTEMPTS:
                raise
