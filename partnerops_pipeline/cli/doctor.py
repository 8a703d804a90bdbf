"""`partnerops doctor`: is everything in place? Asks, and changes nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from partnerops_pipeline.cli.errors import OurCommand
from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.settings import Settings, load_settings

if TYPE_CHECKING:
    from partnerops_pipeline.salesforce.doctor import Finding

LEAST_FREE_BYTES = 2 * 10**9
"""Below, a run of an ordinary org (1,000,000 opportunities: about 0.5 GB of spool, lake and release) may not fit."""
_COLOURS = {"ok": "green", "hint": "cyan", "warn": "yellow", "fail": "red"}


@click.command(cls=OurCommand)
def doctor() -> None:
    """Check settings, Salesforce log-in, quota, objects and fields, lake, warehouse, inbox, alerts and disk.

    One line each: ok, hint, warn or fail, and what to do. A hint is partner data that is not read yet, with the lines
    for the objects file. Exits with 1 if anything fails. Changes nothing.

    \b
    Example:
      partnerops doctor
    """
    failed = False
    for finding in examine(load_settings()):
        failed |= finding.level == "fail"
        level = click.style(f"{finding.level:4}", fg=_COLOURS[finding.level], bold=finding.level == "fail")
        click.echo(f"{level}  {finding.what} {finding.do}".rstrip())
        click.echo(finding.paste, nl=False)
    sys.exit(1 if failed else 0)


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, the local ones first because they are quick."""
    from partnerops_pipeline.salesforce.doctor import Finding

    yield Finding("ok", f"The data root is {settings.home}.")
    yield from _disk(settings.home)
    yield from _lake(settings)
    yield from _warehouse(settings)
    yield from _inbox(settings)
    yield from _alerts(settings)
    yield from _salesforce(settings)


def _disk(home: Path) -> Iterator[Finding]:
    from partnerops_pipeline.salesforce.doctor import Finding

    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    text = f"{free / 1e9:.1f} GB are free on the disk of the data root."
    if free < LEAST_FREE_BYTES:
        yield Finding("warn", text, "Make room: `partnerops release prune` removes old releases.")
    else:
        yield Finding("ok", text)


def _lake(settings: Settings) -> Iterator[Finding]:
    from partnerops_pipeline.lake.configured import configured_lake
    from partnerops_pipeline.salesforce.doctor import Finding

    try:
        tables = configured_lake(settings).tables()
    except PartneropsError as error:
        yield Finding("fail", error.message, error.do)
        return
    yield Finding(
        "ok", f"The lake holds {len(tables)} tables." if tables else "The lake is empty; the first run fills it."
    )


def _warehouse(settings: Settings) -> Iterator[Finding]:
    from partnerops_pipeline.salesforce.doctor import Finding
    from partnerops_pipeline.warehouse.lock import holder

    held = holder(settings.locks, "warehouse")
    if held is None:
        yield Finding("ok", "The warehouse is free.")
    else:
        yield Finding(
            "warn", f"Process {held.pid} ({held.what}) works on the warehouse.", "Wait for it before you run."
        )


def _inbox(settings: Settings) -> Iterator[Finding]:
    """What waits, and what would keep a run from putting files away after reading them."""
    from partnerops_pipeline.intake.profile import load_profiles
    from partnerops_pipeline.intake.take import look_into_inbox
    from partnerops_pipeline.salesforce.doctor import Finding

    try:
        kinds = len(load_profiles(settings))
        if not settings.inbox.exists():
            yield Finding(
                "ok", f"There is no inbox yet; the first run makes {settings.inbox} for {kinds} kinds of files."
            )
            return
        pending = look_into_inbox(settings)
    except PartneropsError as error:
        yield Finding("fail", error.message, error.do)
        return
    except OSError as error:
        yield Finding(
            "fail", f"The inbox {settings.inbox} cannot be read: {error.strerror}.", "Give this user the right."
        )
        return
    closed = [folder for folder in (settings.inbox, *settings.inbox.iterdir()) if not _is_writable(folder)]
    if closed:
        yield Finding(
            "fail", f"Files cannot be put away in {closed[0]}.", "Give this user the right to write into that folder."
        )
    else:
        count = len(pending.dropped)
        waiting = "1 file waits" if count == 1 else f"{count} files wait" if count else "no file waits"
        yield Finding("ok", f"The inbox is {settings.inbox}, for {kinds} kinds of files; {waiting} for the next run.")
    for thing in pending.left_alone:
        yield Finding("warn", f"{thing.path.relative_to(settings.inbox)} in the inbox is not read.", thing.why)


def _is_writable(folder: Path) -> bool:
    return not folder.is_dir() or os.access(folder, os.W_OK | os.X_OK)


def _alerts(settings: Settings) -> Iterator[Finding]:
    """Where people are told; whether a target listens is for `partnerops alerts test` to try, as it sends something."""
    from partnerops_pipeline.alerts.channels.log import LogChannel
    from partnerops_pipeline.alerts.tell import channels_of
    from partnerops_pipeline.salesforce.doctor import Finding

    targets = [channel.name for channel in channels_of(settings) if not isinstance(channel, LogChannel)]
    if not targets:
        yield Finding("ok", "Alerts appear in the log.", "To be told in Slack: set PARTNEROPS_SLACK_WEBHOOK_URL.")
    elif settings.webhook_url and not settings.webhook_secret:
        yield Finding(
            "warn",
            f"Alerts go to {', '.join(targets)}; the webhook gets them unsigned.",
            "Set PARTNEROPS_WEBHOOK_SECRET, so that the receiver can tell them from forged ones.",
        )
    else:
        yield Finding("ok", f"Alerts go to {', '.join(targets)}.", "Try: partnerops alerts test.")
    if settings.webhook_secret and not settings.webhook_url:
        yield Finding("warn", "PARTNEROPS_WEBHOOK_SECRET is set, but no webhook.", "Set PARTNEROPS_WEBHOOK_URL.")


def _salesforce(settings: Settings) -> Iterator[Finding]:
    from partnerops_pipeline.lake.configured import configured_lake
    from partnerops_pipeline.salesforce.doctor import Finding
    from partnerops_pipeline.salesforce.doctor import examine as examine_org
    from partnerops_pipeline.salesforce.objects import load_objects
    from partnerops_pipeline.salesforce.org import connect
    from partnerops_pipeline.warehouse.policy import policy_number

    try:
        specs = load_objects(settings.salesforce_objects_file)
        yield Finding("ok", f"The objects file names {len(specs)} objects.")
        org = connect(settings)
        lake = configured_lake(settings)
        month = policy_number(
            settings.dbt_project_dir, lake, "fiscal_year_start_month", as_of=settings.effective_as_of()
        )
    except PartneropsError as error:
        yield Finding("fail", error.message, error.do)
        return
    yield from examine_org(org, specs, lake=lake, policy_month=month)
