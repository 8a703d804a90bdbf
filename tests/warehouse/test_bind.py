from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.warehouse.bind import Binding, bind, read_binding
from partnerops_pipeline.warehouse.connection import connect
from partnerops_pipeline.warehouse.errors import ImpossibleAsOf
from partnerops_pipeline.warehouse.internal_sources import INTERNAL_SOURCES, PAST

DAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATE = datetime(2026, 3, 1, 3, tzinfo=UTC)
"""Still February in Los Angeles."""
CONTRACTS = {
    "salesforce/account": [
        ("Id", "id", "VARCHAR"),
        ("Partner_Tier__c", "partner_tier", "VARCHAR"),
        ("AnnualRevenue", "annual_revenue", "DECIMAL(18,2)"),
        ("SystemModstamp", "system_modstamp", "TIMESTAMPTZ"),
    ],
    "salesforce/lead": [("Id", "id", "VARCHAR"), ("CreatedDate", "created_date", "TIMESTAMPTZ")],
}
COLUMNS = (
    Column("Id", "VARCHAR"),
    Column("AnnualRevenue", "DECIMAL(18,2)"),
    Column("SystemModstamp", "TIMESTAMPTZ"),
    Column("Segment__c", "VARCHAR"),
)


class House:
    """A lake and a warehouse in one folder; the lake's clock stands at the moment given for each batch."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.warehouse = home / "warehouse.duckdb"
        self.now = NOON

    @property
    def lake(self) -> Lake:
        return Lake(str(self.home / "lake"), now=lambda: self.now)

    def add(self, *accounts: tuple[str, str | None], at: datetime = NOON, path: str = "salesforce/account") -> None:
        self.now = at
        self.lake.table(path).append_rows(
            [
                {
                    "Id": name,
                    "AnnualRevenue": Decimal(value) if value else None,
                    "SystemModstamp": LATE,
                    "Segment__c": "smb",
                }
                for name, value in accounts
            ],
            columns=COLUMNS,
            key=["Id"],
            order_by=["SystemModstamp"],
            batch_id="batch",
            extracted_at=NOON,
            watermark=NOON,
        )

    def bind(self, **how: Any) -> Binding:
        return bind(self.lake, self.warehouse, CONTRACTS, **{"as_of": DAY, **how})

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with closing(connect(self.warehouse, read_only=True)) as warehouse:
            return warehouse.execute(question).fetchall()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "Büro Süd")


def test_a_view_has_the_warehouses_names_and_types(house: House) -> None:
    house.add(("a", "1.5"))
    house.bind()
    described = house.ask("DESCRIBE salesforce.account")
    assert [row[:2] for row in described] == [
        ("id", "VARCHAR"),
        ("partner_tier", "VARCHAR"),
        ("annual_revenue", "DECIMAL(18,2)"),
        ("system_modstamp", "TIMESTAMP"),
        ("segment", "VARCHAR"),
        ("_batch_id", "VARCHAR"),
        ("_extracted_at", "TIMESTAMP"),
        ("_committed_at", "TIMESTAMP"),
        ("_is_deleted", "BOOLEAN"),
        ("_deleted_kind", "VARCHAR"),
    ]
    assert house.ask("SELECT id, partner_tier, annual_revenue, system_modstamp, segment FROM salesforce.account") == [
        ("a", None, Decimal("1.50"), LATE.replace(tzinfo=None), "smb")
    ]


def test_what_nobody_wrote_is_an_empty_view_with_types(house: House) -> None:
    binding = house.bind()
    assert house.ask("SELECT * FROM salesforce.lead") == []
    assert house.ask("SELECT created_date + INTERVAL 1 DAY FROM salesforce.lead") == []
    assert house.ask("SELECT name, value, author, reason, valid_from FROM partnerops.policy") == []
    assert {source.path: source.version for source in binding.sources} == {
        **dict.fromkeys(INTERNAL_SOURCES),
        "salesforce/account": None,
        "salesforce/lead": None,
    }


def test_a_day_is_the_day_in_utc_in_every_session(house: House) -> None:
    house.add(("a", "1"))
    house.bind()
    with closing(connect(house.warehouse, read_only=True)) as warehouse:
        warehouse.execute("SET TimeZone = 'America/Los_Angeles'")
        assert warehouse.execute("SELECT system_modstamp::DATE FROM salesforce.account").fetchall() == [(DAY,)]


def test_the_clock_and_the_binding_are_tables(house: House) -> None:
    house.add(("a", "1"), ("b", "2"))
    known = NOON + timedelta(hours=1)
    binding = house.bind(known_at=known, reporting_time_zone="Europe/Berlin")
    assert house.ask("SELECT * FROM meta.clock") == [(DAY, known.replace(tzinfo=None), "Europe/Berlin")]
    account = next(source for source in binding.sources if source.path == "salesforce/account")
    assert (account.schema, account.name, account.version, account.files, account.rows) == (
        "salesforce",
        "account",
        0,
        1,
        2,
    )
    assert account.watermark == account.extracted_at == NOON
    assert read_binding(house.warehouse) == binding


def test_a_warehouse_without_binding_says_so(house: House) -> None:
    assert read_binding(house.warehouse) is None
    connect(house.warehouse).close()
    assert read_binding(house.warehouse) is None


def test_only_what_was_known_then_is_seen_also_after_compaction(house: House) -> None:
    house.add(("a", "1"))
    house.add(("a", "2"), ("b", "1"), at=NOON + timedelta(hours=2))
    seen = "SELECT id, annual_revenue FROM salesforce.account ORDER BY ALL"
    for compacted in (False, True):
        if compacted:
            assert house.lake.table("salesforce/account").compact() == 2
        binding = house.bind(known_at=NOON + timedelta(hours=1))
        assert house.ask(seen) == [("a", Decimal(1))]
        assert next(s.rows for s in binding.sources if s.path == "salesforce/account") == 1
        house.bind(known_at=NOON + timedelta(hours=2))
        assert len(house.ask(seen)) == 3
        with pytest.raises(ImpossibleAsOf, match="the lake's first record came at 2026-03-01T12:00:00Z"):
            house.bind(known_at=NOON - timedelta(seconds=1))


def test_a_commit_after_the_binding_is_not_seen_until_the_next(house: House) -> None:
    house.add(("a", "1"))
    house.bind()
    house.add(("b", "1"), at=NOON + timedelta(hours=1))
    assert house.ask("SELECT id FROM salesforce.account") == [("a",)]
    house.bind()
    assert house.ask("SELECT id FROM salesforce.account ORDER BY id") == [("a",), ("b",)]


def test_equal_lakes_have_equal_bindings_and_any_change_another(house: House) -> None:
    house.add(("a", "1"))
    first = house.bind()
    assert house.bind() == first
    assert house.bind(as_of=DAY - timedelta(days=1)).binding_id == first.binding_id
    different = {
        first.binding_id,
        house.bind(known_at=NOON).binding_id,
        house.bind(reporting_time_zone="Asia/Tokyo").binding_id,
    }
    house.add(("b", "1"), at=NOON + timedelta(hours=1))
    different.add(house.bind().binding_id)
    assert len(different) == 4


def test_a_table_that_came_without_contract_is_bound_and_goes_with_it(house: House) -> None:
    house.add(("a", "1"), path="portal/deals")
    house.bind()
    assert house.ask("SELECT id, segment FROM portal.deals") == [("a", "smb")]
    (house.home / "lake" / "portal").rename(house.home / "elsewhere")
    house.bind()
    assert house.ask("SELECT count(*) FROM duckdb_schemas() WHERE schema_name = 'portal'") == [(0,)]
    assert house.ask("SELECT count(*) FROM salesforce.account") == [(0,)]


def test_tables_that_models_built_survive_a_binding(house: House) -> None:
    with closing(connect(house.warehouse)) as warehouse:
        warehouse.execute("CREATE SCHEMA core; CREATE TABLE core.dim_account AS SELECT 1 AS one")
        warehouse.execute("CREATE SCHEMA meta; CREATE TABLE meta.metric_definitions AS SELECT 2 AS two")
    house.bind()
    house.bind()
    assert house.ask("SELECT one, two FROM core.dim_account, meta.metric_definitions") == [(1, 2)]


def test_a_failed_binding_leaves_the_one_before(house: House) -> None:
    house.add(("a", "1"))
    before = house.bind()
    with closing(connect(house.warehouse)) as warehouse:
        warehouse.execute("DROP VIEW salesforce.lead; CREATE TABLE salesforce.lead AS SELECT 'in the way' AS id")
    house.add(("b", "1"), at=NOON + timedelta(hours=1))
    with pytest.raises(Exception, match="lead"):
        house.bind(as_of=DAY - timedelta(days=1))
    assert read_binding(house.warehouse) == before
    assert house.ask("SELECT id FROM salesforce.account") == [("a",)]


def test_an_impossible_day_is_refused(house: House) -> None:
    house.add(("a", "1"))
    assert house.bind(as_of=DAY + timedelta(days=1)).as_of == DAY + timedelta(days=1)
    with pytest.raises(ImpossibleAsOf, match="last read on 2026-03-01"):
        house.bind(as_of=DAY + timedelta(days=2))
    with pytest.raises(ImpossibleAsOf, match="before 1990"):
        house.bind(as_of=date(1989, 12, 31))
    for wrong in ("2026-03-01", NOON, None):
        with pytest.raises(ImpossibleAsOf, match="is not a date"):
            house.bind(as_of=wrong)
    with pytest.raises(ConfigurationError, match="has no zone"):
        house.bind(known_at=NOON.replace(tzinfo=None))


@pytest.mark.parametrize("path", sorted(INTERNAL_SOURCES))
def test_what_a_run_leaves_behind_does_not_make_another_binding(house: House, path: str) -> None:
    before = house.bind().binding_id
    house.now = NOON
    house.lake.table(path).append_rows(
        [{"Id": "one"}], columns=[Column("Id", "VARCHAR")], key=["Id"], batch_id="run", extracted_at=NOON
    )
    assert (house.bind().binding_id == before) == (path in PAST)
