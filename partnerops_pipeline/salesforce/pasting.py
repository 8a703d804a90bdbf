"""Lines for the objects file, indented as the shipped file is: objects by two spaces, fields by six."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from partnerops_pipeline.salesforce.describe import Field
from partnerops_pipeline.salesforce.objects import ObjectSpec, snake_case

_TYPES = {"VARCHAR": "text", "BOOLEAN": "boolean", "BIGINT": "integer", "DATE": "date", "TIMESTAMPTZ": "datetime"}
_LONGEST_NAME = 63


def fields_to_paste(spec: ObjectSpec, fields: Iterable[Field]) -> str:
    """A line per field, to go under `fields:` of the object."""
    taken = {field.alias or snake_case(name) for name, field in spec.fields.items()}
    return "".join(_field_lines(fields, taken))


def object_to_paste(name: str, fields: Sequence[Field], tables: Iterable[str]) -> tuple[str, str]:
    """The block of a new object, to go to the end of the file, and its table name, which is none of `tables`."""
    table = _free(snake_case(name), set(tables))
    lines = [f"  {name}:\n"]
    if table != snake_case(name):
        lines.append(f"    table: {table}\n")
    lines.append("    fields:\n")
    return "".join([*lines, *_field_lines(fields, set())]), table


def _field_lines(fields: Iterable[Field], taken: set[str]) -> list[str]:
    lines = []
    for one in fields:
        column = snake_case(one.name)
        if one.reference_to and not column.endswith("_id"):
            column += "_id"
        column = _free(column, taken)
        taken.add(column)
        lines.append(f"      {one.name}: {_declaration(one, column)}\n")
    return lines


def _declaration(one: Field, column: str) -> str:
    kind = _TYPES.get(one.lake_type, one.lake_type.lower())
    if one.name == "Id":
        return "{type: text, required: true}"
    if column == snake_case(one.name):
        return kind
    quoted = f'"{kind}"' if "," in kind else kind
    return f"{{type: {quoted}, as: {column}}}"


def _free(name: str, taken: set[str]) -> str:
    """The name, shortened to what a column may have, with a number where it is taken."""
    name = name[:_LONGEST_NAME]
    free, number = name, 2
    while free in taken:
        free = f"{name[: _LONGEST_NAME - len(str(number)) - 1]}_{number}"
        number += 1
    return free
