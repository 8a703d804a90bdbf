"""`partnerops alerts`: what would be said now, and do the targets hear it? And the telling at the end of a run."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from partnerops_pipeline.cli.errors import OurGroup, say_error
from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.settings import Settings, load_settings


@click.group(cls=OurGroup)
def alerts() -> None:
    """Alerts on data quality gaps: preview them, try their targets.

    \b
    Example:
      partnerops alerts preview
      partnerops alerts test
    """


@alerts.command()
def preview() -> None:
    """Print what would be said now about the current release. Sends nothing, writes nothing.

    \b
    Example:
      partnerops alerts preview
    """
    from partnerops_pipeline.alerts.messages import plain_text
    from partnerops_pipeline.alerts.tell import preview_now

    messages = preview_now(load_settings(), datetime.now(UTC))
    click.echo("\n\n".join(plain_text(message) for message in messages) or "Nothing would be said now.")


@alerts.command()
def test() -> None:
    """Send a message that says it is a test to each target, and tell how it went. Exits with 1 if one did not take it.

    \b
    Example:
      partnerops alerts test
    """
    from partnerops_pipeline.alerts.channels.channel import Ending
    from partnerops_pipeline.alerts.channels.log import LogChannel
    from partnerops_pipeline.alerts.rehearsal import try_channels
    from partnerops_pipeline.alerts.tell import channels_of

    channels = channels_of(load_settings())
    if all(isinstance(channel, LogChannel) for channel in channels):
        click.echo(
            "No target is set, so alerts appear in the log. Set PARTNEROPS_SLACK_WEBHOOK_URL or PARTNEROPS_WEBHOOK_URL."
        )
        return
    outcomes = try_channels(channels, datetime.now(UTC))
    for name, outcome in outcomes.items():
        if outcome.ending is Ending.SENT:
            click.echo(f"{name}: the test message arrived.")
        else:
            say_error(f"{name}: {outcome.why}.")
    sys.exit(0 if all(outcome.ending is Ending.SENT for outcome in outcomes.values()) else 1)


def tell_after_run(settings: Settings, *, evaluated: bool) -> None:
    """Tell of what the run found. Whatever goes wrong makes a line, not a failed run.

    Args:
        evaluated: whether the run came to its end, so that the rules hold as of now even if nothing changed.
    """
    from partnerops_pipeline.alerts.channels.log import LogChannel
    from partnerops_pipeline.alerts.tell import channels_of, tell
    from partnerops_pipeline.alerts.wording import subject

    now = datetime.now(UTC)
    targets = [channel.name for channel in channels_of(settings) if not isinstance(channel, LogChannel)]
    try:
        report = tell(settings, now, evaluated_at=now if evaluated else None)
    except (PartneropsError, OSError) as error:
        say_error(f"Warning: nobody was told of the gaps. {error}")
        return
    for notification in report.decided if targets else ():  # without one, the log has shown the whole message
        click.echo(f"Alert to {', '.join(targets)}: {subject(notification)}.")
    for problem in report.problems:
        say_error(f"Warning: an alert did not arrive: {problem}.")
    if report.waiting:
        waits = "message waits" if report.waiting == 1 else "messages wait"
        say_error(
            f"Warning: {report.waiting} {waits} for another attempt: the sensor `gap_alerts` makes it, or the next run."
        )
