"""`partnerops dbt -- ARGS`: how an analytics engineer works on a model."""

from __future__ import annotations

import sys

import click

from partnerops_pipeline.cli.errors import OurCommand
from partnerops_pipeline.orchestration.days import parse_day
from partnerops_pipeline.settings import load_settings


@click.command("dbt", cls=OurCommand, context_settings={"ignore_unknown_options": True})
@click.option(
    "--as-of",
    default="",
    metavar="DATE",
    help="The day that the numbers are of. Default: PARTNEROPS_AS_OF, else today.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="-- ARGS")
def dbt_command(as_of: str, arguments: tuple[str, ...]) -> None:
    """Run dbt with the lake bound into a scratch warehouse of its own.

    The warehouse of the main job stays untouched, so you can work while it runs. The scratch file
    keeps what you built until you remove it.

    \b
    Example:
      partnerops dbt -- build --select fct_opportunities+
      partnerops dbt -- test --select test_type:unit
    """
    from partnerops_pipeline.cli.scratch import run_dbt_on_scratch

    sys.exit(run_dbt_on_scratch(load_settings(), list(arguments) or ["--help"], parse_day(as_of) if as_of else None))
