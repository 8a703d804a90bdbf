"""`partnerops gaps`: what somebody should fix, and accepting one of these for a time."""

from __future__ import annotations

from datetime import date

import click

from partnerops_pipeline.cli.errors import OurCommand, OurGroup
from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.settings import load_settings


@click.group(cls=OurGroup, invoke_without_command=True)
@click.option("--open", "only_open", is_flag=True, help="Without those that are waived.")
@click.option("--all", "with_resolved", is_flag=True, help="With those that are resolved.")
@click.option("--rule", metavar="RULE", help="Only of this rule: DR-02.")
@click.option("--partner", metavar="PARTNER", help="Only of this partner: its id, or a part of its name.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option(
    "--limit", default=50, show_default=True, metavar="N", help="Gaps in the table; 0 for all. CSV and JSON hold all."
)
@click.pass_context
def gaps(
    context: click.Context,
    only_open: bool,
    with_resolved: bool,
    rule: str | None,
    partner: str | None,
    form: str,
    limit: int,
) -> None:
    """Open and waived gaps of the current release, the weightiest first.

    \b
    Example:
      partnerops gaps
      partnerops gaps --rule DR-02 --open
      partnerops gaps --partner "Foster Capital" --format csv
      partnerops gaps waive CO-03 P-001Hb00000003QvIAI --until 2026-09-30 --by "Ana Prieto" --why "Manager joins in May"
    """
    if context.invoked_subcommand is not None:
        return
    from partnerops_pipeline.cli.progress import console
    from partnerops_pipeline.gaps import render
    from partnerops_pipeline.gaps.listing import list_gaps, summary

    settings = load_settings()
    states = ("open",) if only_open else ("open", "waived", "resolved") if with_resolved else ("open", "waived")
    found = list_gaps(settings, rule=rule, partner=partner, states=states)
    if form == "table":
        console(least_width=220).print(render.as_table(found, summary(settings), limit or None))
    else:
        click.echo(render.as_csv(found) if form == "csv" else render.as_json(found), nl=form == "json")


@gaps.command(cls=OurCommand)
@click.argument("rule")
@click.argument("entity")
@click.option("--until", required=True, metavar="DATE", help="The last day on which it is accepted.")
@click.option("--by", "author", required=True, metavar="NAME", help="Who decides.")
@click.option("--why", "reason", required=True, metavar="TEXT", help="The reason, for those who ask.")
def waive(rule: str, entity: str, until: str, author: str, reason: str) -> None:
    """Accept a gap until a day. It ends by itself; a later waiver of the same gap replaces it.

    \b
    Example:
      partnerops gaps waive CO-03 P-001Hb00000003QvIAI --until 2026-09-30 --by "Ana Prieto" --why "Manager joins in May"
    """
    from partnerops_pipeline.gaps.waivers import waive as accept

    waiver = accept(load_settings(), rule, entity, until=_day(until), author=author, reason=reason)
    click.echo(f"Accepted until {waiver.until}: {waiver.gap.title}")
    click.echo("The next run shows it as waived.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"The end {text!r} of the waiver is not a day of the calendar.", "Write it as YYYY-MM-DD."
        ) from None
