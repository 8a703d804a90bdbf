from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from partnerops_pipeline.cli.demo_org import demo_environment, org_file, refuse_another_programme
from partnerops_pipeline.cli.main import main
from partnerops_pipeline.environment import environment
from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path)


def test_a_home_that_holds_another_programme_is_refused_with_its_seed_and_size(settings: Settings) -> None:
    held = org_file(settings, seed=7, partners=500)
    held.parent.mkdir(parents=True)
    held.touch()
    refuse_another_programme(settings, held)
    with pytest.raises(ConfigurationError, match="seed 7 with 500 partners") as caught:
        refuse_another_programme(settings, org_file(settings, seed=8, partners=500))
    assert "PARTNEROPS_HOME" in str(caught.value)


def test_a_home_filled_from_an_own_org_is_not_mixed_with_the_demo(settings: Settings) -> None:
    refuse_another_programme(settings, org_file(settings, 7, 500))
    (settings.home / "lake" / "salesforce" / "account" / "_delta_log").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="org of its own"):
        refuse_another_programme(settings, org_file(settings, 7, 500))


def test_a_run_in_the_demo_s_home_says_how_the_demo_is_run_again(settings: Settings) -> None:
    held = org_file(settings, seed=3, partners=60)
    held.parent.mkdir(parents=True)
    held.touch()
    shown = CliRunner().invoke(main, ["run"], env={"PARTNEROPS_HOME": str(settings.home)})
    assert shown.exit_code == 2
    assert shown.stderr.endswith("Run the demo again: partnerops demo --partners 60 --seed 3\n")
    assert "SALESFORCE_INSTANCE_URL" in shown.stderr


def test_an_org_cut_short_is_another_file(settings: Settings) -> None:
    assert org_file(settings, 7, 500, date(2026, 6, 30)) == org_file(settings, 7, 500)
    assert org_file(settings, 7, 500, date(2025, 1, 31)) != org_file(settings, 7, 500)


def test_the_demo_can_reach_no_real_org_and_no_real_lake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PARTNEROPS_HOME", str(tmp_path))
    monkeypatch.setenv("PARTNEROPS_LAKE_URL", "s3://company/lake")
    monkeypatch.setenv("SALESFORCE_INSTANCE_URL", "https://acme.my.salesforce.com")
    monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", "00D-real-token")
    with environment(demo_environment("http://127.0.0.1:8600", date(2026, 6, 30))):
        inside = load_settings()
        assert inside.salesforce_instance_url == "http://127.0.0.1:8600"
        assert inside.salesforce_access_token is None
        assert inside.lake_root == str(tmp_path / "lake")
        assert inside.as_of == date(2026, 6, 30)
    assert os.environ["SALESFORCE_ACCESS_TOKEN"] == "00D-real-token", "the surroundings were not put back"
