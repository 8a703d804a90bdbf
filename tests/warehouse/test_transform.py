"""The whole room on a small dbt project of its own: lake, bind, models, tests, evidence."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.errors import ConfigurationError, Locked, ResourceExhausted
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.settings import PROJECT_ROOT, Settings
from partnerops_pipeline.warehouse import dbt as dbt_module
from partnerops_pipeline.warehouse.bind import read_binding
from partnerops_pipeline.warehouse.connection import connect
from partnerops_pipeline.warehouse.dbt import DbtProjectRun
from partnerops_pipeline.warehouse.errors import DbtFailed, ImpossibleAsOf
from partnerops_pipeline.warehouse.evidence import read_evidence
from partnerops_pipeline.warehouse.lock import hold
from partnerops_pipeline.warehouse.transform import Transformed, transform

MINI = Path(__file__).parent / "cases" / "mini_dbt"
MADE_IN_PLACE = PROJECT_ROOT / "dbt_project" / "macros" / "made_in_place.sql"
DAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTRACTS = {"salesforce/account": [("Id", "id", "VARCHAR"), ("Amount__c", "amount", "DECIMAL(18,2)")]}

# One xdist worker builds them all: dbt's first parse takes seconds, and the project is parsed once per worker.
pytestmark = pytest.mark.xdist_group("mini_dbt")


class House(Settings):
    """Settings whose dbt project is a copy of the small one."""

    @property
    def dbt_project_dir(self) -> Path:
        return self.home.parent / "mini_dbt"

    def put(self, **amounts: str | None) -> None:
        Lake(self.lake_root).table("salesforce/account").append_rows(
            [{"Id": name, "Amount__c": Decimal(value) if value else None} for name, value in amounts.items()],
            columns=[Column("Id", "VARCHAR"), Column("Amount__c", "DECIMAL(18,2)")],
            key=["Id"],
            batch_id="batch",
            extracted_at=NOON,
            watermark=NOON,
        )

    def transform(self, **how: Any) -> Transformed:
        return transform(self, CONTRACTS, **{"as_of": DAY, **how})

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with closing(connect(self.warehouse_path)) as warehouse:  # a writer: it fails if dbt left anything open
            return warehouse.execute(question).fetchall()


def copy_project(to: Path) -> None:
    """The small project, with the way in which the large one makes its tables and views."""
    shutil.copytree(MINI, to)
    shutil.copy(MADE_IN_PLACE, to / "macros")


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests of this file, its project parsed once into its own target."""
    folder = tmp_path_factory.mktemp("Büro Süd")
    copy_project(folder / "mini_dbt")
    DbtProjectRun(folder / "mini_dbt", folder / "warehouse.duckdb", folder / "mini_dbt" / "target").parse()
    return folder


@pytest.fixture
def house(parsed: Path, request: pytest.FixtureRequest) -> House:
    return House.model_validate({"PARTNEROPS_HOME": parsed / request.node.name[:40]})


def test_models_are_built_then_tested_and_the_evidence_says_so(house: House) -> None:
    house.put(a="2.50", b=None)
    steps: list[str] = []
    done = house.transform(on_step=lambda step, seconds: steps.append(step) if seconds >= 0 else None)
    assert steps == ["bind", "parse", "models", "tests"]
    assert {(n.name, n.status, n.relation, n.rows) for n in done.models} == {
        ("names", "success", "meta.names", 1),
        ("accounts", "success", "core.accounts", 2),
        ("account_days", "success", "core.account_days", None),
    }
    assert {(n.name, n.status, n.severity, n.failures) for n in done.tests} == {
        ("amounts_are_small", "pass", "error", 0),
        ("not_null_accounts_amount", "warn", "warn", 1),
        ("not_null_accounts_id", "pass", "error", 0),
        ("unique_accounts_id", "pass", "error", 0),
    }
    assert done.failed_blocking == []
    assert done.evidence.complete
    assert read_evidence(house.warehouse_path) == done.evidence
    assert read_binding(house.warehouse_path) == done.binding
    assert house.ask("SELECT id, as_of, name FROM core.account_days ORDER BY id") == [
        ("a", DAY, "Anna"),
        ("b", DAY, None),
    ]


def test_a_failed_blocking_test_is_told_and_its_models_stand(house: House) -> None:
    house.put(a="1000000.01")
    done = house.transform()
    assert [(n.name, n.status, n.failures) for n in done.failed_blocking] == [("amounts_are_small", "fail", 1)]
    assert house.ask("SELECT count(*) FROM core.accounts") == [(1,)]


