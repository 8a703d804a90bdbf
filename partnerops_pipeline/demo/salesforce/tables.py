"""How an object of the schema lies in SQLite: names, columns, and rows ready to be stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.schema import FieldSchema, ObjectSchema
from partnerops_pipeline.demo.salesforce.values import UnusableValue, to_stored

SYSTEM_USER = made_id("005", 1)
"""Who made records that do not say who made them."""


def quoted(name: str) -> str:
    """An identifier for SQL. Names come from the schema alone, never from a request."""
    return '"' + name.replace('"', '""') + '"'


def column_definition(one: FieldSchema) -> str:
    kind = "INTEGER" if one.is_number or one.type in ("int", "boolean") else "TEXT"
    return f"{quoted(one.name)} {kind}" + (" PRIMARY KEY" if one.name == "Id" else "")


def stamp_column(one: ObjectSchema) -> str | None:
    """The column that says when a record last changed: SystemModstamp, or CreatedDate where records never change."""
    return next((name for name in ("SystemModstamp", "CreatedDate") if name in one.fields), None)


def store_row(one: ObjectSchema, values: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values as SQLite stores them.

    Raises:
        ValueError: an unknown field, or a value that does not fit; the message names object, id and field.
    """
    stored = {}
    for name, value in values.items():
        target = one.fields.get(name)
        if target is None or target.is_compound:
            raise ValueError(f"{one.name} has no field {name} to store")
        try:
            stored[name] = to_stored(target)(value)
        except (UnusableValue, ArithmeticError, TypeError) as error:
            raise ValueError(f"{one.name} {values.get('Id')}: {name}: {error}") from error
    return stored


def with_system_fields(one: ObjectSchema, row: Mapping[str, Any], stamp: datetime) -> dict[str, Any]:
    """The record with the system fields that it lacks."""
    created = row.get("CreatedDate") or stamp
    modified = row.get("LastModifiedDate") or created
    system = {
        "CreatedDate": created,
        "CreatedById": row.get("CreatedById") or SYSTEM_USER,
        "LastModifiedDate": modified,
        "LastModifiedById": row.get("LastModifiedById") or SYSTEM_USER,
        "SystemModstamp": row.get("SystemModstamp") or modified,
    }
    return {**row, **{name: value for name, value in system.items() if name in one.fields}}
