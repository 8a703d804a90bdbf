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
    help="The day that the numbers are of. Default: that of the last run; before the first, PARTNEROPS_AS_OF or today.",
)
@click.option("--fresh", is_flag=True, help="Start again from the last run's tables; what you built is lost.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="-- ARGS")
def dbt_command(as_of: str, fresh: bool, arguments: tuple[str, ...]) -> None:
    """Run dbt on a copy of the last run's warehouse, with the lake bound into it.

    You can build one model without its parents, and see the rows that a check found. The warehouse of the main job
    stays untouched, so you can work while it runs. The copy follows the last run until you build something in it; from
    then on it keeps what you built, and --fresh starts again.

    \b
    Example:
      partnerops dbt -- build --select fct_opportunities+
      partnerops dbt -- show --select fct_opportunities_stages_are_mapped --limit 20
      partnerops dbt -- test --select test_type:unit
      partnerops dbt --fresh
    """
    from partnerops_pipeline.cli.scratch import run_dbt_on_scratch

    words = list(arguments) or ([] if fresh else ["--help"])
    sys.exit(run_dbt_on_scratch(load_settings(), words, parse_day(as_of) if as_of else None, fresh=fresh))
