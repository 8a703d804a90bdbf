from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.lake.columns import META, Column
from partnerops_pipeline.warehouse.views import BoundColumn, columns_of_view, select

META_ALIASES = [column.name for column in META]


def test_promised_columns_come_first_then_what_the_lake_has_beyond() -> None:
    promised = [BoundColumn("Status__c", "status", "VARCHAR"), BoundColumn("Gone", "gone", "DATE")]
    held = [Column("Status", "VARCHAR"), Column("Status__c", "VARCHAR"), Column("Region__c", "VARCHAR"), *META]
    found = columns_of_view("salesforce/deal", promised, held)
    assert [column.alias for column in found[:2]] == ["status", "gone"]
    # `Status` would be `status` too; both spellings are taken, so it is numbered instead of lost.
    assert [column.alias for column in found[2:]] == ["status_2", "region", *META_ALIASES]


def test_two_promised_columns_of_one_name_are_refused() -> None:
    promised = [BoundColumn("A__c", "status", "VARCHAR"), BoundColumn("B__c", "status", "VARCHAR")]
    with pytest.raises(ConfigurationError, match="Two columns of salesforce/deal are called status"):
        columns_of_view("salesforce/deal", promised, [])


@pytest.mark.parametrize(
    ("stored", "declared", "shown"),
    [
        ("DECIMAL(16,2)", "DECIMAL(18,2)", "DECIMAL(18,2)"),
        ("DECIMAL(18,4)", "DECIMAL(18,2)", "DECIMAL(20,4)"),
        ("BIGINT", "DECIMAL(18,0)", "DECIMAL(19,0)"),
        ("VARCHAR", "DATE", "DATE"),
        ("DATE", "VARCHAR", "VARCHAR"),
        ("TIMESTAMPTZ", "TIMESTAMPTZ", "TIMESTAMP"),
        ("TIMESTAMPTZ", "DATE", "DATE"),
        ("VARCHAR", "TIMESTAMPTZ", "TIMESTAMP"),
        ("BOOLEAN", "BOOLEAN", "BOOLEAN"),
        (None, "TIMESTAMPTZ", "TIMESTAMP"),
        (None, "DECIMAL(18,2)", "DECIMAL(18,2)"),
    ],
)
def test_readers_get_the_declared_type_unless_the_orgs_numbers_are_wider(
    tmp_path_factory: pytest.TempPathFactory, stored: str | None, declared: str, shown: str
) -> None:
    path = tmp_path_factory.mktemp("lake") / "part.parquet"
    value = f"NULL::{stored} AS x, " if stored else ""
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {value} 1 AS y) TO '{path}' (FORMAT parquet)")
        query = select([BoundColumn("x", "x", declared)], [Column("x", stored)] if stored else [], [str(path)], None)
        assert connection.execute(f"DESCRIBE {query}").fetchall()[0][:2] == ("x", shown)


def test_an_absent_table_has_its_columns_and_no_row() -> None:
    query = select([BoundColumn("A", "a", "DECIMAL(18,2)"), BoundColumn("B", "b", "TIMESTAMPTZ")], [], [], None)
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE {query}").fetchall()
        assert [row[:2] for row in described] == [("a", "DECIMAL(18,2)"), ("b", "TIMESTAMP")]
        assert connection.execute(query).fetchall() == []


def test_the_state_of_knowledge_is_a_filter_to_the_microsecond() -> None:
    moment = datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    query = select([BoundColumn("A", "a", "VARCHAR")], [Column("A", "VARCHAR")], ["/x.parquet"], moment)
    assert query.endswith("WHERE _committed_at <= TIMESTAMPTZ '2026-01-01T00:00:00.000001+00:00'")
