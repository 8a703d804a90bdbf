"""A small warehouse with the shapes of the real one, and the dbt manifest that describes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

OWNER = {"group.partnerops.partner_ops": {"name": "partner_ops", "owner": {"name": "Partner Operations"}}}


def column(description: str, **meta: Any) -> dict[str, Any]:
    return {"description": description, "meta": {}, "config": {"meta": meta}}


def model(schema: str, name: str, description: str, columns: dict[str, Any], **config: Any) -> dict[str, Any]:
    return {
        "unique_id": f"model.partnerops.{name}",
        "resource_type": "model",
        "schema": schema,
        "name": name,
        "alias": name,
        "description": description,
        "columns": {key: {"name": key, **value} for key, value in columns.items()},
        "config": {"materialized": "table", "group": "partner_ops", **config},
        "group": "partner_ops",
    }


def unique_test(name: str, column_name: str, severity: str = "error") -> dict[str, Any]:
    return {
        "unique_id": f"test.partnerops.unique_{name}_{column_name}",
        "resource_type": "test",
        "name": f"unique_{name}_{column_name}",
        "schema": "tests",
        "attached_node": f"model.partnerops.{name}",
        "column_name": column_name,
        "test_metadata": {"name": "unique", "kwargs": {"column_name": column_name}},
        "config": {"severity": severity},
        "depends_on": {"nodes": [f"model.partnerops.{name}"]},
    }


def combination_test(name: str, columns: list[str]) -> dict[str, Any]:
    return {
        "unique_id": f"test.partnerops.unique_combination_{name}",
        "resource_type": "test",
        "name": f"unique_combination_{name}",
        "schema": "tests",
        "attached_node": f"model.partnerops.{name}",
        "column_name": None,
        "test_metadata": {"name": "unique_combination", "kwargs": {"columns": columns, "model": "{{ this }}"}},
        "config": {"severity": "ERROR"},
        "depends_on": {"nodes": [f"model.partnerops.{name}"]},
    }


def manifest(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": {node["unique_id"]: node for node in nodes}, "groups": OWNER, "sources": {}}


def partner_manifest() -> dict[str, Any]:
    return manifest(
        model(
            "core",
            "dim_partner",
            "Partners of the programme. One row per partner.",
            {
                "partner_id": column("Never changes"),
                "name": column("Company | trading name"),
                "email": column("Main contact", pii=True),
                "employees": column("Head count of the contact's team", pii=True),
            },
            meta={"primary_key": "partner_id"},
        ),
        unique_test("dim_partner", "partner_id"),
        model(
            "marts",
            "mart_attach",
            "Attach by month. One row per month and region.",
            {
                "month": column("First day"),
                "region": column("Sales region"),
                "won": column("Deals"),
                "amount": column("USD"),
            },
        ),
        combination_test("mart_attach", ["month", "region"]),
        model("staging", "stg_accounts", "Not for readers.", {}),
    )


def fill_partners(path: Path, partners: int = 300, descending: bool = False) -> None:
    """Write `core.dim_partner` and `marts.mart_attach`; the rows are the same in whatever order they are inserted."""
    order = "desc" if descending else "asc"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema if not exists core; create schema if not exists marts; create schema if not exists meta"
        )
        connection.execute(
            f"""create or replace table core.dim_partner as
            select 'P-' || lpad((i * 7919 % 1000003)::varchar, 7, '0') as partner_id, 'Partner ' || i as name,
                'someone' || i || '@partner.example' as email, i::bigint as employees
            from range({partners}) r(i) order by i {order}"""
        )
        connection.execute(
            f"""create or replace table marts.mart_attach as
            select date '2026-01-01' + (m * 31)::integer as month, region, (m * 10)::bigint as won,
                (m * 1.5)::decimal(18, 2) as amount
            from range(12) r(m), (values ('emea'), ('na'), (null)) v(region) order by m {order}, region {order}"""
        )


def write_manifest(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
