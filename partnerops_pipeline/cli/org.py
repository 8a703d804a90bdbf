"""`partnerops org serve`: the Salesforce emulator alone, for curl, simple-salesforce or a pipeline under test."""

from __future__ import annotations

from pathlib import Path

import click

from partnerops_pipeline.cli.demo_org import CLIENT_ID, CLIENT_SECRET, build_org, org_file
from partnerops_pipeline.cli.errors import OurCommand, OurGroup
from partnerops_pipeline.orchestration.days import parse_day
from partnerops_pipeline.settings import load_settings


@click.group(cls=OurGroup)
def org() -> None:
    """The emulated Salesforce org.

    \b
    Example:
      partnerops org serve --port 8600
    """


@org.command(cls=OurCommand)
@click.option(
    "--port", default=0, metavar="N", type=click.IntRange(0, 65535), help="Port on 127.0.0.1. Default: a free one."
)
@click.option("--partners", default=500, show_default=True, type=click.IntRange(1), help="Size of the programme.")
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0), help="Which programme.")
@click.option("--as-of", default="", metavar="DATE", help="End the programme's story on this day. Default: 2026-06-30.")
@click.option(
    "--faults", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Misbehave as this file says."
)
def serve(port: int, partners: int, seed: int, as_of: str, faults: Path | None) -> None:
    """Serve the demo's org over HTTP until Ctrl-C.

    \b
    Example:
      partnerops org serve --port 8600
      curl -s http://127.0.0.1:8600/services/data
    """
    from partnerops_pipeline.demo.salesforce.faults import Faults, load_faults
    from partnerops_pipeline.demo.salesforce.org import EmulatedOrg
    from partnerops_pipeline.demo.salesforce.server import serve as serve_org
    from partnerops_pipeline.demo.salesforce.store import OrgStore

    day = parse_day(as_of) if as_of else None
    rules = Faults(load_faults(faults) if faults else [])
    file = org_file(load_settings(), seed, partners, day)
    build_org(file, seed, partners, day, say=click.echo)
    click.echo(f"Log in with SALESFORCE_CLIENT_ID={CLIENT_ID} SALESFORCE_CLIENT_SECRET={CLIENT_SECRET}")
    with OrgStore.open(file) as store:
        serve_org(EmulatedOrg(store, faults=rules), port, announce=True)
