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
    "partnerops/waiver": (
        BoundColumn("rule_id", "rule_id", "VARCHAR"),
        BoundColumn("entity_id", "entity_id", "VARCHAR"),
        BoundColumn("given_on", "given_on", "DATE"),
        BoundColumn("until", "until", "DATE"),
        BoundColumn("author", "author", "VARCHAR"),
        BoundColumn("reason", "reason", "VARCHAR"),
        BoundColumn("given_at", "given_at", "TIMESTAMPTZ"),
    ),
    "partnerops/dq_completeness_ledger": (
        BoundColumn("run_id", "run_id", "VARCHAR"),
        BoundColumn("source", "source", "VARCHAR"),
        BoundColumn("object", "object", "VARCHAR"),
        BoundColumn("lake_table", "lake_table", "VARCHAR"),
        BoundColumn("verdict", "verdict", "VARCHAR"),
        BoundColumn("difference", "difference", "BIGINT"),
        BoundColumn("current_rows", "current_rows", "BIGINT"),
    ),
    "partnerops/gap_ledger": (
        BoundColumn("evaluation_id", "evaluation_id", "VARCHAR"),
        BoundColumn("gap_id", "gap_id", "VARCHAR"),
        BoundColumn("rule_id", "rule_id", "VARCHAR"),
        BoundColumn("as_of", "as_of", "DATE"),
        BoundColumn("binding_id", "binding_id", "VARCHAR"),
        BoundColumn("state", "state", "VARCHAR"),
        BoundColumn("due_on", "due_on", "DATE"),
        BoundColumn("evidence_hash", "evidence_hash", "VARCHAR"),
        BoundColumn("source", "source", "VARCHAR"),
        BoundColumn("entity_type", "entity_type", "VARCHAR"),
        BoundColumn("entity_id", "entity_id", "VARCHAR"),
        BoundColumn("partner_id", "partner_id", "VARCHAR"),
        BoundColumn("severity", "severity", "VARCHAR"),
        BoundColumn("title", "title", "VARCHAR"),
        BoundColumn("evidence", "evidence", "VARCHAR"),
        BoundColumn("record_url", "record_url", "VARCHAR"),
        BoundColumn("owner_team", "owner_team", "VARCHAR"),
        BoundColumn("existed_since", "existed_since", "DATE"),
        BoundColumn("revenue_at_stake", "revenue_at_stake", "DECIMAL(18,2)"),
    ),
    "partnerops/rule_ledger": (
        BoundColumn("evaluation_id", "evaluation_id", "VARCHAR"),
        BoundColumn("rule_id", "rule_id", "VARCHAR"),
        BoundColumn("as_of", "as_of", "DATE"),
        BoundColumn("binding_id", "binding_id", "VARCHAR"),
        BoundColumn("state", "state", "VARCHAR"),
    ),
}
"""Policy overrides: the value of a setting of the programme from a moment on, who set it and why; which record of which
system is which partner; every partner id that was ever given; waivers of gaps; what
each run proved of each object; and the ledger: which gaps each published evaluation found, and what became of each rule
in it."""

PAST = frozenset({"partnerops/gap_ledger", "partnerops/rule_ledger", "partnerops/dq_completeness_ledger"})
"""What a run itself leaves behind. It is read as the past, so it is no part of what a binding is: else every run would
make the next one differ from it."""
