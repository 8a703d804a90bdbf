"""What the log-in sees of the org, beside what the objects file takes of it: for people, and for programs.

Everything is in a fixed order (the objects file's, then describe's), so that two answers about an unchanged org are
equal byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.salesforce.describe import Description, Field
from partnerops_pipeline.salesforce.errors import MissingObject
from partnerops_pipeline.salesforce.objects import ObjectSpec, snake_case
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.schema_changes import is_read, type_text


@dataclass(frozen=True)
class SeenField:
    """A field of the org, of the objects file, or of both.

    `described` is None where the log-in does not see it, `column` where the objects file does not take it.
    """

    name: str
    described: Field | None
    column: str | None
    required: bool = False


@dataclass(frozen=True)
class SeenObject:
    """`spec` is None where the objects file does not name the object, `described` where the log-in does not see it."""

    name: str
    spec: ObjectSpec | None
    described: Description | None
    fields: tuple[SeenField, ...]


def see_objects(org: Org, specs: Sequence[ObjectSpec], names: Iterable[str] = ()) -> list[SeenObject]:
    """Describe objects.

    Args:
        names: API names in any letter case, or table names of the objects file; none = all of the objects file.

    Raises:
        MissingObject: an object that was asked for by name is neither in the org nor in the objects file.
    """
    wanted = [_resolve(name, specs) for name in names] or [(spec.name, spec) for spec in specs]
    org.describe_all(name for name, _ in wanted)
    return [_see(org, name, spec) for name, spec in wanted]


def _resolve(name: str, specs: Sequence[ObjectSpec]) -> tuple[str, ObjectSpec | None]:
    folded = name.lower()
    found = [spec for spec in specs if folded in (spec.name.lower(), spec.table_name)]
    if found:
        return found[0].name, found[0]
    if not name.replace("_", "").isalnum() or not name.isascii():
        raise ConfigurationError(f"{name!r} is not the name of a Salesforce object.", "Write it as in Opportunity.")
    return name, None


def _see(org: Org, name: str, spec: ObjectSpec | None) -> SeenObject:
    try:
        described: Description | None = org.describe(name)
    except MissingObject:
        if spec is None:
            raise
        described = None
    name = described.name if described else name
    return SeenObject(name, spec, described, tuple(_fields(spec, described)))


def _fields(spec: ObjectSpec | None, described: Description | None) -> Iterator[SeenField]:
    for name, field in spec.fields.items() if spec else ():
        seen = described.fields.get(name) if described else None
        required = spec is not None and name in spec.required_fields
        yield SeenField(name, seen, field.alias or snake_case(name), required)
    for name, one in described.fields.items() if described else ():
        if spec is None or name not in spec.fields:
            yield SeenField(name, one, snake_case(name) if spec and is_read(spec, one) else None)


def as_data(seen: SeenObject) -> dict[str, Any]:
    """Plain data for YAML and JSON."""
    return {
        "object": seen.name,
        "label": seen.described.label if seen.described else None,
        "visible": seen.described is not None,
        "table": seen.spec.lake_table if seen.spec else None,
        "fields": [_field_data(one) for one in seen.fields],
    }


def _field_data(one: SeenField) -> dict[str, Any]:
    data: dict[str, Any] = {"field": one.name, "visible": one.described is not None, "column": one.column}
    if one.required:
        data["required"] = True
    if one.described is None:
        return data
    data |= {"label": one.described.label, "type": type_text(one.described), "lake_type": one.described.lake_type}
    if not one.described.extracted:
        data["lake_type"] = None
    for key, value in (
        ("calculated", one.described.calculated),
        ("nillable", one.described.nillable),
        ("lookup", list(one.described.reference_to)),
        ("picklist", list(one.described.picklist)),
    ):
        if value:
            data[key] = value
    return data


def as_text(seen: SeenObject) -> Iterator[str]:
    """Lines for a person: a heading, and a line per field with its type, label and column."""
    label = f" ({seen.described.label})" if seen.described else ""
    where = f"read into {seen.spec.lake_table}" if seen.spec else "not in the objects file"
    visible = f"{len(seen.described.fields)} fields" if seen.described else "not in this org, or hidden from the log-in"
    yield f"{seen.name}{label}: {visible}, {where}."
    rows = [_row(one) for one in seen.fields]
    widths = [max(len(row[at]) for row in rows) for at in range(3)] if rows else []
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        yield f"  {'  '.join(cells)}  {row[3]}".rstrip()


def _row(one: SeenField) -> tuple[str, str, str, str]:
    if one.described is None:
        notes = ["NOT VISIBLE"]
        kind = "-"
    else:
        notes = [one.described.label]
        kind = type_text(one.described)
    if one.required:
        notes.append("required")
    if one.described is not None and one.described.calculated:
        notes.append("formula or roll-up")
    if one.described is not None and one.described.picklist:
        notes.append(" | ".join(one.described.picklist))
    return one.name, kind, one.column or "-", "; ".join(notes)
