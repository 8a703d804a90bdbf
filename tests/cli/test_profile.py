"""`partnerops profile`: what is understood, and what would become of one file, without touching anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partnerops_pipeline.cli.main import main
from tests.intake.inbox import profile_text


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def call(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["profile", *words], env={"PARTNEROPS_HOME": str(home)})


def test_the_list_tells_folder_table_and_format_and_which_are_yours(home: Path) -> None:
    (home / "profiles").mkdir(parents=True)
    (home / "profiles" / "partners.yaml").write_text(profile_text())
    lines = call(home, "list").output.splitlines()
    assert len(lines) == 7
    (own,) = [line for line in lines if line.startswith("partners ")]
    assert "testportal/partner" in own and own.endswith("(yours)")
    assert [line for line in lines if "lms_certifications" in line and "xlsx" in line and "(yours)" not in line]


def test_a_file_is_read_as_a_run_would_and_stays_where_it_is(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "impartner_tiers_2026-06-30.csv"
    file.write_text("id,name,colour\n1,Gold,red\n,Silver,grey\n")
    shown = call(home, "check", str(file))
    assert shown.exit_code == 0, shown.output
    assert "1 of 2 rows would land in impartner/tier, of 2026-06-30" in shown.output
    assert "colour" in shown.output and "row 3: set aside. The row has no tier_id" in shown.output
    assert file.exists() and not home.exists()


def test_a_file_that_would_be_rejected_exits_with_one_and_says_why(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "tiers.csv"
    file.write_text("id,name\n1,Gold\n")
    shown = call(home, "check", str(file), "--profile", "impartner_tiers")
    assert shown.exit_code == 1 and "would be rejected" in shown.output and "tiers.csv" in shown.output


@pytest.mark.parametrize("words", [(), ("--profile", "nonsense")], ids=["no kind in the name", "unknown profile"])
def test_a_kind_that_cannot_be_told_is_asked_for_with_the_choices(
    home: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    file = tmp_path / "export.csv"
    file.write_text("id\n1\n")
    shown = call(home, "check", str(file), *words)
    assert shown.exit_code == 2 and "impartner_tiers" in shown.stderr
