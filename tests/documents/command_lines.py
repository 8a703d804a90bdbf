"""Whether a command line that somebody is told to type would be understood: by click's own parser, nothing is run.

Beyond options and their types, the names in it must exist: rules, metrics, objects, assets, models, profiles, days.
"""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import Any

import click

from partnerops_pipeline.cli.main import main
from partnerops_pipeline.intake.profile import SHIPPED
from partnerops_pipeline.orchestration.days import parse_instant
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.settings import PROJECT_ROOT

HOLE = "1"
"""Stands for what a message fills in; passes for a number and for any name."""
ANY = {HOLE, "NAME", "METRIC", "FILE", "RULE", ""}
"""What guides write where the reader puts a name of his own."""
PERIOD = re.compile(r"^(as-of|\d{4}(-\d{2}|-Q[1-4])?|trailing-\d{4}-Q[1-4])$")


def wrong_with(line: str) -> str | None:
    """Why `partnerops ...` would be refused, or None; what follows it in a shell (`| less`, `> file`) is cut off."""
    try:
        words = shlex.split(re.split(r" [|>] ", line)[0])[1:]
        return _unknown_name(_parse(main, "partnerops", words))
    except (ValueError, click.UsageError) as error:
        return f"`{line}`: {error.format_message() if isinstance(error, click.UsageError) else error}"
    except click.exceptions.Exit:
        return None  # --help and --version


def _parse(command: click.Command, name: str, words: list[str], parent: click.Context | None = None) -> click.Context:
    # A file that guides name need not lie here.
    words = [__file__ if word == "FILE" or word.endswith((".csv", ".xlsx")) else word for word in words]
    context = command.make_context(name, words, parent=parent)
    rest = [*context._protected_args, *context.args] if isinstance(command, click.Group) else []
    if not rest or not isinstance(command, click.Group):
        return context
    found, child, words = command.resolve_command(context, rest)
    assert child is not None
    return _parse(child, found or "", words, context)


def _unknown_name(context: click.Context) -> str | None:
    """The first value that names what is not there."""
    path = context.command_path.removeprefix("partnerops ")
    for name, value in context.params.items():
        check = CHECKS.get((path, name)) or CHECKS.get(("", name))
        for one in value if isinstance(value, (tuple, list)) else [value]:
            if check and isinstance(one, str) and one not in ANY and not check(one):
                return f"`{context.command_path}`: {name} {one} is not there"
    return _wrong_with_dbt(context.params["arguments"]) if path == "dbt" else None


def _wrong_with_dbt(arguments: Iterable[str]) -> str | None:
    from dbt.cli.main import cli

    words = list(arguments)
    if words in ([], [HOLE]):
        return None
    folder = str(PROJECT_ROOT / "dbt_project")
    context = cli.make_context("dbt", [*words, "--project-dir", folder, "--profiles-dir", folder])
    _, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
    assert command is not None
    below = command.make_context(command.name, rest, parent=context)
    for selected in below.params.get("select") or ():
        for name in re.split(r"[\s,]+", str(selected)):
            if ":" not in name and name.strip("+") not in dbt_names() | ANY:
                return f"`partnerops dbt`: there is no {name}"
    return None


@cache
def dbt_names() -> set[str]:
    """Models, seeds, singular tests, and what YAML files name: tests above all."""
    project = PROJECT_ROOT / "dbt_project"
    files = [*project.glob("models/**/*.sql"), *project.glob("tests/**/*.sql"), *project.glob("seeds/*.csv")]
    named = [re.findall(r"^\s*(?:- )?name: (\w+)$", file.read_text(), re.M) for file in project.glob("models/**/*.yml")]
    return {path.stem for path in files} | {name for names in named for name in names}


@cache
def _seed(name: str, column: str) -> set[str]:
    with (PROJECT_ROOT / "dbt_project" / "seeds" / f"{name}.csv").open(encoding="utf-8") as file:
        return {row[column] for row in csv.DictReader(file)}


@cache
def _objects() -> set[str]:
    return {name.lower() for spec in load_objects(None) for name in (spec.name, spec.table)}


def _is_day(text: str) -> bool:
    return date.fromisoformat(text).isoformat() == text


def _is_asset(text: str) -> bool:
    def known(word: str) -> bool:
        return word.startswith("group:") or word.split("/")[-1] in dbt_names() | _objects()

    return all(known(word) for word in re.split(r"[\s,]+", text))


CHECKS: dict[tuple[str, str], Callable[[str], Any]] = {
    ("", "rule"): lambda text: text in _seed("dq_rule_policy", "rule_id"),
    ("", "as_of"): _is_day,
    ("", "until"): _is_day,
    ("", "known_at"): parse_instant,
    ("explain", "metric"): lambda text: text in _seed("metric_definitions", "metric_id"),
    ("explain", "period"): PERIOD.match,
    ("explain", "where"): lambda text: text.split("=")[0] in _seed("metric_dimensions", "first_attribute"),
    ("describe", "objects"): lambda text: text.lower() in _objects(),
    ("run", "select"): _is_asset,
    ("profile check", "name"): lambda text: (SHIPPED / f"{text}.yaml").exists(),
}