def test_a_new_day_and_a_second_build_need_no_new_parse(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_parse(self: DbtProjectRun) -> None:
        raise AssertionError("parsed anew")

    monkeypatch.setattr(DbtProjectRun, "_parse", no_parse)
    house.put(a="1")
    house.transform()
    house.transform(as_of=date(2026, 2, 1))
    assert house.ask("SELECT DISTINCT as_of FROM core.accounts") == [(date(2026, 2, 1),)]


def test_a_selection_builds_that_and_is_no_complete_evidence(house: House) -> None:
    house.put(a="1")
    done = house.transform(select="accounts")
    assert [n.name for n in done.models] == ["accounts"]
    assert {n.name for n in done.tests} == {
        "amounts_are_small", "not_null_accounts_amount", "not_null_accounts_id", "unique_accounts_id"
    }  # fmt: skip
    assert not done.evidence.complete


def test_a_model_that_breaks_is_told_and_no_test_runs(house: House, parsed: Path) -> None:
    own = parsed / f"{house.home.name}-project"
    copy_project(own / "mini_dbt")
    broken = House.model_validate({"PARTNEROPS_HOME": own / "home"})
    broken.put(a="1")
    assert broken.transform().failed_blocking == []
    (own / "mini_dbt" / "models" / "accounts.sql").write_text(
        "select id, cast('x' as integer) as amount from {{ source('salesforce', 'account') }}"
    )
    done = broken.transform()
    assert {(n.name, n.status) for n in done.failed_blocking} == {("accounts", "error"), ("account_days", "skipped")}
    assert "Could not convert" in next(n.message for n in done.models if n.name == "accounts")
    assert done.tests == ()
    assert broken.ask("SELECT id, as_of FROM core.account_days") == [("a", DAY)], "the build before does not stand"
    (own / "mini_dbt" / "models" / "accounts.sql").write_text("select * from {{ ref('nowhere') }}")
    with pytest.raises(DbtFailed, match="nowhere"):
        broken.transform()
    assert read_evidence(broken.warehouse_path) is None, "what was proved before holds no longer"
    shutil.rmtree(own / "mini_dbt")
    with pytest.raises(ConfigurationError, match="no dbt project"):
        broken.transform()


def test_a_table_may_become_a_view_and_a_view_a_table(house: House, parsed: Path) -> None:
    own = parsed / f"{house.home.name}-project"
    copy_project(own / "mini_dbt")
    changed = House.model_validate({"PARTNEROPS_HOME": own / "home"})
    changed.put(a="1")
    changed.transform()
    for name, kind in (("accounts", "view"), ("account_days", "table")):
        model = own / "mini_dbt" / "models" / f"{name}.sql"
        model.write_text(model.read_text() + f"\n{{{{ config(materialized='{kind}') }}}}")
    assert changed.transform().failed_blocking == []
    assert changed.ask(
        "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'core' ORDER BY 1"
    ) == [("account_days", "BASE TABLE"), ("accounts", "VIEW")]


def test_a_held_lock_refuses_and_leaves_everything_as_it_was(house: House) -> None:
    house.put(a="1")
    before = house.transform().evidence
    with hold(house.locks, "warehouse", what="building the marts"), pytest.raises(Locked, match="building the marts"):
        house.transform()
    assert read_evidence(house.warehouse_path) == before


def test_an_impossible_day_is_refused_before_anything_is_built(house: House) -> None:
    house.put(a="1")
    with pytest.raises(ImpossibleAsOf):
        house.transform(as_of=date(2026, 3, 3))
    assert not house.ask("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core'")


def test_a_full_disk_during_a_model_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.put(a="1")
    real = dbt_module._node_result

    def as_on_a_full_disk(result: Any) -> Any:
        from dataclasses import replace

        message = "Runtime Error in model accounts\n  IO Error: Could not write: No space left on device"
        return replace(real(result), status="error", message=message)

    monkeypatch.setattr(dbt_module, "_node_result", as_on_a_full_disk)
    with pytest.raises(ResourceExhausted, match="is full"):
        house.transform()


def test_the_command_line_of_dbt_works_on_a_bound_warehouse(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    house.put(a="1")
    house.transform()
    run = DbtProjectRun(house.dbt_project_dir, house.warehouse_path, house.state / "dbt")
    assert run.invoke(["ls", "--resource-type", "model"]) == 0
    assert "mini.account_days" in capfd.readouterr().out
    assert run.invoke(["test", "--select", "test_type:unit"]) == 0
    assert run.invoke(["build", "--select", "no_such_argument", "--frobnicate"]) == 2
    assert house.ask("SELECT count(*) FROM core.accounts") == [(1,)]
    assert not (house.dbt_project_dir / "logs").exists()
