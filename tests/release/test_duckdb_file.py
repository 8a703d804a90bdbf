from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.release.catalogue import published_tables
from partnerops_pipeline.release.duckdb_file import write_duckdb_file
from partnerops_pipeline.release.export import ExportedTable, export_tables
from tests.release.programme import fill_partners, partner_manifest


def built(tmp_path: Path, name: str, partners: int = 300) -> tuple[Path, list[ExportedTable]]:
    folder = tmp_path / name
    folder.mkdir()
    fill_partners(tmp_path / f"{name}-warehouse.duckdb", partners)
    with duckdb.connect(str(tmp_path / f"{name}-warehouse.duckdb"), read_only=True) as connection:
        return folder, export_tables(connection, published_tables(partner_manifest()), folder, "full")


def test_the_file_holds_what_the_parquet_files_hold(tmp_path: Path) -> None:
    folder, tables = built(tmp_path, "it's a ü")
    file = write_duckdb_file(folder, tables)
    with duckdb.connect(str(file), read_only=True) as connection:
        for table in tables:
            parquet = str(folder / table.parquet).replace("'", "''")
            difference = connection.execute(
                f"select count(*) from (from {table.entry.path} except all from read_parquet('{parquet}'))"
            ).fetchone()
            assert difference == (0,)
            assert connection.execute(f"select count(*) from {table.entry.path}").fetchone() == (table.rows,)


_AMOUNTS = ",\n".join(
    f"case when hash(i + {k}) % 7 <> 0 then (hash(i * {k}) % 1000000)::decimal(18, 6) end as amount_{k}"
    for k in range(1, 25)
)
_SHAPES = f"""
create schema core;
create table core.dim_partner as
select 'P-' || i as partner_id, 'u' || hash(i) as name, case when i % 5 = 0 then 'a' || i % 9 end as email,
    i::bigint as employees, case when i % 3 = 0 then i % 2 = 0 end as flag,
    case when i % 1000 < 500 then date '2020-01-01' + (i % 700)::integer end as day,
    case when hash(i) % 100 = 0 then timestamp '2020-01-01' + to_minutes(i) end as moment,
    {_AMOUNTS}
from range(2010) r(i);
create schema marts;
create table marts.mart_attach as
select date '2026-01-01' + i::integer as month, 'r' || i as region, i::bigint as won,
    (hash(i) % 1000003)::decimal(18, 2) as amount
from range(130017) r(i);
"""


def test_every_type_with_and_without_gaps_gives_equal_bytes_in_every_process(tmp_path: Path) -> None:
    # 2,010 and 130,017 rows end in the middle of a compression group of 32, where padding would show
    contents = set()
    for attempt in range(4):
        folder = tmp_path / f"{attempt}"
        folder.mkdir()
        with duckdb.connect() as connection:
            connection.execute(_SHAPES)
            tables = export_tables(connection, published_tables(partner_manifest()), folder, "full")
        contents.add(write_duckdb_file(folder, tables).read_bytes())
    assert len(contents) == 1


def test_equal_tables_give_equal_bytes_at_a_size_where_blocks_have_gaps(tmp_path: Path) -> None:
    # 300,000 distinct names fill string blocks beyond 80 %, where DuckDB leaves gaps as it finds them
    files = [write_duckdb_file(*built(tmp_path, name, partners=300_000)).read_bytes() for name in ("a", "b")]
    assert files[0] == files[1]


def test_the_storage_version_is_one_that_older_drivers_open(tmp_path: Path) -> None:
    file = write_duckdb_file(*built(tmp_path, "a"))
    header = file.read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 65  # the number of v1.2.0


def test_descriptions_travel_as_comments(tmp_path: Path) -> None:
    file = write_duckdb_file(*built(tmp_path, "a"))
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute(
            "select comment from duckdb_tables() where table_name = 'dim_partner'"
        ).fetchone() == ("Partners of the programme. One row per partner.",)
        assert connection.execute("select comment from duckdb_columns() where column_name = 'region'").fetchone() == (
            "Sales region",
        )


def test_a_missing_parquet_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    folder, tables = built(tmp_path, "a")
    (folder / tables[0].parquet).unlink()
    with pytest.raises(BadData, match=r"could not be written: .*dim_partner"):
        write_duckdb_file(folder, tables)
