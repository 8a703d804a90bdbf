"""`partnerops status`: what ran last, how far the data reaches, what readers get, and whether that is too old."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

from partnerops_pipeline.cli.errors import OurCommand
from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.orchestration.last_extraction import read_last_extraction
from partnerops_pipeline.settings import Settings, load_settings

STALE_AFTER = timedelta(hours=50)
"""Two missed daily runs and two hours; the same as the freshness policy's failing point."""


@dataclass(frozen=True)
class LastRun:
    """The newest run that Dagster recorded; times in UTC, `ended` is None while it runs or if it was killed."""

    run_id: str
    job: str
    status: str
    started: datetime | None
    ended: datetime | None


@click.command(cls=OurCommand)
def status() -> None:
    """Last run, watermarks, current release and its age, gaps and alerts. Exits with 1 if something is amiss.

    Amiss is: the last run failed, no release or a stale one, gaps that nobody has evaluated for 26 hours.

    \b
    Example:
      partnerops status
    """
    settings = load_settings()
    sys.exit(0 if show_status(settings, datetime.now(UTC)) else 1)


def show_status(settings: Settings, now: datetime) -> bool:
    """Print the state of the house; True when all is well."""
    last = last_run(settings)
    runs_well = last is None or last.status not in ("FAILURE", "CANCELED")
    if last is None:
        click.echo("last run      none yet. Start one: partnerops run.")
    else:
        ended = f", ended {last.ended:%Y-%m-%d %H:%M} UTC" if last.ended else ""
        click.echo(f"last run      {last.job} {last.run_id[:8]}: {last.status.lower()}{ended}")
    all_read = _show_extraction(settings)
    _show_inbox(settings)
    fresh = _show_release(settings, last, now)
    told = _show_alerts(settings, now)
    return runs_well and all_read and fresh and told


def last_run(settings: Settings) -> LastRun | None:
    """The newest run, read from Dagster's SQLite file: importing Dagster for it would take 3 s."""
    file = settings.dagster_home / "history" / "runs.db"
    if not file.exists():
        return None
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as runs:
        row = runs.execute(
            "select run_id, pipeline_name, status, start_time, end_time from runs order by id desc limit 1"
        ).fetchone()
    if row is None:
        return None
    started, ended = (datetime.fromtimestamp(moment, UTC) if moment else None for moment in row[3:])
    return LastRun(row[0], row[1], row[2], started, ended)


def _show_extraction(settings: Settings) -> bool:
    objects = read_last_extraction(settings)
    failed = {table: entry for table, entry in objects.items() if entry.get("state") == "failed"}
    marks = sorted(entry["watermark"] for entry in objects.values() if entry.get("watermark"))
    if objects:
        reach = (
            f"; complete up to {marks[0][:16].replace('T', ' ')} UTC (oldest) … {marks[-1][:16].replace('T', ' ')} UTC"
            if marks
            else ""
        )
        click.echo(f"Salesforce    {len(objects)} objects, {len(failed)} failed{reach}")
    for table, entry in sorted(failed.items()):
        click.echo(f"              {table}: {entry.get('message')}")
    return not failed


def _show_inbox(settings: Settings) -> None:
    """The newest file of each kind. A rejected one is no fault of this house; its owner has to drop a better one."""
    from partnerops_pipeline.intake.register import Entry, entries

    newest: dict[str, Entry] = {}
    with suppress(sqlite3.DatabaseError):  # the diary is for people; a damaged one is begun anew by the next file
        for entry in entries(settings.state, last=1000):
            newest.setdefault(entry.profile, entry)
    if newest:
        rejected = sum(entry.state == "rejected" for entry in newest.values())
        kinds = "1 kind" if len(newest) == 1 else f"{len(newest)} kinds"
        latest = max(entry.at for entry in newest.values())
        click.echo(
            f"inbox         {kinds} of export files, {rejected} with the newest file rejected; "
            f"last file {latest:%Y-%m-%d %H:%M} UTC"
        )
    for profile, entry in sorted(newest.items()):
        if entry.state == "rejected":
            click.echo(f"              {profile}/{entry.file}: rejected. {entry.reason}")


def _show_release(settings: Settings, last: LastRun | None, now: datetime) -> bool:
    from partnerops_pipeline.release.registry import list_releases

    current = next((one for one in list_releases(settings) if one.is_current), None)
    if current is None:
        click.echo("release       none yet")
        return False
    # A run that changes nothing publishes nothing, so the age of the data is that of the last good run, if later.
    good = last.ended if last is not None and last.status == "SUCCESS" and last.ended else current.created_at
    age = now - max(good, current.created_at)
    hours = max(age, timedelta(0)) / timedelta(hours=1)
    stale = age > STALE_AFTER
    click.echo(f"release       {current.release_id}, made {current.created_at:%Y-%m-%d %H:%M} UTC: {current.path}")
    click.echo(
        f"age           {hours:.1f} hours"
        + (f", STALE (more than {STALE_AFTER / timedelta(hours=1):.0f})" if stale else "")
    )
    return not stale


def _show_alerts(settings: Settings, now: datetime) -> bool:
    """Whether silence means that all is well: the rules were evaluated lately, and what is to be told has been sent."""
    from partnerops_pipeline.alerts.from_release import holds_gaps
    from partnerops_pipeline.alerts.outbox import SILENT_AFTER
    from partnerops_pipeline.alerts.tell import health_of
    from partnerops_pipeline.release.folders import current_release_id
    from partnerops_pipeline.release.registry import show

    if current_release_id(settings.current) is None:
        return True  # it has been said already that there is no release
    if not holds_gaps(show(settings)):
        click.echo(
            "gaps          NEVER EVALUATED: the release was made before there were rules. Evaluate them: partnerops run"
        )
        return False
    try:
        health = health_of(settings)
    except PartneropsError as error:
        click.echo(f"gaps          {error}")
        return False
    hours = f"{SILENT_AFTER / timedelta(hours=1):.0f} hours"
    if health is None or health.evaluated_at is None:
        click.echo("gaps          NEVER EVALUATED, so nobody is told of any. Evaluate them: partnerops run.")
        return False
    alive = health.is_alive(now)
    since = f"last evaluated {health.evaluated_at:%Y-%m-%d %H:%M} UTC"
    click.echo(f"gaps          {since}" + ("" if alive else f", NOT EVALUATED for more than {hours}: partnerops run."))
    if health.waiting and health.waiting_since:
        count = "1 message waits" if health.waiting == 1 else f"{health.waiting} messages wait"
        since = f"{health.waiting_since:%Y-%m-%d %H:%M} UTC"
        click.echo(f"alerts        {count} since {since}. Look closer: partnerops alerts test")
    else:
        click.echo("alerts        no message waits")
    return alive
