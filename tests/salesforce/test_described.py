from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from partnerops_pipeline.salesforce.described_objects import SeenObject, as_data, as_text, see_objects
from partnerops_pipeline.salesforce.described_sources import dbt_sources
from partnerops_pipeline.salesforce.errors import MissingObject
from partnerops_pipeline.salesforce.objects import contract, load_objects
from partnerops_pipeline.settings import PROJECT_ROOT

from .small_org import connected, small_org

STAGING = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "salesforce"


def column(text: str, table: str, name: str) -> dict[str, Any]:
    (source,) = yaml.safe_load(text)["sources"]
    (found,) = (one for one in source["tables"] if one["name"] == table)
    (it,) = (one for one in found["columns"] if one["name"] == name)
    return dict(it)


def field(seen: SeenObject, name: str) -> dict[str, Any]:
    (found,) = (one for one in as_data(seen)["fields"] if one["field"] == name)
    return dict(found)


def test_a_described_object_tells_types_labels_picklists_lookups_and_columns(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        org.store.add_field("Opportunity", "Reseller__c", "ref(Account)")
        org.store.hide_field("Opportunity", "NextStep")
        (seen,) = see_objects(connected(org), load_objects(), ["opportunity"])
        assert field(seen, "Amount") == {
            "field": "Amount", "visible": True, "column": "amount", "required": True, "label": "Amount",
            "type": "currency(18,2)", "lake_type": "DECIMAL(18,2)", "nillable": True,
        }  # fmt: skip
        assert field(seen, "StageName")["picklist"][0] == "Prospecting"
        assert field(seen, "AccountId")["lookup"] == ["Account"]
        assert field(seen, "Days_Open__c")["calculated"] is True
        assert field(seen, "Reseller__c")["column"] is None
        assert field(seen, "NextStep") == {"field": "NextStep", "visible": False, "column": "next_step"}
        lines = list(as_text(seen))
        assert lines[0].startswith("Opportunity (Opportunity): ")
        assert lines[0].endswith("read into salesforce/opportunity.")
        assert any(line.split()[:3] == ["NextStep", "-", "next_step"] and "NOT VISIBLE" in line for line in lines)
        assert any(line.split()[:3] == ["Reseller__c", "reference(Account)", "-"] for line in lines)


def test_any_object_of_the_org_can_be_named_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        few = [one for one in load_objects() if one.name == "Account"]
        (seen,) = see_objects(connected(org), few, ["contact"])
        assert (seen.name, seen.spec, seen.fields[0].column) == ("Contact", None, None)
        assert next(as_text(seen)).endswith("not in the objects file.")
        with pytest.raises(MissingObject, match="Resellers does not exist"):
            see_objects(connected(org), few, ["Resellers"])


def test_dbt_sources_promise_every_column_of_the_contract_and_tell_what_it_is(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        text = dbt_sources(see_objects(connected(org), load_objects()))
    (source,) = yaml.safe_load(text)["sources"]
    for path, promised in contract(load_objects()).items():
        (table,) = (one for one in source["tables"] if one["name"] == path.split("/")[1])
        assert [one["name"] for one in table["columns"]] == [alias for _, alias, _ in promised], path
    manager = column(text, "account", "partner_manager_id")
    assert manager["description"] == "Partner Manager. Lookup to user.id."
    assert manager["config"]["meta"] == {
        "salesforce_field": "Partner_Manager__c", "salesforce_type": "reference", "references": ["user"]
    }  # fmt: skip
    assert "Closed Won" in column(text, "opportunity", "stage_name")["config"]["meta"]["picklist"]
    assert column(text, "opportunity", "amount")["data_type"] == "DECIMAL(18,2)"
    assert column(text, "opportunity", "system_modstamp")["data_type"] == "TIMESTAMP"
    assert column(text, "opportunity", "days_open")["config"]["meta"]["calculated"] is True


def test_dbt_sources_are_equal_byte_for_byte_while_the_org_is(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        first = dbt_sources(see_objects(connected(org), load_objects()))
        assert dbt_sources(see_objects(connected(org), load_objects())) == first
        org.store.add_picklist_value("Account", "Partner_Tier__c", "Diamond")
        assert dbt_sources(see_objects(connected(org), load_objects())) != first


def test_what_the_org_lacks_stays_a_typed_column(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        org.store.hide_object("PartnerFundClaim")
        org.store.hide_field("Opportunity", "Amount")
        text = dbt_sources(see_objects(connected(org), load_objects()))
    missing = {"description": "Not in this org, or hidden from the log-in: always NULL.", "data_type": "DECIMAL(18,2)"}
    for table in ("opportunity", "partner_fund_claim"):
        assert column(text, table, "amount").items() >= missing.items()


def test_dbt_reads_the_sources_even_where_a_picklist_value_looks_like_a_template(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        org.store.add_picklist_value("Account", "Partner_Tier__c", "{{ undefined_macro() }} é 😀: #1")
        text = dbt_sources(see_objects(connected(org), load_objects()))
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "models" / "sources.yml").write_text(text, encoding="utf-8")
    (project / "models" / "one.sql").write_text("select amount from {{ source('salesforce', 'opportunity') }}")
    (project / "dbt_project.yml").write_text("{name: one, version: '1.0', profile: one, model-paths: [models]}")
    (project / "profiles.yml").write_text("{one: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}}")
    command = [sys.executable, "-m", "dbt.cli.main", "--warn-error", "parse", "--no-partial-parse"]
    ran = subprocess.run(
        [*command, "--project-dir", str(project), "--profiles-dir", str(project)],
        capture_output=True, text=True, cwd=project, check=False, env={"DBT_SEND_ANONYMOUS_USAGE_STATS": "0"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    manifest = json.loads((project / "target" / "manifest.json").read_text(encoding="utf-8"))
    tier = manifest["sources"]["source.one.salesforce.account"]["columns"]["partner_tier"]
    assert "{{ undefined_macro() }} é 😀: #1" in tier["meta"]["picklist"]


def test_the_sources_that_the_models_read_and_the_generated_ones_say_the_same(tmp_path: Path) -> None:
    """The shipped file names the tables only, so that it holds for every org; names, types, labels, picklists and
    lookups are what the generated one adds."""
    with small_org(tmp_path, opportunities=5) as org:
        (generated,) = yaml.safe_load(dbt_sources(see_objects(connected(org), load_objects())))["sources"]
    (shipped,) = yaml.safe_load((STAGING / "_salesforce__sources.yml").read_text(encoding="utf-8"))["sources"]
    assert (shipped["name"], shipped["description"]) == (generated["name"], generated["description"])
    tables = {one["name"]: one for one in generated["tables"]}
    columns = {name: {one["name"]: one for one in table["columns"]} for name, table in tables.items()}
    for table in shipped["tables"]:
        assert table["description"] == re.sub(r" \(.*\) records", " records", tables[table["name"]]["description"])
        for one in table.get("columns", []):
            assert one.items() <= columns[table["name"]][one["name"]].items()
    promised = contract(load_objects())
    read: set[str] = set()
    for model in sorted(STAGING.glob("*.sql")):
        text = model.read_text(encoding="utf-8")
        (table,) = re.findall(r"current_records\('salesforce', '(\w+)'", text)
        used = set(re.findall(r"\brecords\.(\w+)", text)) | set(re.findall(r"stamp='(\w+)'", text))
        assert used and used <= columns[table].keys(), (model.name, used - columns[table].keys())
        bound = {alias: kind.replace("TIMESTAMPTZ", "TIMESTAMP") for _, alias, kind in promised[f"salesforce/{table}"]}
        assert {name: columns[table][name]["data_type"] for name in used} == {name: bound[name] for name in used}
        read.add(table)
    assert read == {table["name"] for table in shipped["tables"]}
    told = [one for table in columns.values() for one in table.values()]
    assert sum("picklist" in one.get("config", {}).get("meta", {}) for one in told) > 20
    assert sum("references" in one.get("config", {}).get("meta", {}) for one in told) > 60
