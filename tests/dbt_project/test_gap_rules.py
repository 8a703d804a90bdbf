"""A rule is a model, a row of the policy and a name in the list: none of them without the others."""

from __future__ import annotations

import csv
import re

from partnerops_pipeline.warehouse.internal_sources import INTERNAL_SOURCES
from tests.dbt_project.conftest import PROJECT
from tests.dbt_project.warehouse_file import promised_columns

RULES = PROJECT / "models" / "marts" / "quality" / "rules"


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_model(rule_id: str) -> str:
    return f"rule_{rule_id.lower().replace('-', '_')}"


def test_every_rule_has_its_model_its_policy_and_its_place_in_the_list() -> None:
    models = {file.stem for file in RULES.glob("*.sql")}
    macro = (PROJECT / "macros" / "gap_rules.sql").read_text(encoding="utf-8")
    listed = {f"rule_{name}" for name in re.findall(r"'([a-z]+_\d\d)'", macro.split("endmacro")[0])}
    assert models == listed == {as_model(row["rule_id"]) for row in seed("dq_rule_policy")}


def test_a_model_speaks_only_of_its_own_rule() -> None:
    for file in RULES.glob("*.sql"):
        said = set(re.findall(r"'([A-Z]{2}-\d\d)'", file.read_text(encoding="utf-8")))
        assert {as_model(rule_id) for rule_id in said} == {file.stem}, file.name


def test_rules_need_tables_that_can_be_written() -> None:
    promised = {*promised_columns(), *INTERNAL_SOURCES}
    for row in seed("dq_rule_policy"):
        assert row["needs"] and set(row["needs"].split(";")) <= promised, row["rule_id"]


def test_every_threshold_that_rules_ask_for_is_in_the_seed_and_no_other() -> None:
    asked = {
        found
        for file in RULES.glob("*.sql")
        for found in re.findall(r"rule_threshold\('([A-Z]{2}-\d\d)', '(\w+)'\)", file.read_text(encoding="utf-8"))
    }
    assert asked == {(row["rule_id"], row["name"]) for row in seed("dq_rule_thresholds")}


def test_policy_uses_known_words() -> None:
    for row in seed("dq_rule_policy"):
        assert row["severity"] in ("critical", "high", "medium", "low"), row["rule_id"]
        assert row["sla_unit"] in ("business", "calendar") and int(row["sla_days"]) > 0, row["rule_id"]
        assert row["definition"].endswith(".") and row["definition"].count(".") == 1, row["rule_id"]
