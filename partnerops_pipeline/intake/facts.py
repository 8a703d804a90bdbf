"""What was seen in one file: its rows, the numbers that say whether it can be trusted, and what could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ROW_RULES: Mapping[str, str] = {
    "FI-04": "a value of the row cannot be used",
    "FI-05": "the key stands in the file twice",
}
"""Rules under which single rows are set aside; the whole catalogue is a seed of dbt."""


@dataclass
class Record:
    """A row on its way: canonical values as text, and what no column of the profile takes."""

    number: int
    values: list[str | None]
    extra: dict[str, str]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is not in the lake. `key` is the record's key as far as it can be read, parts joined by `|`."""

    row_number: int
    key: str | None
    rule: str
    reason: str


@dataclass(frozen=True)
class FileFacts:
    """The counts of one file; `rows = landed + rejected` always, skipped rows are no records.

    `unparseable` and `unknown_values` are by column; `vanished` are columns that the previous file had.
    """

    rows: int
    landed: int
    rejected: int
    skipped: int
    as_of: datetime | None
    repeated_keys: int = 0
    values: int = 0
    unparseable: Mapping[str, int] = field(default_factory=dict)
    unknown_values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unmapped: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    is_capped: bool = False

    @property
    def unparseable_values(self) -> int:
        return sum(self.unparseable.values())
