from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from partnerops_pipeline.cli.errors import DEFECT, OurCommand, OutermostGroup
from partnerops_pipeline.errors import Locked


@click.group(cls=OutermostGroup)
def tool() -> None: ...


@tool.command(cls=OurCommand)
def locked() -> None:
    raise Locked("The warehouse is held by process 7.", "Wait for it.")


@tool.command(cls=OurCommand)
def defect() -> None:
    raise KeyError("surprise")


def test_an_error_of_ours_is_one_sentence_on_stderr_with_its_exit_code() -> None:
    shown = CliRunner().invoke(tool, ["locked"])
    assert shown.exit_code == Locked.exit_code
    assert shown.stderr == "partnerops: The warehouse is held by process 7. Wait for it.\n"
    assert shown.stdout == ""


def test_a_defect_is_one_sentence_and_points_to_debug() -> None:
    shown = CliRunner().invoke(tool, ["defect"])
    assert shown.exit_code == DEFECT
    assert shown.stderr.count("\n") == 1 and "KeyError" in shown.stderr and "--debug" in shown.stderr


@pytest.mark.parametrize("words", [["--debug", "defect"], ["defect", "--debug"]], ids=" ".join)
def test_debug_shows_the_traceback_wherever_it_is_written(words: list[str]) -> None:
    shown = CliRunner().invoke(tool, words)
    assert shown.exit_code == DEFECT
    assert "Traceback" in shown.stderr and "surprise" in shown.stderr


def test_a_wrong_option_is_explained_by_the_command_line_itself() -> None:
    shown = CliRunner().invoke(tool, ["locked", "--nonsense"])
    assert shown.exit_code == 2 and "--nonsense" in shown.stderr and "Traceback" not in shown.stderr
