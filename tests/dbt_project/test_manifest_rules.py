"""House rules of the dbt project, read from its manifest: who may read what, what must be described."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.dbt_project.conftest import PROJECT, EmptyBuild

pytestmark = pytest.mark.xdist_group("dbt_project")

PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "core": ("dim_", "fct_", "bridge_"),
    "marts": ("mart_", "dq_", "metric_", "rule_", "gap_"),
}
TYPES = re.compile(r"bigint|string|boolean|date|timestamp|numeric\((\d+),\s*\d+\)")
CLOCKS = re.compile(r"\b(current_timestamp|current_date|now\s*\(|getdate|localtimestamp|random\s*\(|uuid\s*\()", re.I)


def models(build: EmptyBuild) -> list[dict[str, Any]]:
    return [node for node in build.manifest["nodes"].values() if node["resource_type"] == "model"]


def layer(node: dict[str, Any]) -> str:
    return str(node["fqn"][1])


def published(build: EmptyBuild) -> list[dict[str, Any]]:
    return [node for node in models(build) if layer(node) in ("core", "marts")]


def without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", sql, flags=re.DOTALL)


def test_only_staging_reads_sources_and_only_sources(empty_build: EmptyBuild) -> None:
    wrong = []
    for node in models(empty_build):
        parents = node["depends_on"]["nodes"]
        sources = [parent for parent in parents if parent.startswith("source.")]
        if layer(node) == "staging":
            others = [p for p in parents if p.startswith("model.") and not p.endswith("stg_partnerops__clock")]
            if len(sources) != 1 or others:
                wrong.append(node["name"])
        elif sources:
            wrong.append(node["name"])
    assert wrong == []


def test_marts_read_no_staging_model(empty_build: EmptyBuild) -> None:
    """But the clock, which is ours and no vendor's."""
    wrong = [
        (node["name"], parent)
        for node in models(empty_build)
        if layer(node) == "marts"
        for parent in node["depends_on"]["nodes"]
        if ".stg_" in parent and not parent.endswith("stg_partnerops__clock")
    ]
    assert wrong == []


def test_every_source_table_is_read(empty_build: EmptyBuild) -> None:
    read = {parent for node in models(empty_build) for parent in node["depends_on"]["nodes"]}
    assert set(empty_build.manifest["sources"]) - read == set()


def test_names_tell_the_layer(empty_build: EmptyBuild) -> None:
    assert [n["name"] for n in models(empty_build) if not n["name"].startswith(PREFIXES[layer(n)])] == []


def test_every_model_says_its_grain_last(empty_build: EmptyBuild) -> None:
    last_sentences = {n["name"]: re.split(r"(?<=\.) ", n["description"].strip())[-1] for n in models(empty_build)}
    assert [name for name, sentence in last_sentences.items() if not sentence.startswith("One row")] == []


def test_every_column_of_the_warehouse_is_described_and_no_other(empty_build: EmptyBuild) -> None:
    import duckdb

    with duckdb.connect(str(empty_build.run.warehouse_path), read_only=True) as warehouse:
        rows = warehouse.execute("select schema_name, table_name, column_name from duckdb_columns()").fetchall()
    built: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in rows:
        built.setdefault((schema, table), set()).add(column)
    nodes = [n for n in empty_build.manifest["nodes"].values() if n["resource_type"] in ("model", "seed")]
    wrong = {}
    for node in nodes:
        described = {name for name, column in node["columns"].items() if column["description"].strip()}
        difference = described ^ built[(node["schema"], node["alias"])]
        if difference:
            wrong[node["name"]] = sorted(difference)
    assert wrong == {}


def test_published_models_are_contracted_public_and_owned(empty_build: EmptyBuild) -> None:
    for node in published(empty_build):
        assert node["config"]["contract"]["enforced"], node["name"]
        assert node["access"] == "public", node["name"]
        assert node["group"] == "partner_ops", node["name"]


def test_published_types_are_the_six_that_every_reader_knows(empty_build: EmptyBuild) -> None:
    for node in published(empty_build):
        for name, column in node["columns"].items():
            found = TYPES.fullmatch(column["data_type"] or "")
            assert found, f"{node['name']}.{name} is {column['data_type']}"
            assert not found[1] or int(found[1]) <= 18, f"{node['name']}.{name} is wider than 18 digits"


