"""`partnerops demo`: the whole way on an emulated org, with nothing to configure."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import click

from partnerops_pipeline.cli.alerts import tell_after_run
from partnerops_pipeline.cli.demo_org import (
    build_org,
    demo_environment,
    drop_exports,
    org_file,
    programme_end,
    refuse_another_programme,
)
from partnerops_pipeline.cli.errors import OurCommand, is_debug
from partnerops_pipeline.cli.progress import shown_progress
from partnerops_pipeline.cli.run import exit_code, run_with_progress, say_failures
from partnerops_pipeline.environment import environment
from partnerops_pipeline.orchestration.days import parse_day
from partnerops_pipeline.settings import load_settings


@click.command(cls=OurCommand)
@click.option(
    "--partners",
    default=500,
    show_default=True,
    type=click.IntRange(1),
    help="Size of the programme; deals grow with it.",
)
@click.option(
    "--seed",
    default=7,
    show_default=True,
    type=click.IntRange(0),
    help="Which programme: the same seed gives the same bytes.",
)
@click.option(
    "--as-of", default="", metavar="DATE", help="The day that the numbers are of. Default: the programme's last day."
)
def demo(partners: int, seed: int, as_of: str) -> None:
    """Start an emulated Salesforce org with a partner programme inside, run everything, print the numbers.

    Running it again is safe and quick: where nothing changed, it says so.

    \b
    Example:
      partnerops demo
      partnerops demo --partners 2000 --seed 3
    """
    day = parse_day(as_of) if as_of else programme_end()
    with environment(demo_environment("", day)):
        settings = load_settings()
    org = org_file(settings, seed, partners)
    refuse_another_programme(settings, org)
    with shown_progress("Building the demo org", debug=is_debug()) as out:
        log = build_org(org, seed, partners, say=out.print)
        drop_exports(settings, seed, partners, log, say=out.print)
    from partnerops_pipeline.demo.salesforce.server import start_org_process

    with start_org_process(org) as served, environment(demo_environment(served.url, day)):
        out.print("Extracting it over HTTP, as from any Salesforce org ...")
        settings = load_settings()
        report, seconds = run_with_progress(settings, as_of=day.isoformat())
        with shown_progress("") as out:
            tell_after_run(settings, evaluated=report.published is not None)
    from partnerops_pipeline.cli.summary import gap_lines, headline_lines

    say_failures(report)
    if report.published is None:
        sys.exit(exit_code(report) or 1)
    for line in [*headline_lines(report.published.path), *gap_lines(settings)]:
        out.print(line)
    if not report.published.created and not report.new_rows:
        out.print(f"Nothing changed: no new records in the lake, and the release stands ({seconds:.0f} s).")
    else:
        out.print(f"Done in {seconds:.0f} s: {report.new_rows:,} new or changed records in the lake.")
    out.print(f"Release  {settings.current} -> {report.published.path}")
    out.print(
        "Look around  make dev  (http://127.0.0.1:3000), or: partnerops explain attach_rate_count --period 2026-Q2"
    )
    activate = Path(sys.executable).with_name("activate")
    if shutil.which("partnerops") is None and activate.exists():
        out.print(f"For a terminal to know the command partnerops: . {shlex.quote(str(activate))}")
    sys.exit(exit_code(report))
