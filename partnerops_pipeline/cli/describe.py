"""`partnerops describe`: what the log-in sees of the org."""

from __future__ import annotations

import json
from pathlib import Path

import click

from partnerops_pipeline.cli.errors import OurCommand
from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.settings import load_settings


@click.command(cls=OurCommand)
@click.argument("objects", nargs=-1, metavar="[OBJECT]...")
@click.option("--format", "form", type=click.Choice(["table", "yaml", "json"]), default="table", show_default=True)
@click.option("--dbt-sources", is_flag=True, help="dbt sources with labels, picklist values and lookups, as YAML.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there.")
def describe(objects: tuple[str, ...], form: str, dbt_sources: bool, output: Path | None) -> None:
    """What the log-in sees: fields, types, labels, picklists, lookups, and into which column each is read.

    Without OBJECT, everything in the objects file. Any object of the org can be named, also one that is not read yet.

    \b
    Example:
      partnerops describe Opportunity
      partnerops describe Deal_Registration__c --format yaml
      partnerops describe --dbt-sources --output models/staging/salesforce/_salesforce__sources.yml
    """
    if dbt_sources and objects:
        raise ConfigurationError("dbt sources are made for all objects.", "Leave out either --dbt-sources or OBJECT.")
    text = _told(objects, form, dbt_sources)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigurationError(f"{output} cannot be written: {error.strerror}.", "Name another file.") from None


def _told(objects: tuple[str, ...], form: str, wants_sources: bool) -> str:
    import yaml

    from partnerops_pipeline.salesforce.described_objects import as_data, as_text, see_objects
    from partnerops_pipeline.salesforce.described_sources import dbt_sources
    from partnerops_pipeline.salesforce.objects import load_objects
    from partnerops_pipeline.salesforce.org import connect

    settings = load_settings()
    specs = load_objects(settings.salesforce_objects_file)
    seen = see_objects(connect(settings), specs, objects)
    if wants_sources:
        return dbt_sources(seen)
    if form == "table":
        return "\n".join("".join(f"{line}\n" for line in as_text(one)) for one in seen)
    data = [as_data(one) for one in seen]
    if form == "json":
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
