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

RUN_RECORDS = frozenset({"partnerops/dq_completeness_ledger"})
"""Tables that tell of runs and not of the programme: every run adds to them, and one that changed nothing else leaves
the same state of knowledge. They are bound like all others, and do not count in the binding's id."""
