"""Lake tables of our own that models may read before anybody has written to them."""

from __future__ import annotations

from partnerops_pipeline.warehouse.views import BoundColumn

_COLUMNS = {
    "partnerops/policy": {
        "name": "VARCHAR",
        "value": "VARCHAR",
        "author": "VARCHAR",
        "reason": "VARCHAR",
        "valid_from": "TIMESTAMPTZ",
    },
    "partnerops/partner_xref": {
        "source": "VARCHAR",
        "source_object": "VARCHAR",
        "source_id": "VARCHAR",
        "partner_id": "VARCHAR",
        "method": "VARCHAR",
        "score": "DECIMAL(5,4)",
        "evidence": "VARCHAR",
        "account_id": "VARCHAR",
        "valid_from": "DATE",
    },
    "partnerops/partner_id": {
        "partner_id": "VARCHAR",
        "source": "VARCHAR",
        "source_id": "VARCHAR",
        "minted_on": "DATE",
    },
    "partnerops/waiver": {
        "rule_id": "VARCHAR",
        "entity_id": "VARCHAR",
        "given_on": "DATE",
        "until": "DATE",
        "author": "VARCHAR",
        "reason": "VARCHAR",
        "given_at": "TIMESTAMPTZ",
    },
    "partnerops/dq_completeness_ledger": {
        "run_id": "VARCHAR",
        "source": "VARCHAR",
        "object": "VARCHAR",
        "lake_table": "VARCHAR",
        "verdict": "VARCHAR",
        "difference": "BIGINT",
        "current_rows": "BIGINT",
    },
    "partnerops/gap_ledger": {
        "evaluation_id": "VARCHAR",
        "gap_id": "VARCHAR",
        "rule_id": "VARCHAR",
        "as_of": "DATE",
        "binding_id": "VARCHAR",
        "state": "VARCHAR",
        "due_on": "DATE",
        "evidence_hash": "VARCHAR",
        "source": "VARCHAR",
        "entity_type": "VARCHAR",
        "entity_id": "VARCHAR",
        "partner_id": "VARCHAR",
        "severity": "VARCHAR",
        "title": "VARCHAR",
        "evidence": "VARCHAR",
        "record_url": "VARCHAR",
        "owner_team": "VARCHAR",
        "existed_since": "DATE",
        "revenue_at_stake": "DECIMAL(18,2)",
    },
    "partnerops/rule_ledger": {
        "evaluation_id": "VARCHAR",
        "rule_id": "VARCHAR",
        "as_of": "DATE",
        "binding_id": "VARCHAR",
        "state": "VARCHAR",
    },
}
INTERNAL_SOURCES: dict[str, tuple[BoundColumn, ...]] = {
    table: tuple(BoundColumn(name, name, kind) for name, kind in columns.items()) for table, columns in _COLUMNS.items()
}
"""Policy overrides: the value of a setting of the programme from a moment on, who set it and why; which record of which
system is which partner; every partner id that was ever given; waivers of gaps; what each run
proved of each object; and the ledger: which gaps each published evaluation found, and what became of each rule in it.
Names in the lake and in the warehouse are the same."""

PAST = frozenset({"partnerops/gap_ledger", "partnerops/rule_ledger", "partnerops/dq_completeness_ledger"})
"""What a run itself leaves behind. It is read as the past, so it is no part of what a binding is: else every run would
make the next one differ from it."""
