"""The commands that read, on the shared demo: through click, as a person would call them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from partnerops_pipeline.cli.main import main
from partnerops_pipeline.cli.status import STALE_AFTER, show_status
from partnerops_pipeline.settings import load_settings
from tests.end_to_end.house import House

pytestmark = pytest.mark.xdist_group("built_house")


def call(house: House, *words: str) -> Result:
    env = {"PARTNEROPS_HOME": str(house.home), "SALESFORCE_INSTANCE_URL": house.org_url}
    env |= {"SALESFORCE_CLIENT_ID": "partnerops-demo", "SALESFORCE_CLIENT_SECRET": "demo-secret"}
    return CliRunner().invoke(main, list(words), env=env)


def test_status_of_a_good_run_tells_run_watermark_and_release(built_house: House) -> None:
    shown = call(built_house, "status")
    assert shown.exit_code == 0, shown.output
    assert "daily" in shown.output and "success" in shown.output
    assert built_house.release.name in shown.output and "31 objects, 0 failed" in shown.output


def test_status_is_stale_after_two_missed_days(built_house: House, capsys: pytest.CaptureFixture[str]) -> None:
    settings, now = load_settings(home=built_house.home), datetime.now(UTC)
    assert show_status(settings, now)
    assert not show_status(settings, now + STALE_AFTER + timedelta(hours=1))
    assert "STALE" in capsys.readouterr().out


def test_doctor_is_content_with_the_demo_org(built_house: House) -> None:
    shown = call(built_house, "doctor")
    assert shown.exit_code == 0, shown.output
    assert "fail" not in shown.output and "Logged in" in shown.output


def test_doctor_says_what_is_wrong_and_exits_with_one(built_house: House) -> None:
    env = {"PARTNEROPS_HOME": str(built_house.home), "SALESFORCE_INSTANCE_URL": ""}
    shown = CliRunner().invoke(main, ["doctor"], env=env)
    assert shown.exit_code == 1 and "SALESFORCE_INSTANCE_URL" in shown.output


def test_the_release_is_listed_and_shown(built_house: House) -> None:
    listed = call(built_house, "release", "list")
    assert f"* {built_house.release.name}" in listed.output
    shown = json.loads(call(built_house, "release", "show").output)
    assert shown == built_house.manifest()
    opportunity = next(s for s in shown["sources"] if s["object"] == "opportunity" or s["name"] == "opportunity")
    assert opportunity["completeness"]["downloaded"] == opportunity["completeness"]["counted_before"] > 100


def test_an_explanation_adds_up_to_the_number(built_house: House) -> None:
    shown = call(built_house, "explain", "sourced_revenue", "--period", "trailing-2026-Q2", "--format", "json")
    assert shown.exit_code == 0, shown.output
    explained = json.loads(shown.output)
    from decimal import Decimal

    assert (
        sum(Decimal(line["numerator"]) for line in explained["lines"] if line["numerator"])
        == Decimal(explained["value"])
        > 0
    )


def test_a_condition_without_a_value_is_explained(built_house: House) -> None:
    shown = call(built_house, "explain", "sourced_revenue", "--period", "2026-Q2", "--where", "account_region")
    assert shown.exit_code == 2 and "--where account_region=emea" in shown.stderr
