"""The project on a warehouse that is bound to an empty lake: it builds, its tests pass, nothing is invented."""

from __future__ import annotations

import duckdb
import pytest

from tests.dbt_project.conftest import EmptyBuild

pytestmark = pytest.mark.xdist_group("dbt_project")


def test_every_model_and_seed_builds_on_an_empty_lake(empty_build: EmptyBuild) -> None:
    assert len(empty_build.models) > 80
    assert [f"{node.name}: {node.message}" for node in empty_build.models if node.status != "success"] == []


def test_every_data_test_passes_on_an_empty_lake(empty_build: EmptyBuild) -> None:
    results = empty_build.run.test()
    assert len(results) > 100
    assert [f"{node.name}: {node.message}" for node in results if node.status != "pass"] == []


def test_every_rule_holds_at_its_boundary(empty_build: EmptyBuild) -> None:
    """dbt's unit tests: each gives a model a few records and says what must come out."""
    results = empty_build.run._run(["test", "--select", "test_type:unit"])  # `invoke` would parse anew: 8 s
    assert len(results) > 70
    assert {node.resource_type for node in results} == {"unit_test"}
    assert [f"{node.name}: {node.message}" for node in results if node.status != "pass"] == []


def test_no_number_is_made_from_nothing(empty_build: EmptyBuild) -> None:
    with duckdb.connect(str(empty_build.run.warehouse_path), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from core.fct_opportunities").fetchone() == (0,)
        assert warehouse.execute("select count(*) from marts.mart_headline_metrics").fetchone() == (0,)
