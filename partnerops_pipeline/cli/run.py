"""`partnerops run`: the main job in one process."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from partnerops_pipeline.cli.alerts import tell_after_run
from partnerops_pipeline.cli.demo_org import demo_command
from partnerops_pipeline.cli.errors import DEFECT, OurCommand, is_debug, say_defect, say_error
from partnerops_pipeline.cli.progress import shown_progress
from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.orchestration.days import parse_day, parse_instant
from partnerops_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from partnerops_pipeline.orchestration.run import RunReport

SAID_BY_THEIR_STEP = ("complete", "files_landed", "schema_as_known", "everything_matched", "no_open_gaps")
"""Checks of which a line of the step has told already."""


@click.command(cls=OurCommand)
@click.option(
    "--select", default="", metavar="ASSETS", help="Only these: salesforce/opportunity, fct_opportunities, group:core …"
)
@click.option(
    "--as-of",
    default="",
    metavar="DATE",
    help="The day that the numbers are of. Default: PARTNEROPS_AS_OF, else today.",
)
@click.option("--known-at", default="", metavar="TIME", help="Use only what the lake knew at this instant (UTC).")
@click.option("--full-refresh", is_flag=True, help="Read and build everything anew.")
def run(select: str, as_of: str, known_at: str, full_refresh: bool) -> None:
    """Bring the lake up to date, read the inbox, build and test all models, publish a release.

    Exits with 0 only if everything that ran succeeded. When single Salesforce objects fail, the release is built from
    their last good data, and the exit code tells that they failed. So it does for an export file that was rejected.

    \b
    Example:
      partnerops run
      partnerops run --as-of 2026-06-30
      partnerops run --select salesforce/opportunity,salesforce/account
    """
    settings = load_settings()
    if not select and not settings.salesforce_instance_url and (again := demo_command(settings)):
        raise ConfigurationError(
            f"No Salesforce org is configured (SALESFORCE_INSTANCE_URL), and {settings.home} holds the demo.",
            f"Run the demo again: {again}",
        )
    code = run_and_report(settings, select=select, as_of=as_of, known_at=known_at, full_refresh=full_refresh)
    sys.exit(code)


def run_and_report(
    settings: Settings, *, select: str = "", as_of: str = "", known_at: str = "", full_refresh: bool = False
) -> int:
    """Run the main job with progress, print what came of it, and return the exit code."""
    report, seconds = run_with_progress(
        settings, select=select, as_of=as_of, known_at=known_at, full_refresh=full_refresh
    )
    with shown_progress("") as out:
        say_outcome(out, report, seconds)
        tell_after_run(settings, evaluated=report.published is not None)
    return exit_code(report)


def run_with_progress(
    settings: Settings, *, select: str = "", as_of: str = "", known_at: str = "", full_refresh: bool = False
) -> tuple[RunReport, float]:
    """Run the main job and show a line per object and phase.

    Returns:
        what the run came to, and its wall-clock seconds.
    """
    started = time.monotonic()
    day = parse_day(as_of) if as_of else None
    instant = parse_instant(known_at) if known_at else None
    with shown_progress("Loading", debug=is_debug()):
        from partnerops_pipeline.orchestration.run import (
            run_main_job,
        )  # Dagster takes 3 s to import: not before it is needed
    with shown_progress("Running", debug=is_debug()):
        report = run_main_job(settings, as_of=day, known_at=instant, full_refresh=full_refresh, select=select)
    return report, time.monotonic() - started


def say_outcome(out: Console, report: RunReport, seconds: float) -> None:
    """The end of a run in one or a few lines: what was published on standard output, what failed on standard error."""
    if report.published is not None:
        what = "published" if report.published.created else "unchanged"
        new = f"{report.new_rows:,} new or changed records" if report.new_rows else "no new records"
        out.print(f"Release {report.published.release_id} {what} ({new}, {seconds:.0f} s): {report.published.path}")
    elif report.exit_code == 0:
        out.print(f"Done ({report.new_rows:,} new or changed records, {seconds:.0f} s).")
    say_failures(report)


def say_failures(report: RunReport) -> None:
    """Each failed step and check on standard error, the checks with the command that looks closer."""
    if not report.exit_code and not report.failed.checks:
        return
    from partnerops_pipeline.orchestration.failure_text import closer_look

    for check in report.failed.checks:
        if check.told:
            say_error(check.told)
        elif check.name not in SAID_BY_THEIR_STEP:
            rows = "" if check.rows is None else f" ({check.rows:,} rows)"
            weight = "" if check.blocking else "Warning: "
            say_error(
                f"{weight}the check {check.name} on {check.asset} failed{rows}. Look closer: {closer_look(check)}"
            )
    for step in report.failed.steps:
        if step.expected:
            say_error(step.sentence)
            continue
        if is_debug() and step.traceback:
            click.echo(step.traceback, err=True)
        say_defect(step.sentence)


def exit_code(report: RunReport) -> int:
    """The exit code of a run; a failure that nobody foresaw has one of its own."""
    return DEFECT if any(not step.expected for step in report.failed.steps) else report.exit_code
