"""A few records at hand as an Arrow table with exact types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from partnerops_pipeline.errors import BadData
from partnerops_pipeline.lake.arrays import arrow_array
from partnerops_pipeline.lake.columns import META, Column


def to_arrow(records: Sequence[Mapping[str, Any]], columns: Sequence[Column], table: str) -> pa.Table:
    """The records with `columns`, and with `_is_deleted` and `_deleted_kind` where a record has them.

    Raises:
        BadData: a value does not fit its column, or a record has a field that is no column.
    """
    optional = [
        c for c in META if c.name in ("_is_deleted", "_deleted_kind") and any(c.name in record for record in records)
    ]
    wanted = [*columns, *optional]
    names = {column.name for column in wanted}
    for record in records:
        for field in record:
            if field not in names:
                raise BadData(
                    f"A row for the lake table {table} has the field {field}, which is none of its columns.",
                    "Drop or declare it.",
                )
    arrays = [_array(column, [record.get(column.name) for record in records], table) for column in wanted]
    return pa.table(arrays, names=[column.name for column in wanted])


def _array(column: Column, values: list[Any], table: str) -> pa.Array:
    if column.type == "TIMESTAMPTZ" and any(value is not None and value.tzinfo is None for value in values):
        raise BadData(f"A time of {column.name} for the lake table {table} has no time zone.", "Give UTC-aware times.")
    if any(isinstance(value, float) for value in values):
        raise BadData(
            f"A value of {column.name} for the lake table {table} is a float.", "Give an exact Decimal or int."
        )
    try:
        return arrow_array(values, column.type)
    except ValueError as error:
        raise BadData(
            f"A value of {column.name} for the lake table {table} is no {column.type}: {str(error).splitlines()[0]}.",
            "Mend that value.",
        ) from None
