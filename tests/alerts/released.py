"""A data root with a release that holds gaps, written by hand in the layout that publishing leaves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.release.folders import flip
from partnerops_pipeline.settings import Settings, load_settings

DAY = date(2026, 7, 1)
_TABLES = """
create schema quality; create schema meta; create schema core;
create table quality.dq_gaps (gap_id varchar, rule_id varchar, severity varchar, source varchar, entity_type varchar,
    entity_id varchar, partner_id varchar, title varchar, evidence varchar, record_url varchar, owner_team varchar,
    owner_name varchar, existed_since date, first_seen_on date, last_seen_on date, resolved_on date,
    reopened_count bigint, due_on date, age_days bigint, is_breached boolean, state varchar,
    revenue_at_stake decimal(18, 2));
create table quality.dq_rules (rule_id varchar, title varchar, definition varchar, severity varchar,
    owner_team varchar, sla_days bigint, needs varchar, state varchar, reason varchar, open_gaps bigint,
    evaluated_as_of date);
create table meta.glossary (term varchar, definition varchar);
create table core.fct_opportunities (opportunity_id varchar, original_currency varchar, rate_kind varchar);
insert into core.fct_opportunities values ('1', 'EUR', 'corporate'), ('2', 'USD', 'dated'), ('3', null, 'none');
insert into meta.glossary values
    ('deal registration', 'A partner''s claim to a deal, which protects the partner while it is approved.');
"""
RULES = {
    "DR-02": "salesforce/deal_registration",
    "ID-01": "impartner/partner; partnerops/partner_xref",
    "MD-03": "salesforce/partner_fund_claim;impartner/mdf_claim",
    "FI-03": "partnerops/intake_files",
}


@dataclass
class Released:
    """A data root; `release` publishes into it."""

    home: Path
    made: int = 0
    states: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return load_settings(home=self.home)

    def release(self, at: datetime, *gaps: dict[str, Any], as_of: date | None = None, **record: Any) -> Path:
        """Publish gaps as of the day of `at` and make the release current."""
        self.made += 1
        folder = self.home / "releases" / f"{as_of or at.date()}-{self.made:012x}"
        folder.mkdir(parents=True)
        with duckdb.connect(str(folder / "partner_marts.duckdb")) as marts:
            marts.execute(_TABLES)
            insert(marts, "quality.dq_gaps", gaps)
            insert(
                marts,
                "quality.dq_rules",
                [
                    {"rule_id": rule_id, "needs": needs, "state": self.states.get(rule_id, "evaluated")}
                    for rule_id, needs in RULES.items()
                ],
            )
            tables = marts.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        content = {
            "release_id": folder.name,
            "as_of": str(as_of or at.date()),
            "created_at": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "personal_data": "none",
            "tables": [{"schema": schema, "name": name, "rows": 0} for schema, name in tables],
            "files": [],
        } | record
        (folder / "manifest.json").write_text(json.dumps(content))
        flip(self.home / "current", folder)
        return folder


def insert(marts: duckdb.DuckDBPyConnection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        marks = ", ".join("?" * len(row))
        marts.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def row(number: int = 1182, state: str = "open", **other: Any) -> dict[str, Any]:
    """A gap of DR-02 as `quality.dq_gaps` holds it; one word changes one thing."""
    return {
        "gap_id": f"g{number}",
        "rule_id": "DR-02",
        "severity": "high",
        "source": "salesforce",
        "entity_type": "deal_registration",
        "entity_id": f"DR-{number}",
        "title": f"Deal registration DR-{number} of Contoso was approved on 2026-06-20 and has no opportunity.",
        "record_url": f"https://partnerops-demo.lightning.force.com/lightning/r/Deal_Registration__c/DR-{number}/view",
        "owner_team": "Channel Ops",
        "due_on": date(2026, 7, 4),
        "state": state,
        "revenue_at_stake": Decimal("125000.00"),
        **other,
    }


def rejected_file(
    profile: str = "impartner_partners", state: str = "open", lake_table: str = "impartner/partner", **other: Any
) -> dict[str, Any]:
    """The newest file of a profile lacks a column."""
    return row(
        1,
        state,
        **{
            "gap_id": f"file {profile}",
            "rule_id": "FI-03",
            "severity": "critical",
            "source": "impartner",
            "entity_type": "export_profile",
            "entity_id": profile,
            "evidence": json.dumps({"file": f"{profile}.csv", "lake_table": lake_table}),
            "title": f"The newest file of {profile} lacks a column and was rejected.",
            "owner_team": "RevOps",
            "record_url": None,
            "due_on": None,
            "revenue_at_stake": None,
            **other,
        },
    )
