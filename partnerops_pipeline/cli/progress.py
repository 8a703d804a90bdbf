"""Showing long work: a moving line on a terminal, plain lines when piped."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import indent

from rich.console import Console
from rich.status import Status
from rich.text import Text

_STYLES = {logging.WARNING: "yellow", logging.ERROR: "red"}


class _Lines(logging.Handler):
    """Writes each log line of ours, indented, above the moving one."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console

    def emit(self, record: logging.LogRecord) -> None:
        self.console.print(
            Text(indent(record.getMessage(), "  "), style=_STYLES.get(record.levelno, "")),
            soft_wrap=True,
            highlight=False,
        )


def console(least_width: int = 0) -> Console:
    """Standard output; without colours and moving lines where it is not a terminal.

    Args:
        least_width: of tables, in characters; a narrower terminal breaks the lines itself, which keeps words whole.
    """
    out = Console(highlight=False, markup=False, soft_wrap=True)
    if out.width < least_width:
        out.width = least_width
    return out


@contextmanager
def shown_progress(what: str, *, debug: bool = False) -> Iterator[Console]:
    """Show our log lines while the block runs.

    Args:
        what: what is being done, for the moving line of a terminal.
        debug: let other libraries' warnings through.
    """
    out = console()
    handler = _Lines(out)
    log = logging.getLogger("partnerops")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")  # Dagster's and dbt's notes to developers are no news to the reader
            if out.is_terminal:
                with Status(f"{what} …", console=out):
                    yield out
            else:
                yield out
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
