"""The commands that messages advise when a check failed, typed as they stand, on the shared demo."""

from __future__ import annotations

import json
import shlex
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partnerops_pipeline.cli.main import main
from partnerops_pipeline.orchestration.failure_text import FailedCheck, closer_look
from partnerops_pipeline.settings import Settings, load_settings
from partnerops_pipeline.warehouse.closer_look import ROWS_SHOWN, build_of_model
from partnerops_pipeline.warehouse.connection import connect
from partnerops_pipeline.warehouse.dbt import DbtProjectRun
from partnerops_pipeline.warehouse.evidence import evidence_path
from partnerops_pipeline.warehouse.node_result import NodeResult
from partnerops_pipeline.warehouse.scratch import scratch_path
from tests.end_to_end.house import House

pytestmark = pytest.mark.xdist_group("commands")


@pytest.fixture
def spoiled(built_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The demo's warehouse after its run, with deals in it twice and a deal sourced by a partner who is not on it."""
    home = tmp_path / "home"
    monkeypatch.setenv("PARTNEROPS_HOME", str(home))
    monkeypatch.setenv("PARTNEROPS_LAKE_URL", str(built_house.home / "lake"))
    home.mkdir()
    for file in (built_house.home / "warehouse.duckdb", evidence_path(built_house.home / "warehouse.duckdb")):
        shutil.copyfile(file, home / file.name)
    settings = load_settings()
    with closing(connect(settings.warehouse_path)) as warehouse:
        deals = "core.fct_opportunities"
        warehouse.execute(f"INSERT INTO {deals} FROM {deals} ORDER BY opportunity_id LIMIT {ROWS_SHOWN + 5}")
        warehouse.execute(
            f"UPDATE {deals} SET sourcing_partner_id = 'P-nobody' WHERE opportunity_id IN "
            f"(SELECT opportunity_id FROM {deals} WHERE sourced_rule IS NOT NULL ORDER BY 1 DESC LIMIT 4)"
        )
        warehouse.execute("UPDATE intermediate.int_currency__rates SET conversion_rate = NULL WHERE iso_code = 'EUR'")
    return settings


def found_by_the_run(settings: Settings) -> list[NodeResult]:
    """What checks on the spoiled table come to in the main warehouse: generic and singular ones, of both weights."""
    run = DbtProjectRun(settings.dbt_project_dir, settings.warehouse_path, settings.state / "dbt")
    return run.test(
        "unique_combination_fct_opportunities_opportunity_id sourcing_partner_is_linked "
        "fct_opportunities_stages_are_mapped not_null_int_currency__rates_conversion_rate"
    )


def typed(command: str) -> Result:
    program, *words = shlex.split(command)
    assert program == "partnerops"
    return CliRunner().invoke(main, words)


def advice(result: NodeResult) -> str:
    return closer_look(FailedCheck("core/some_table", result.name, result.is_blocking_failure, result.failures))


def rows_in(shown: Result) -> int:
    """Rows of the table on the terminal, without its head."""
    return sum(line.startswith("| ") for line in shown.stdout.splitlines()) - 2


def test_the_advice_of_a_failed_check_shows_the_rows_that_it_counted(spoiled: Settings) -> None:
    failed = {result.name: result for result in found_by_the_run(spoiled) if result.status != "pass"}
    assert {result.severity for result in failed.values()} == {"error", "warn"} and len(failed) == 4
    missing = failed.pop("not_null_int_currency__rates_conversion_rate")
    for result in failed.values():
        shown = typed(advice(result))
        assert shown.exit_code == 0, shown.output
        assert rows_in(shown) == min(result.failures or 0, ROWS_SHOWN) > 0, shown.output
    assert max(result.failures or 0 for result in failed.values()) == ROWS_SHOWN + 5, "one has more than are shown"
    shown = typed(advice(missing).replace(f"--limit {ROWS_SHOWN}", "--limit -1 --output json --quiet"))
    whole = json.loads(shown.stdout)["show"]
    assert len(whole) == missing.failures and {row["iso_code"] for row in whole} == {"EUR"}, (
        "which rows, not only nulls"
    )


def test_the_advice_of_an_unbuilt_model_builds_it_without_its_parents(spoiled: Settings) -> None:
    before = spoiled.warehouse_path.read_bytes()
    shown = typed(build_of_model("dim_user"))
    assert shown.exit_code == 0 and "PASS" in shown.stdout, shown.output
    assert "The scratch warehouse is a copy of the last run's (as of 2026-06-30)." in shown.stderr
    assert spoiled.warehouse_path.read_bytes() == before
    with closing(connect(scratch_path(spoiled), read_only=True)) as scratch:
        assert scratch.execute("SELECT is_own FROM meta.scratch_origin").fetchall() == [(True,)]
        assert scratch.execute("SELECT as_of::VARCHAR FROM meta.clock").fetchall() == [("2026-06-30",)]


def test_fresh_without_words_for_dbt_only_makes_the_copy(spoiled: Settings) -> None:
    shown = typed("partnerops dbt --fresh")
    assert (shown.exit_code, shown.stdout) == (0, "") and "copy of the last run" in shown.stderr
    assert scratch_path(spoiled).exists()
