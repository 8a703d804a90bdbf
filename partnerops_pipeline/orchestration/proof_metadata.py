"""What proves an object's extraction and what was found beyond its rows, as metadata of its asset and check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from partnerops_pipeline.salesforce.extract import ObjectReport


def proof_metadata(report: ObjectReport) -> dict[str, dg.MetadataValue]:
    """Counts of Salesforce beside ours; how fresh deletions and formulas are; empty for an object that was not read."""
    if report.state != "ok":
        return {}
    metadata: dict[str, dg.MetadataValue] = {"verdict": dg.MetadataValue.text(report.verdict)}
    counts = {
        "processed by the job": report.processed,
        "announced with the pages": report.announced,
        "records in the lake": report.current_rows,
        "records in the org": report.source_rows,
        "deleted for good": report.buried or None,
        "recalculated": report.refreshed or None,
        "found late": report.healed or None,
        "times read": report.reads if report.reads > 1 else None,
    }
    metadata |= {name: dg.MetadataValue.int(count) for name, count in counts.items() if count is not None}
    if report.compared_at is not None:
        metadata["formulas and ids compared"] = dg.MetadataValue.timestamp(report.compared_at)
    if report.deletion_gap:
        metadata["log of deletions"] = dg.MetadataValue.text("had a gap, so all ids were compared")
    if report.resumed:
        metadata["resumed"] = dg.MetadataValue.bool(True)
    return metadata


def beyond_the_rows(report: ObjectReport) -> str:
    """The same in words, for a person who watches: ", 2 deleted for good, 14 recalculated"; empty where nothing was."""
    found = {"deleted for good": report.buried, "recalculated": report.refreshed, "found late": report.healed}
    return "".join(f", {count:,} {what}" for what, count in found.items() if count)
