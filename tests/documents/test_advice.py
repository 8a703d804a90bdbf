"""Every command that the product advises, in its messages and in `--help`, would be understood as it stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import click
import pytest

from partnerops_pipeline.cli.main import main
from partnerops_pipeline.settings import PROJECT_ROOT
from tests.documents.command_lines import HOLE, wrong_with


def texts(tree: ast.Module) -> Iterator[str]:
    """Every text in a file that can reach a person; no docstrings. What is filled in is a `HOLE`."""
    parts = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | notes:
            yield node.value


def advised(text: str) -> Iterator[str]:
    """The commands in a text: between backticks, or from the word on to the end of the text and its full stop."""
    for found in re.finditer(r"(`?)(partnerops (?!:)[a-z-].*)", text):
        yield found[2].split("`")[0] if found[1] else found[2].removesuffix(".")


def helps(command: click.Command) -> Iterator[str]:
    yield from re.findall(r"^\s*(partnerops .*?)(?:   .*)?$", (command.help or "").partition("Example:")[2], re.M)
    for child in command.commands.values() if isinstance(command, click.Group) else ():
        yield from helps(child)


@cache
def advised_by_the_product() -> dict[str, str]:
    """Every command in a message, with the file that has it."""
    files = sorted((PROJECT_ROOT / "partnerops_pipeline").glob("**/*.py"))
    return {line: file.name for file in files for text in texts(ast.parse(file.read_text())) for line in advised(text)}


def test_every_command_that_a_message_advises_is_understood() -> None:
    wrong = {file: reason for line, file in advised_by_the_product().items() if (reason := wrong_with(line))}
    assert wrong == {}


def test_every_example_of_the_command_line_is_understood() -> None:
    lines = list(helps(main))
    assert len(lines) > 30
    assert [reason for line in lines if (reason := wrong_with(line))] == []


def test_the_reading_finds_commands_where_messages_have_them() -> None:
    tree = ast.parse('"""Not `partnerops this`."""\nsay(f"No {x} yet. Make one: partnerops run --select {x}.")')
    assert [line for text in texts(tree) for line in advised(text)] == ["partnerops run --select 1"]
    assert list(advised("`partnerops gaps --rule DR-02` lists them.")) == ["partnerops gaps --rule DR-02"]
    assert {"partnerops run", "partnerops dbt -- show --select 1 --limit 1"} <= set(advised_by_the_product())


@pytest.mark.parametrize(
    "line",
    [
        "partnerops nonsense",
        "partnerops gaps nonsense",
        "partnerops run --nonsense",
        "partnerops run builds it anew",
        "partnerops run --as-of 2026-02-30",
        "partnerops run --select salesforce/nonsense",
        "partnerops gaps --rule XX-99",
        "partnerops gaps --rule",
        "partnerops gaps waive CO-03 P-1 --until 2026-09-30 --by Ana",
        "partnerops explain nonsense --period 2026-Q2",
        "partnerops explain sourced_revenue --period someday",
        "partnerops explain sourced_revenue --period 2026-Q2 --where colour=red",
        "partnerops release prune --keep many",
        "partnerops profile check FILE --profile nonsense",
        "partnerops describe Nonsense",
        "partnerops dbt -- show --select fct_nonsense",
        "partnerops dbt -- show --select fct_opportunities --store-failures",
        "partnerops dbt -- nonsense",
    ],
)
def test_what_would_be_refused_is_noticed(line: str) -> None:
    assert wrong_with(line)
