"""Rows of one file that claim the same key. Which one stands never depends on the order of the rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from partnerops_pipeline.intake.facts import Record, RejectedRow
from partnerops_pipeline.intake.profile import Profile
from partnerops_pipeline.intake.values import instant_of


def set_repeats_aside(records: Sequence[Record], profile: Profile) -> tuple[list[Record], list[RejectedRow]]:
    """The records that stand, and the others with their reason.

    Equal rows stand once. Of different ones the newest stands, if `newest_by` tells; otherwise none does, because
    nobody can say which is right; the record then keeps what earlier files said of it.
    """
    columns = list(profile.columns)
    keys = [columns.index(column) for column in profile.key]
    newest = columns.index(profile.newest_by) if profile.newest_by else None
    groups: dict[tuple[str | None, ...], list[Record]] = defaultdict(list)
    for record in records:
        groups[tuple(record.values[index] for index in keys)].append(record)
    if len(groups) == len(records):
        return list(records), []
    kept: list[Record] = []
    rejected: list[RejectedRow] = []
    for parts, group in groups.items():
        key = "|".join(part or "" for part in parts)
        distinct: dict[str, Record] = {}
        for record in group:
            first = distinct.setdefault(repr((record.values, sorted(record.extra.items()))), record)
            if first is not record:
                rejected.append(
                    RejectedRow(record.number, key, "FI-05", f"The row repeats row {first.number} exactly.")
                )
        standing = _newest(list(distinct.values()), newest)
        if standing:
            kept.append(standing)
        for record in distinct.values():
            if record is standing:
                continue
            others = ", ".join(str(other.number) for other in distinct.values() if other is not record)
            reason = (
                f"Row {standing.number} of the same key is newer by {profile.newest_by}."
                if standing
                else f"The key stands in row {others} too, with other values, and nothing tells which is right."
            )
            rejected.append(RejectedRow(record.number, key, "FI-05", reason))
    return sorted(kept, key=lambda record: record.number), rejected


def _newest(records: list[Record], by: int | None) -> Record | None:
    if len(records) == 1:
        return records[0]
    if by is None:
        return None
    moments = [(moment, record) for record in records if (moment := instant_of(record.values[by] or ""))]
    if len(moments) < len(records):
        return None  # a row without a date may be the newest
    latest = max(moment for moment, _ in moments)
    found = [record for moment, record in moments if moment == latest]
    return found[0] if len(found) == 1 else None
