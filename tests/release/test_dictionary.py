from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.release.catalogue import published_tables
from partnerops_pipeline.release.dictionary import write_dictionary
from partnerops_pipeline.release.export import export_tables
from tests.release.programme import fill_partners, partner_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill_partners(tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        tables = export_tables(connection, published_tables(partner_manifest()), tmp_path, "none")
    write_dictionary(tmp_path, tables, "none")
    return tmp_path


def test_the_json_says_type_key_owner_grain_and_tests_of_each_column(folder: Path) -> None:
    partner = json.loads((folder / "dictionary.json").read_text())["tables"][0]
    assert (partner["primary_key"], partner["owner"], partner["grain"]) == (
        ["partner_id"],
        "Partner Operations",
        "One row per partner.",
    )
    key = partner["columns"][0]
    assert (key["name"], key["type"], key["description"]) == ("partner_id", "VARCHAR", "Never changes")
    assert [test["kind"] for test in key["tests"]] == ["unique"]


def test_it_says_that_a_personal_column_is_left_empty(folder: Path) -> None:
    columns = {c["name"]: c for c in json.loads((folder / "dictionary.json").read_text())["tables"][0]["columns"]}
    assert columns["email"]["is_personal"] and columns["email"]["shown"] == "left empty in this release"
    assert "shown" not in columns["name"]
    assert "*Personal: left empty in this release.*" in (folder / "dictionary.md").read_text()


def test_the_spreadsheet_has_one_row_per_column_in_table_order(folder: Path) -> None:
    with (folder / "dictionary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["table"], r["column"], r["position"]) for r in rows][:5] == [
        ("dim_partner", "partner_id", "1"),
        ("dim_partner", "name", "2"),
        ("dim_partner", "email", "3"),
        ("dim_partner", "employees", "4"),
        ("mart_attach", "month", "1"),
    ]
    assert [r["column"] for r in rows if r["is_key"] == "yes"] == ["partner_id", "month", "region"]


def test_a_bar_in_a_description_does_not_break_the_table(folder: Path) -> None:
    assert "| `name` | VARCHAR | Company \\| trading name |  |" in (folder / "dictionary.md").read_text()


def test_every_contents_link_has_its_heading(folder: Path) -> None:
    text = (folder / "dictionary.md").read_text()
    assert "- [core.dim_partner](#coredim_partner)" in text and "## core.dim_partner" in text
