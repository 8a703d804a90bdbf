"""The two lake tables of this room; both are append-only, the newest `_committed_at` of a key is what holds now."""

from __future__ import annotations

from partnerops_pipeline.lake.columns import Column

XREF_TABLE = "partnerops/partner_xref"
PARTNER_ID_TABLE = "partnerops/partner_id"

XREF = tuple(
    Column(name, kind)
    for name, kind in {
        "source": "VARCHAR",
        "source_object": "VARCHAR",
        "source_id": "VARCHAR",
        "partner_id": "VARCHAR",
        "method": "VARCHAR",
        "score": "DECIMAL(5,4)",
        "evidence": "VARCHAR",
        "account_id": "VARCHAR",
        "valid_from": "DATE",
    }.items()
)
"""Which partner a record of a source belongs to, by which step, and why. `partner_id` is NULL for an unmatched one.

`valid_from` is the day of the source row that first gave this match, not the day on which it was computed.
"""
XREF_KEY = ("source", "source_object", "source_id")

PARTNER_ID = tuple(
    Column(name, kind)
    for name, kind in {
        "partner_id": "VARCHAR",
        "source": "VARCHAR",
        "source_id": "VARCHAR",
        "minted_on": "DATE",
    }.items()
)
"""Every partner id that was ever given, and to which record; `minted_on` is the day that record was created."""
PARTNER_ID_KEY = ("partner_id",)
