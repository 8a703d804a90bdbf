"""Lake tables of our own that models may read before anybody has written to them."""

from __future__ import annotations

from partnerops_pipeline.warehouse.views import BoundColumn

INTERNAL_SOURCES: dict[str, tuple[BoundColumn, ...]] = {
    "partnerops/policy": (
        BoundColumn("name", "name", "VARCHAR"),
        BoundColumn("value", "value", "VARCHAR"),
        BoundColumn("author", "author", "VARCHAR"),
        BoundColumn("reason", "reason", "VARCHAR"),
        BoundColumn("valid_from", "valid_from", "TIMESTAMPTZ"),
    ),
    "partnerops/partner_xref": (
        BoundColumn("source", "source", "VARCHAR"),
        BoundColumn("source_object", "source_object", "VARCHAR"),
        BoundColumn("source_id", "source_id", "VARCHAR"),
        BoundColumn("partner_id", "partner_id", "VARCHAR"),
        BoundColumn("method", "method", "VARCHAR"),
        BoundColumn("score", "score", "DECIMAL(5,4)"),
        BoundColumn("evidence", "evidence", "VARCHAR"),
        BoundColumn("account_id", "account_id", "VARCHAR"),
        BoundColumn("valid_from", "valid_from", "DATE"),
    ),
    "partnerops/partner_id": (
        BoundColumn("partner_id", "partner_id", "VARCHAR"),
        BoundColumn("source", "source", "VARCHAR"),
        BoundColumn("source_id", "source_id", "VARCHAR"),
        BoundColumn("minted_on", "minted_on", "DATE"),
    ),
}
"""Policy overrides: the value of a setting of the programme from a moment on, who set it and why; which record of which
system is which partner; every partner id that was ever given."""
