"""How an object stands between runs: what the lake has whole, and up to when deletions and formulas are known.

Kept in the ledger's file. Losing it, or meeting a lake older than it, loses no record: the object is then read whole
and its ids are compared once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from partnerops_pipeline.lake.table import LakeTable
from partnerops_pipeline.salesforce.ledger import Ledger


@dataclass(frozen=True)
class Standing:
    """What is known of one object.

    Args:
        watermark: the lake table's watermark when this was written; an older table is another one.
        columns: API name -> type of the fields that every record in the lake was read with.
        deleted_until: up to when deletions are known (`latestDateCovered`).
        swept_at: when ids and calculated fields were last compared with the org's, by its clock.
        current_rows: distinct records in the lake; None = not counted.
    """

    watermark: datetime | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    deleted_until: datetime | None = None
    swept_at: datetime | None = None
    current_rows: int | None = None

    def covers(self, columns: Mapping[str, str]) -> bool:
        """Whether every record was read with these fields in these types, so that an increment is enough."""
        return columns.items() <= self.columns.items()

    def narrowed(self, columns: Mapping[str, str]) -> Standing:
        """Before an increment that reads only these: a field that is left out now is not whole any more."""
        return replace(self, columns={name: kind for name, kind in self.columns.items() if columns.get(name) == kind})


def read_standing(ledger: Ledger, object_name: str, table: LakeTable) -> Standing:
    """What was kept, unless the lake table is another or older one than it speaks of."""
    found = last_standing(ledger, object_name)
    if found == Standing() or not table.exists():
        return Standing()
    watermark = table.watermark()
    older = found.watermark is not None and (watermark is None or watermark < found.watermark)
    if older:
        return Standing()
    # a run that was killed right after a commit leaves the table ahead of what is written here
    return found if watermark == found.watermark else replace(found, current_rows=None)


def last_standing(ledger: Ledger, object_name: str) -> Standing:
    """What was kept, whatever became of the lake since."""
    kept = ledger.standing(object_name)
    return Standing(
        watermark=_moment(kept.get("watermark")),
        columns=kept.get("columns") or {},
        deleted_until=_moment(kept.get("deleted_until")),
        swept_at=_moment(kept.get("swept_at")),
        current_rows=kept.get("current_rows"),
    )


def keep_standing(ledger: Ledger, object_name: str, standing: Standing) -> None:
    value: dict[str, Any] = {
        "watermark": _text(standing.watermark),
        "columns": dict(standing.columns),
        "deleted_until": _text(standing.deleted_until),
        "swept_at": _text(standing.swept_at),
        "current_rows": standing.current_rows,
    }
    ledger.keep_standing(object_name, value)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
