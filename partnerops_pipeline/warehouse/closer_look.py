"""Which command shows more of what dbt found wrong. Messages of runs, checks and releases all ask here."""

from __future__ import annotations

ROWS_SHOWN = 20
"""Failing rows that the advice asks for; `--limit -1` shows all."""


def rows_of_check(name: str) -> str:
    """The command that shows the failing rows of a dbt test: `dbt show` runs the test's own query.

    `dbt test --store-failures` would leave them in a table that somebody has to open afterwards.
    """
    return f"partnerops dbt -- show --select {name} --limit {ROWS_SHOWN}"


def build_of_model(name: str) -> str:
    """The command that builds one model again, and says what dbt says."""
    return f"partnerops dbt -- build --select {name}"
