"""`partnerops release`: which releases there are, which one readers get, going back, removing old ones."""

from __future__ import annotations

import json

import click

from partnerops_pipeline.cli.errors import OurCommand, OurGroup
from partnerops_pipeline.settings import load_settings


@click.group(cls=OurGroup)
def release() -> None:
    """Releases: list, show, roll back, prune.

    \b
    Example:
      partnerops release list
      partnerops release rollback 2026-06-30-0123456789ab
    """


@release.command("list", cls=OurCommand)
def list_command() -> None:
    """All releases, newest first; the star marks the one that readers get.

    \b
    Example:
      partnerops release list
    """
    from partnerops_pipeline.release.registry import list_releases

    settings = load_settings()
    releases = list_releases(settings)
    if not releases:
        click.echo(f"There is no release under {settings.home} yet. Make one: partnerops run.")
    for one in releases:
        star = "*" if one.is_current else " "
        click.echo(
            f"{star} {one.release_id}  made {one.created_at:%Y-%m-%d %H:%M} UTC  "
            f"{one.tables} tables  {one.rows:,} rows  {one.bytes / 1e6:.1f} MB"
        )


@release.command(cls=OurCommand)
@click.argument("release_id", default="current")
def show(release_id: str) -> None:
    """The manifest of one release: what went in, what came out, with checksums.

    \b
    Example:
      partnerops release show
      partnerops release show 2026-06-30-0123456789ab
    """
    from partnerops_pipeline.release.registry import show as show_release

    click.echo(json.dumps(show_release(load_settings(), release_id), indent=2, default=str))


@release.command(cls=OurCommand)
@click.argument("release_id", default="")
def rollback(release_id: str) -> None:
    """Give readers an older release again, in one step: the one before, or the one that you name.

    The next run moves on from it as usual.

    \b
    Example:
      partnerops release rollback
      partnerops release rollback 2026-06-30-0123456789ab
    """
    from partnerops_pipeline.release.registry import rollback as roll_back

    click.echo(f"Readers now get {roll_back(load_settings(), release_id)}")


@release.command(cls=OurCommand)
@click.option("--keep", default=10, show_default=True, metavar="N", help="How many of the newest to keep.")
def prune(keep: int) -> None:
    """Remove old releases; the one that readers get always stays.

    \b
    Example:
      partnerops release prune --keep 30
    """
    from partnerops_pipeline.release.registry import prune as remove_old

    removed = remove_old(load_settings(), keep)
    for one in removed:
        click.echo(f"removed {one}")
    click.echo(f"{len(removed)} releases removed." if removed else "Nothing to remove.")