def test_every_model_and_seed_has_a_tested_key(empty_build: EmptyBuild) -> None:
    """The key of the currency rates has an open start, so that a test of ranges stands in for it.

    A staging model that takes the newest version of each key and joins nothing has that key by its making; with a test
    each, these cost every run a tenth of its checks.
    """
    nodes = empty_build.manifest["nodes"].values()
    keyed = {
        node["attached_node"]
        for node in nodes
        if node["resource_type"] == "test"
        and node.get("test_metadata", {}).get("name") in ("unique_combination", "no_overlapping_ranges")
        and node["config"]["severity"].lower() == "error"
    }
    keyed |= {
        node["unique_id"]
        for node in nodes
        if node["fqn"][1] == "staging" and "current_records(" in node["raw_code"] and " join " not in node["raw_code"]
    }
    assert [n["name"] for n in nodes if n["resource_type"] in ("model", "seed") and n["unique_id"] not in keyed] == []


def test_declared_primary_keys_are_the_tested_ones(empty_build: EmptyBuild) -> None:
    nodes = empty_build.manifest["nodes"].values()
    tested = {
        (node["attached_node"], tuple(node["test_metadata"]["kwargs"]["columns"]))
        for node in nodes
        if node["resource_type"] == "test" and node.get("test_metadata", {}).get("name") == "unique_combination"
    }
    for node in published(empty_build):
        assert (node["unique_id"], tuple(node["config"]["meta"]["primary_key"])) in tested, node["name"]


def test_no_model_or_macro_asks_a_clock_or_chance() -> None:
    files = [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("macros/**/*.sql"), *PROJECT.glob("tests/**/*.sql")]
    assert len(files) > 80
    found = [file.name for file in files if CLOCKS.search(without_comments(file.read_text(encoding="utf-8")))]
    assert found == []


def test_sql_is_portable_lower_case_and_ends_with_final() -> None:
    """QUALIFY is missing in PostgreSQL, `::` in Spark, and DOUBLE would make money inexact."""
    for file in PROJECT.glob("models/**/*.sql"):
        sql = without_comments(file.read_text(encoding="utf-8"))
        outside_quotes = re.sub(r"'[^']*'|\{\{.*?\}\}|\{%.*?%\}", "", sql, flags=re.DOTALL)
        assert not re.search(r"\b(qualify|double|float|real)\b|::", outside_quotes), file.name
        assert outside_quotes == outside_quotes.lower(), file.name
        uses_a_macro_alone = sql.strip().startswith("{{") and sql.strip().endswith("}}")
        assert uses_a_macro_alone or sql.rstrip().endswith("select * from final"), file.name


def test_every_policy_that_models_ask_for_is_in_the_seed() -> None:
    seed = {line.split(",")[0] for line in (PROJECT / "seeds/policy.csv").read_text(encoding="utf-8").splitlines()[1:]}
    asked = {
        name
        for folder in ("models", "macros")
        for file in PROJECT.glob(f"{folder}/**/*.sql")
        for name in re.findall(r"policy\('(\w+)'", file.read_text(encoding="utf-8"))
    }
    assert asked == seed


def test_every_metric_of_the_definitions_has_lines_and_dimensions(empty_build: EmptyBuild) -> None:
    import csv

    with (PROJECT / "seeds/metric_definitions.csv").open(encoding="utf-8", newline="") as file:
        definitions = list(csv.DictReader(file))
    with (PROJECT / "seeds/metric_dimensions.csv").open(encoding="utf-8", newline="") as file:
        dimensions = {row["dimension"] for row in csv.DictReader(file)}
    lines = "".join(n["raw_code"] for n in models(empty_build) if n["name"].startswith("int_metric__lines_"))
    formulas = next(node for node in models(empty_build) if node["name"] == "mart_headline_metrics")["raw_code"]
    for row in definitions:
        said_in = formulas if row["aggregation"] == "derived" else lines
        assert f"'{row['metric_id']}'" in said_in, row["metric_id"]
        assert set(row["dimensions"].split(";")) <= dimensions, row["metric_id"]
        assert row["aggregation"] in ("sum", "ratio", "mean", "median", "p90", "stock", "derived"), row["metric_id"]
