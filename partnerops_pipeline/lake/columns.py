"""Columns of lake tables: their types, how they widen, and how Delta Lake writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deltalake import Field, Schema
from deltalake.schema import PrimitiveType

from partnerops_pipeline.lake.errors import UnreadableTable

_DECIMAL = re.compile(r"^DECIMAL\((\d+),\s*(\d+)\)$")
_WIDEST_DECIMAL = 38
_DIGITS_OF_BIGINT = 19
_TO_DELTA = {"VARCHAR": "string", "BOOLEAN": "boolean", "BIGINT": "long", "DATE": "date", "TIMESTAMPTZ": "timestamp"}
_FROM_DELTA = {delta: duck for duck, delta in _TO_DELTA.items()}
_SPELLINGS = {
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "LONG": "BIGINT",
    "BOOL": "BOOLEAN",
}


@dataclass(frozen=True)
class Column:
    """A column of a lake table. `type` is DuckDB's text: VARCHAR, BOOLEAN, BIGINT, DECIMAL(p,s), DATE or TIMESTAMPTZ.

    Raises:
        ValueError: any other type; DOUBLE above all, since money must stay exact.
    """

    name: str
    type: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", normal_type(self.type))


def normal_type(text: str) -> str:
    """One spelling per type: `decimal(18, 2)` -> DECIMAL(18,2), `TIMESTAMP WITH TIME ZONE` -> TIMESTAMPTZ.

    Raises:
        ValueError: not a type that the lake stores.
    """
    upper = " ".join(text.upper().split())
    upper = _SPELLINGS.get(upper, upper)
    if upper in _TO_DELTA:
        return upper
    found = _DECIMAL.match(upper)
    if found:
        precision, scale = int(found[1]), int(found[2])
        if 1 <= precision <= _WIDEST_DECIMAL and scale <= precision:
            return f"DECIMAL({precision},{scale})"
    raise ValueError(f"The lake stores VARCHAR, BOOLEAN, BIGINT, DECIMAL(p,s), DATE and TIMESTAMPTZ, not {text!r}.")


META: tuple[Column, ...] = (
    Column("_batch_id", "VARCHAR"),
    Column("_extracted_at", "TIMESTAMPTZ"),
    Column("_committed_at", "TIMESTAMPTZ"),
    Column("_is_deleted", "BOOLEAN"),
    Column("_deleted_kind", "VARCHAR"),
)
"""What every row carries besides the source's own columns."""

META_NAMES = frozenset(column.name for column in META)


def widen(one: str, other: str) -> str:
    """The narrowest type that holds every value of both.

    Decimals keep the integer digits and the decimals of both; a BIGINT is a decimal of 19 digits. Types of different
    kinds meet in VARCHAR, and so do decimals that would need more than 38 digits: text loses nothing.
    """
    one, other = normal_type(one), normal_type(other)
    if one == other:
        return one
    first, second = _digits(one), _digits(other)
    if first is None or second is None:
        return "VARCHAR"
    scale = max(first[1], second[1])
    precision = max(first[0] - first[1], second[0] - second[1]) + scale
    return f"DECIMAL({precision},{scale})" if precision <= _WIDEST_DECIMAL else "VARCHAR"


def is_decimal(kind: str) -> bool:
    return normal_type(kind).startswith("DECIMAL")


def _digits(kind: str) -> tuple[int, int] | None:
    if kind == "BIGINT":
        return _DIGITS_OF_BIGINT, 0
    found = _DECIMAL.match(kind)
    return (int(found[1]), int(found[2])) if found else None


def merge(stored: Sequence[Column], arriving: Sequence[Column]) -> list[Column]:
    """The columns of a table after a batch: the stored ones, widened where needed, then the new ones."""
    kinds = {column.name: column.type for column in arriving}
    known = {column.name for column in stored}
    merged = [Column(c.name, widen(c.type, kinds[c.name])) if c.name in kinds else c for c in stored]
    return merged + [column for column in arriving if column.name not in known]


def delta_schema(columns: Iterable[Column]) -> Schema:
    """Delta's schema; every column is nullable, since a field may be hidden tomorrow."""
    return Schema(
        [Field(column.name, PrimitiveType(_TO_DELTA.get(column.type) or column.type.lower())) for column in columns]
    )


def lake_columns(schema: Schema, table: str) -> list[Column]:
    """The columns of a Delta table.

    Raises:
        UnreadableTable: a type that the lake does not store, named with its column.
    """
    return [Column(field.name, _lake_type(field, table)) for field in schema.fields]


def _lake_type(field: Field, table: str) -> str:
    delta = field.type.type if isinstance(field.type, PrimitiveType) else str(field.type)
    if delta.startswith("decimal"):
        return normal_type(delta)
    if delta not in _FROM_DELTA:
        raise UnreadableTable(
            f"The column {field.name} of the lake table {table} has the type {delta}, which is not read here.",
            "Rewrite that table with text, boolean, long, decimal, date or timestamp columns.",
        )
    return _FROM_DELTA[delta]
