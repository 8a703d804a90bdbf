from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.errors import ChecksFailed, ConfigurationError
from partnerops_pipeline.release.catalogue import TableEntry, published_tables
from partnerops_pipeline.release.export import ExportedTable, export_tables
from tests.release.programme import column, fill_partners, manifest, model, partner_manifest, unique_test


def export(
    warehouse: Path, folder: Path, personal: str = "none", threads: int = 2, entries: list[TableEntry] | None = None
) -> list[ExportedTable]:
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(warehouse), read_only=True, config={"threads": threads}) as connection:
        return export_tables(connection, entries or published_tables(partner_manifest()), folder, personal)


def read(folder: Path, table: str, columns: str = "*") -> list[tuple]:
    return duckdb.sql(f"select {columns} from read_parquet('{folder}/parquet/{table}.parquet')").fetchall()


def test_equal_rows_give_equal_bytes_whatever_their_order_and_the_threads(tmp_path: Path) -> None:
    fill_partners(tmp_path / "a.duckdb", partners=200_000)
    fill_partners(tmp_path / "b.duckdb", partners=200_000, descending=True)
    first = export(tmp_path / "a.duckdb", tmp_path / "a", threads=1)
    second = export(tmp_path / "b.duckdb", tmp_path / "b", threads=2)
    assert [t.sha256 for t in first] == [t.sha256 for t in second]
    assert [t.rows for t in first] == [200_000, 36]


def test_one_changed_value_changes_the_bytes_of_its_table_alone(tmp_path: Path) -> None:
    fill_partners(tmp_path / "w.duckdb")
    first = export(tmp_path / "w.duckdb", tmp_path / "a")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("update core.dim_partner set name = 'Other' where employees = 7")
    second = export(tmp_path / "w.duckdb", tmp_path / "b")
    assert first[0].sha256 != second[0].sha256
    assert first[1].sha256 == second[1].sha256


def test_rows_are_sorted_by_primary_key_with_missing_parts_last(tmp_path: Path) -> None:
    fill_partners(tmp_path / "w.duckdb")
    export(tmp_path / "w.duckdb", tmp_path / "o")
    ids = read(tmp_path / "o", "core/dim_partner", "partner_id")
    assert ids == sorted(ids) and len(ids) == 300
    assert [region for _, region in read(tmp_path / "o", "marts/mart_attach", "month, region")[:3]] == [
        "emea",
        "na",
        None,
    ]


def test_without_a_proven_key_all_columns_decide_the_order(tmp_path: Path) -> None:
    entry = published_tables(manifest(model("core", "loose", "", {"k": column("")}, meta={"primary_key": "k"})))
    for name, values in (("a", "(1, 'x'), (1, 'y'), (0, 'z')"), ("b", "(1, 'y'), (0, 'z'), (1, 'x')")):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            connection.execute(
                f"create schema core; create table core.loose as select k::bigint k, v from (values {values}) r(k, v)"
            )
    first = export(tmp_path / "a.duckdb", tmp_path / "a", entries=entry)
    second = export(tmp_path / "b.duckdb", tmp_path / "b", entries=entry)
    assert first[0].sha256 == second[0].sha256
    assert read(tmp_path / "a", "core/loose") == [(0, "z"), (1, "x"), (1, "y")]


def test_personal_columns_are_present_and_empty_by_default(tmp_path: Path) -> None:
    fill_partners(tmp_path / "w.duckdb")
    export(tmp_path / "w.duckdb", tmp_path / "o")
    assert read(tmp_path / "o", "core/dim_partner", "count(*), count(email), count(employees), count(name)") == [
        (300, 0, 0, 300)
    ]


def test_hashed_personal_texts_still_count_and_join(tmp_path: Path) -> None:
    fill_partners(tmp_path / "w.duckdb")
    export(tmp_path / "w.duckdb", tmp_path / "o", personal="hashed")
    shown = read(
        tmp_path / "o",
        "core/dim_partner",
        "count(distinct email), bool_or(email like '%@%'), count(employees), max(length(email))",
    )
    assert shown == [(300, False, 0, 32)]


def test_full_shows_personal_columns_as_they_are(tmp_path: Path) -> None:
    fill_partners(tmp_path / "w.duckdb")
    export(tmp_path / "w.duckdb", tmp_path / "o", personal="full")
    assert read(tmp_path / "o", "core/dim_partner", "bool_and(email like '%@partner.example'), count(employees)") == [
        (True, 300)
    ]


def test_hiding_personal_columns_does_not_change_the_order_of_rows(tmp_path: Path) -> None:
    entry = published_tables(manifest(model("core", "people", "", {"email": column("", pii=True), "v": column("")})))
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute(
            "create schema core; create table core.people as from (values ('b', 'first'), ('a', 'second')) t(email, v)"
        )
    for personal in ("none", "hashed", "full"):
        export(tmp_path / "w.duckdb", tmp_path / personal, personal=personal, entries=entry)
        assert read(tmp_path / personal, "core/people", "v") == [("second",), ("first",)]


def test_a_personal_key_cannot_be_hidden(tmp_path: Path) -> None:
    entry = published_tables(
        manifest(model("core", "people", "", {"email": column("", pii=True)}), unique_test("people", "email"))
    )
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("create schema core; create table core.people as select 'a' as email")
    with pytest.raises(ConfigurationError, match=r"core\.people\.email is personal and part of the primary key"):
        export(tmp_path / "w.duckdb", tmp_path / "o", entries=entry)


def test_a_model_that_was_not_built_stops_everything(tmp_path: Path) -> None:
    fill_partners(tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("drop table marts.mart_attach")
    with pytest.raises(ChecksFailed, match=r"marts\.mart_attach is in the dbt project but not in the warehouse"):
        export(tmp_path / "w.duckdb", tmp_path / "o")
    assert not list((tmp_path / "o").rglob("*.parquet"))


def test_a_wrong_type_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    fill_partners(tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("alter table marts.mart_attach alter amount type double")
    with pytest.raises(ConfigurationError, match="amount is DOUBLE"):
        export(tmp_path / "w.duckdb", tmp_path / "o")
    assert not list((tmp_path / "o").rglob("*.parquet"))


def test_a_folder_with_a_quote_a_blank_and_an_umlaut_works(tmp_path: Path) -> None:
    fill_partners(tmp_path / "w.duckdb")
    assert export(tmp_path / "w.duckdb", tmp_path / "Jürgen's files")[0].rows == 300
