"""`partnerops profile`: which kinds of export files are understood, and what a run would make of one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from partnerops_pipeline.cli.errors import OurCommand, OurGroup
from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from partnerops_pipeline.intake.parse import Parsed
    from partnerops_pipeline.intake.profile import Profile

MOST_REASONS = 10


@click.group(cls=OurGroup)
def profile() -> None:
    """The profiles of export files: one per kind, each with its own folder in the inbox.

    \b
    Example:
      partnerops profile list
    """


@profile.command("list", cls=OurCommand)
def list_command() -> None:
    """All profiles: folder in the inbox, lake table, format and title. Yours take the place of shipped ones.

    \b
    Example:
      partnerops profile list
    """
    from partnerops_pipeline.intake.profile import load_profiles

    settings = load_settings()
    for one in load_profiles(settings).values():
        own = " (yours)" if (settings.home / "profiles" / f"{one.name}.yaml").exists() else ""
        click.echo(f"{one.name:<24}{one.lake_table:<28}{one.format:<6}{one.title}{own}")


@profile.command("check", cls=OurCommand)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--profile", "name", default="", metavar="NAME", help="Default: the one whose name the file's begins with."
)
def check(file: Path, name: str) -> None:
    """Read one export file as a run would, say what would become of it, and store nothing.

    Exits with 1 if the file would be rejected as a whole.

    \b
    Example:
      partnerops profile check impartner_tiers_2026-06-30.csv
      partnerops profile check export.csv --profile partnerstack_deals
    """
    from partnerops_pipeline.intake.errors import FileRefused
    from partnerops_pipeline.intake.parse import parse
    from partnerops_pipeline.intake.profile import load_profiles

    chosen = _chosen(load_profiles(load_settings()), file, name)
    try:
        parsed = parse(file.read_bytes(), file.name, chosen)
    except FileRefused as refused:
        click.echo(f"{file.name}: would be rejected as {chosen.name}. {refused}")
        sys.exit(1)
    _tell(file, chosen, parsed)


def _chosen(profiles: Mapping[str, Profile], file: Path, name: str) -> Profile:
    if name and name not in profiles:
        raise ConfigurationError(f"There is no profile {name}.", f"The profiles are {', '.join(profiles)}.")
    if name:
        return profiles[name]
    fitting = [one for one in profiles if file.name.startswith(one) or file.absolute().parent.name == one]
    if not fitting:
        raise ConfigurationError(
            f"The name {file.name} does not say of which kind the file is.",
            f"Add --profile and one of {', '.join(profiles)}.",
        )
    return profiles[max(fitting, key=len)]


def _tell(file: Path, chosen: Profile, parsed: Parsed) -> None:
    facts = parsed.facts
    day = f"{facts.as_of:%Y-%m-%d %H:%M} UTC" if facts.as_of else "no day"
    click.echo(f"{file.name}: {facts.landed:,} of {facts.rows:,} rows would land in {chosen.lake_table}, of {day}.")
    for text, columns in (
        ("columns that the profile does not name", facts.unmapped),
        ("columns that the file lacks", facts.absent),
        ("values that do not fit", [f"{column} ({count:,})" for column, count in facts.unparseable.items()]),
        ("unknown values", [f"{column}: {', '.join(found)}" for column, found in facts.unknown_values.items()]),
    ):
        if columns:
            click.echo(f"  {text}: {', '.join(columns)}")
    if facts.is_capped:
        click.echo(f"  {facts.rows:,} rows look like a limit of the exporting system: is the file cut off?")
    for row in parsed.rejected[:MOST_REASONS]:
        click.echo(f"  row {row.row_number}: set aside. {row.reason}")
    if len(parsed.rejected) > MOST_REASONS:
        click.echo(f"  and {len(parsed.rejected) - MOST_REASONS:,} more rows set aside")
