"""A small warehouse with the shapes of the real one, and the dbt manifest that describes it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.errors import ResourceExhausted as ResourceExhausted
from partnerops_pipeline.release.publish import Release, publish
from partnerops_pipeline.settings import Settings
from partnerops_pipeline.warehouse.evidence import Evidence, code_hash, seeds_hash, write_evidence
from partnerops_pipeline.warehouse.node_result import NodeResult

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
            select date '2026-01-01' + (m * 31)::integer as month, region, (m * 10 + {partners})::bigint as won,
                (m * 1.5)::decimal(18, 2) as amount
            from range(12) r(m), (values ('emea'), ('na'), (null)) v(region) order by m {order}, region {order}"""
        )


def write_manifest(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


AS_OF = date(2026, 6, 30)


def result(name: str, status: str, severity: str | None = None) -> NodeResult:
    kind = "test" if severity else "model"
    return NodeResult(
        unique_id=f"{kind}.partnerops.{name}",
        resource_type=kind,
        name=name,
        status=status,
        message="",
        failures=0,
        seconds=0.1,
        relation=None,
        severity=severity,
        rows=None,
    )


@dataclass
class House:
    """A data root with a bound, built and checked warehouse, and the dbt project that it was built from."""

    settings: Settings
    project: Path

    def build(self, partners: int = 300, binding_id: str = "b1", **evidence: Any) -> None:
        """Fill the warehouse, bind it and leave passing evidence; `proven_binding` and other fields can be replaced."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        fill_partners(self.settings.warehouse_path, partners)
        with duckdb.connect(str(self.settings.warehouse_path)) as connection:
            connection.execute(
                f"""create or replace table meta.clock as
                select date '{AS_OF}' as as_of, null::timestamp as known_at, 'UTC' as reporting_time_zone;
                create or replace table meta.binding as
                select '{binding_id}' as binding_id, 'salesforce/account' as path, 'salesforce' as schema_name,
                    'account' as table_name, 3::bigint as version, 1::bigint as files, {partners}::bigint as rows,
                    timestamp '2026-06-30 12:00:00' as watermark, timestamp '2026-06-30 13:00:00' as extracted_at"""
            )
        proof = Evidence(
            binding_id=evidence.pop("proven_binding", binding_id),
            as_of=AS_OF,
            known_at=None,
            code_hash=code_hash(self.project),
            seeds_hash=seeds_hash(self.project),
            models=(result("dim_partner", "success"), result("mart_attach", "success")),
            tests=(result("unique_partner", "pass", "error"), result("few_gaps", "warn", "warn")),
            complete=True,
        )
        write_evidence(self.settings.warehouse_path, replace(proof, **evidence))

    def publish(self, **arguments: Any) -> Release:
        return publish(self.settings, manifest_path=self.project / "target" / "manifest.json", **arguments)


def new_house(root: Path, **settings: Any) -> House:
    """An empty data root `root/home` and a dbt project `root/project` with the manifest of `partner_manifest`."""
    project = root / "project"
    (project / "models").mkdir(parents=True)
    (project / "models" / "dim_partner.sql").write_text("select 1")
    write_manifest(project / "target" / "manifest.json", partner_manifest())
    return existing_house(root, **settings)


def copied_house(made: House, root: Path) -> House:
    """A copy of a house in a folder of its own: copying costs a twentieth of publishing."""
    shutil.copytree(made.settings.home.parent, root, symlinks=True, dirs_exist_ok=True)
    return existing_house(root)


def existing_house(root: Path, **settings: Any) -> House:
    """The house that `new_house` made, also from another process."""
    project = root / "project"

    class TestSettings(Settings):
        @property
        def dbt_project_dir(self) -> Path:
            return project

    values = {"PARTNEROPS_HOME": root / "home", **settings}
    return House(TestSettings(_env_file=None, **values), project)
