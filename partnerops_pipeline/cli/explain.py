"""`partnerops explain`: the records behind a number."""

from __future__ import annotations

import click

from partnerops_pipeline.cli.errors import OurCommand
from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.settings import load_settings


@click.command(cls=OurCommand)
@click.argument("metric")
@click.option("--period", required=True, metavar="P", help="2026-Q2, 2026-05, 2026, trailing-2026-Q2 or as-of.")
@click.option(
    "--where", multiple=True, metavar="K=V", help="One value of a dimension; give it twice for a crossed dimension."
)
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option(
    "--limit", default=50, show_default=True, metavar="N", help="Lines of the table; 0 for all. CSV and JSON hold all."
)
def explain(metric: str, period: str, where: tuple[str, ...], form: str, limit: int) -> None:
    """The records that a headline number is made of, with links; they add up to exactly the number.

    \b
    Example:
      partnerops explain attach_rate_count --period 2026-Q2
      partnerops explain sourced_revenue --period trailing-2026-Q2 --where account_region=emea --format csv
    """
    from partnerops_pipeline.cli.progress import console
    from partnerops_pipeline.explain import render
    from partnerops_pipeline.explain.explain import explain as explain_number
    from partnerops_pipeline.release.registry import release_path

    explanation = explain_number(release_path(load_settings()), metric, period, dict(_pair(text) for text in where))
    if form == "table":
        console(least_width=220).print(render.as_table(explanation, limit or None))
    else:
        click.echo(render.as_csv(explanation) if form == "csv" else render.as_json(explanation), nl=form == "json")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise ConfigurationError(
            f"The condition {text!r} is not name=value.", "Write for example --where account_region=emea."
        )
    return name.strip(), value.strip()
