"""The SQL of a bound view: a lake table under the warehouse's names and types, at one state of knowledge. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import META, Column, normal_type, widen
from partnerops_pipeline.warehouse.naming import snake_case

_NUMBERS = ("BIGINT", "DECIMAL")


class BoundColumn(NamedTuple):
    """A column that readers may rely on: its name at the source and in the warehouse, its declared DuckDB type."""

    api_name: str
    alias: str
    type: str


def columns_of_view(path: str, promised: Sequence[BoundColumn], held: Sequence[Column]) -> list[BoundColumn]:
    """The view's columns: the promised ones in their order, then what the lake has beyond, then META where missing.

    Raises:
        ConfigurationError: two promised columns share a name.
    """
    chosen = [BoundColumn(*column) for column in promised]
    taken: set[str] = set()
    for column in chosen:
        if column.alias.lower() in taken:
            raise ConfigurationError(
                f"Two columns of {path} are called {column.alias} in the warehouse.",
                f"Give {column.api_name} another `as:`.",
            )
        taken.add(column.alias.lower())
    known = {column.api_name for column in chosen}
    for further in [*held, *META]:
        if further.name not in known:
            known.add(further.name)
            alias = _free_alias(further.name, taken)
            taken.add(alias)
            chosen.append(BoundColumn(further.name, alias, further.type))
    return chosen


def _free_alias(api_name: str, taken: Collection[str]) -> str:
    for alias in (snake_case(api_name), api_name.lower()):
        if alias and alias not in taken:
            return alias
    number = 2
    while f"{api_name.lower()}_{number}" in taken:
        number += 1
    return f"{api_name.lower()}_{number}"


def select(
    columns: Sequence[BoundColumn], held: Sequence[Column], files: Sequence[str], known_at: datetime | None
) -> str:
    """The view's query over exactly these files; no rows where there are none."""
    stored = {column.name: column.type for column in held}
    if not files:
        empty = ", ".join(f"CAST(NULL AS {shown_type(column.type)}) AS {duck.name(column.alias)}" for column in columns)
        return f"SELECT {empty} WHERE false"
    chosen = ", ".join(
        f"{_expression(column, stored.get(column.api_name))} AS {duck.name(column.alias)}" for column in columns
    )
    query = f"SELECT {chosen} FROM {duck.read_parquet(files)}"
    return f"{query} WHERE _committed_at <= {duck.instant(known_at)}" if known_at else query


def shown_type(kind: str) -> str:
    """A lake type as the warehouse shows it: instants are plain TIMESTAMP in UTC."""
    kind = normal_type(kind)
    return "TIMESTAMP" if kind == "TIMESTAMPTZ" else kind


def _expression(column: BoundColumn, stored: str | None) -> str:
    """The lake's value in the type that readers rely on. What does not fit becomes NULL, as at extraction."""
    if stored is None:
        return f"CAST(NULL AS {shown_type(column.type)})"
    wanted = _wanted(stored, normal_type(column.type))
    value = duck.name(column.api_name)
    if stored == "TIMESTAMPTZ":
        utc = f"{value} AT TIME ZONE 'UTC'"
        return (
            utc
            if wanted == "TIMESTAMPTZ"
            else duck.cast(column.api_name, stored, wanted)
            if wanted == "VARCHAR"
            else f"TRY_CAST({utc} AS {wanted})"
        )
    if wanted == "TIMESTAMPTZ":
        return f"TRY_CAST({value} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    return value if wanted == stored else f"TRY_CAST({value} AS {wanted})"


def _wanted(stored: str, declared: str) -> str:
    """The declared type, unless the org's numbers are wider: then one that holds both."""
    if stored.startswith(_NUMBERS) and declared.startswith(_NUMBERS):
        wider = widen(stored, declared)
        return declared if wider == "VARCHAR" else wider
    return declared
