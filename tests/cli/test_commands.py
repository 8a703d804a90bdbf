from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from partnerops_pipeline.cli.main import main


def every_command(
    command: click.Command, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from every_command(child, (*words, name))


COMMANDS = dict(every_command(main))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*words, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "Example:" in shown.output
    assert f"partnerops {' '.join(words)}".strip() in shown.output.partition("Example:")[2]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_takes_debug(words: tuple[str, ...]) -> None:
    assert "--debug" in {name for parameter in COMMANDS[words].params for name in parameter.opts}


def test_the_commands_of_the_contract_are_there() -> None:
    assert {"run", "demo", "org", "doctor", "status", "dbt", "explain", "release"} <= set(main.commands)
    release = main.commands["release"]
    assert isinstance(release, click.Group) and {"list", "show", "rollback", "prune"} == set(release.commands)


def test_loading_the_command_line_loads_no_orchestrator() -> None:
    """Dagster takes 3 s to import: `--help`, `explain`, `release` and `status` must not pay for it."""
    import subprocess
    import sys

    script = (
        "import sys, partnerops_pipeline.cli.main; print([m for m in ('dagster', 'dbt', 'duckdb') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
