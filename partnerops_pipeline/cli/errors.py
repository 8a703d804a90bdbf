"""How the command line fails: one sentence on standard error and an exit code; a traceback only with `--debug`."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import click

from partnerops_pipeline.errors import PartneropsError, ResourceExhausted, is_disk_full

DEFECT = 70
"""Exit code of a failure that we did not foresee (EX_SOFTWARE of sysexits.h)."""

DISK_FULL = (
    "The disk under PARTNEROPS_HOME is full, so the run stopped; the last good release stands. "
    "Make room and run again: it goes on from what is there."
)


def _remember_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.find_root().meta["debug"] = True


def _with_debug(command: click.Command) -> None:
    command.params.append(
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=_remember_debug,
            help="Show tracebacks and all log lines.",
        )
    )


def is_debug() -> bool:
    """Whether `--debug` was given, before or after the command's name."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().meta.get("debug"))


class OurCommand(click.Command):
    """A command with `--debug`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _with_debug(self)


class OurGroup(click.Group):
    """Commands with `--debug`, in the order in which they were written."""

    command_class = OurCommand

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        _with_debug(self)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


class OutermostGroup(OurGroup):
    """Turns what went wrong anywhere below into a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort, KeyboardInterrupt, BrokenPipeError):
            raise
        except PartneropsError as error:
            if ctx.meta.get("debug"):
                traceback.print_exc()
            say_error(str(error))
            ctx.exit(error.exit_code)
        except Exception as error:
            if ctx.meta.get("debug"):
                traceback.print_exc()
            if is_disk_full(error):
                say_error(DISK_FULL)
                ctx.exit(ResourceExhausted.exit_code)
            say_defect(f"{type(error).__name__}: {_first_line(error)}")
            ctx.exit(DEFECT)


def say_error(sentence: str) -> None:
    """One sentence on standard error."""
    click.echo(
        f"{click.style('partnerops:', fg='red', bold=True)} {sentence}",
        err=True,
        color=None if sys.stderr.isatty() else False,
    )


def say_defect(what: str) -> None:
    """The sentence for a failure that nobody foresaw."""
    hint = "" if is_debug() else " Run the command again with --debug to see where."
    say_error(f"Something went wrong that should not ({what}).{hint}")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0][:300]
