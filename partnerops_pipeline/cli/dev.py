"""`partnerops dev`: Dagster's web UI on the configured org, or on the demo org where none is configured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import click

from partnerops_pipeline.cli.demo_org import (
    build_org,
    demo_environment,
    drop_exports,
    org_file,
    programme_end,
    refuse_another_programme,
)
from partnerops_pipeline.cli.errors import OurCommand
from partnerops_pipeline.environment import environment
from partnerops_pipeline.orchestration.days import parse_day
from partnerops_pipeline.settings import PROJECT_ROOT, load_settings


@click.command(cls=OurCommand)
@click.option(
    "--port",
    default=3000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Where the web UI listens on 127.0.0.1.",
)
@click.option("--partners", default=500, show_default=True, type=click.IntRange(1), help="Size of the demo programme.")
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0), help="Which demo programme.")
@click.option(
    "--as-of", default="", metavar="DATE", help="As-of date of runs that name none. Demo: the programme's last day."
)
def dev(port: int, partners: int, seed: int, as_of: str) -> None:
    """Open Dagster's web UI: assets, checks, runs, launchpad, schedules. Ends with Ctrl-C.

    \b
    Example:
      partnerops dev
      partnerops dev --port 3100
    """
    from partnerops_pipeline.orchestration.instance import prepare_dagster_home

    day = parse_day(as_of) if as_of else None
    settings = load_settings()
    with ExitStack() as stack:
        if settings.salesforce_instance_url:
            changes = {"PARTNEROPS_AS_OF": day.isoformat()} if day else {}
        else:
            from partnerops_pipeline.demo.salesforce.server import start_org_process

            org = org_file(settings, seed, partners)
            refuse_another_programme(settings, org)
            log = build_org(org, seed, partners, say=click.echo)
            served = stack.enter_context(start_org_process(org))
            click.echo(f"No Salesforce org is configured, so the demo org is served at {served.url}.")
            changes = demo_environment(served.url, day or programme_end())
            with environment(changes):
                drop_exports(load_settings(), seed, partners, log, say=click.echo)
        stack.enter_context(environment(changes))
        settings = load_settings()
        prepare_dagster_home(settings)
        click.echo(f"The web UI will be at http://127.0.0.1:{port}; its store is {settings.dagster_home}.")
        sys.exit(_serve(settings.dagster_home, port))


def _serve(dagster_home: Path, port: int) -> int:
    """`dagster dev` as a child; it is asked to end, with its own children, when we are."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that `finally` below runs
    # A shell's `&` makes its child ignore SIGINT; `dagster dev` would inherit that and then ignore SIGTERM as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [str(Path(sys.executable).with_name("dagster")), "dev", "-w", str(PROJECT_ROOT / "workspace.yaml")]
    child = subprocess.Popen(
        [*command, "-h", "127.0.0.1", "-p", str(port)],
        cwd=PROJECT_ROOT,
        env=os.environ | {"DAGSTER_HOME": str(dagster_home), "DAGSTER_DISABLE_TELEMETRY": "true"},
    )
    try:
        return child.wait()
    except KeyboardInterrupt:  # the terminal has sent Ctrl-C to the child as well
        return child.wait(timeout=60)
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            child.wait(timeout=60)
