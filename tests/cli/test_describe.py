from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from partnerops_pipeline.cli.main import main
from partnerops_pipeline.demo.salesforce.server import RunningOrg

Ask = Callable[..., Result]


@pytest.fixture
def ask(org: RunningOrg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    monkeypatch.setenv("PARTNEROPS_HOME", str(tmp_path))
    monkeypatch.setenv("SALESFORCE_INSTANCE_URL", org.url)
    monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", org.token)
    yield lambda *words: CliRunner().invoke(main, ["describe", *words])


def test_an_object_is_told_as_table_yaml_and_json(ask: Ask) -> None:
    table = ask("opportunity")
    assert table.exit_code == 0 and "  StageName" in table.output and "Closed Won" in table.output
    as_json = json.loads(ask("Opportunity", "--format", "json").output)
    assert as_json == yaml.safe_load(ask("Opportunity", "--format", "yaml").output)
    assert [one["object"] for one in as_json] == ["Opportunity"]


def test_dbt_sources_are_written_to_a_file(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "sources.yml"
    assert ask("--dbt-sources", "--output", str(file)).output == ""
    first = file.read_bytes()
    assert ask("--dbt-sources").output.encode() == first
    assert first.startswith(b"# Generated from the org")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["Resellers"], 3, "The object Resellers does not exist in this org"),
        (["../limits"], 2, "is not the name of a Salesforce object"),
        (["Account", "--dbt-sources"], 2, "Leave out either --dbt-sources or OBJECT."),
        (["--output", "/nowhere/there.txt", "Account"], 2, "/nowhere/there.txt cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(ask: Ask, words: list[str], code: int, sentence: str) -> None:
    result = ask(*words)
    assert result.exit_code == code
    assert sentence in result.output
