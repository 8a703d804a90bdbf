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
}
"""Policy overrides: the value of a setting of the programme from a moment on, who set it and why."""
