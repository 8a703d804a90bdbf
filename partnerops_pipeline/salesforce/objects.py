"""The objects file: which objects and fields are extracted, and what they are called further on.

The file is YAML with a checked schema. Every complaint names the file, the line and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.lake.columns import META
from partnerops_pipeline.yaml_lines import Lines, complaint, nearest_line, parse

SHIPPED_FILE = Path(__file__).with_name("objects.yaml")
SOURCE = "salesforce"
KIND = "objects file"

_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}\Z")
_COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_DECIMAL = re.compile(r"decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)\Z")
_PLAIN_TYPES = {"text": "VARCHAR", "boolean": "BOOLEAN", "integer": "BIGINT", "date": "DATE", "datetime": "TIMESTAMPTZ"}
_TYPES_TO_CHOOSE = "text, boolean, integer, decimal(18,2), date or datetime"

ORG_IDENTITY_TABLE = f"{SOURCE}/org_identity"
ORG_IDENTITY_COLUMNS: tuple[tuple[str, str], ...] = (
    ("organization_id", "VARCHAR"),
    ("lightning_host", "VARCHAR"),
    ("is_sandbox", "BOOLEAN"),
)


class FieldSpec(BaseModel):
    """One field as the file has it. `lake_type` is DuckDB's text of the declared type."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    type: str
    alias: str | None = Field(default=None, alias="as")
    required: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        word = value.strip().lower()
        found = _DECIMAL.match(word)
        if word not in _PLAIN_TYPES and not (found and 0 < int(found[1]) <= 38 and int(found[2]) <= int(found[1])):
            raise ValueError(f"unknown type {value!r}; write {_TYPES_TO_CHOOSE}")
        return word

    @field_validator("alias")
    @classmethod
    def _column_name(cls, value: str | None) -> str | None:
        if value is not None and not _COLUMN_NAME.match(value):
            raise ValueError(f"{value!r} cannot be a column; write lower snake case, as in partner_account_id")
        return value

    @property
    def lake_type(self) -> str:
        found = _DECIMAL.match(self.type)
        return f"DECIMAL({int(found[1])},{int(found[2])})" if found else _PLAIN_TYPES[self.type]


class ObjectSpec(BaseModel):
    """One object as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    name: str
    table: str = ""
    required: bool = False
    cursor: Literal["SystemModstamp", "CreatedDate", "none"] | None = None
    api: Literal["auto", "rest", "bulk"] = "auto"
    also: tuple[str, ...] = ()
    fields: dict[str, FieldSpec]

    @field_validator("table")
    @classmethod
    def _table_name(cls, value: str) -> str:
        if value and not _COLUMN_NAME.match(value):
            raise ValueError(f"{value!r} cannot be a table; write lower snake case, as in deal_registration")
        return value

    @field_validator("fields")
    @classmethod
    def _id_is_declared(cls, value: dict[str, FieldSpec]) -> dict[str, FieldSpec]:
        for name in value:
            if not _API_NAME.match(name):
                raise ValueError(f"{name!r} is not a Salesforce API name; write letters, digits and underscores")
        if "Id" not in value:
            raise ValueError("the field Id is missing; add `Id: {type: text, required: true}`")
        seen: dict[str, str] = {}
        for name, spec in value.items():
            column = spec.alias or snake_case(name)
            if column in seen:
                raise ValueError(
                    f"{seen[column]} and {name} would both be the column {column}; give one of them another `as`"
                )
            seen[column] = name
        return value

    @model_validator(mode="after")
    def _cursor_is_declared(self) -> ObjectSpec:
        if self.cursor not in (None, "none") and self.cursor not in self.fields:
            raise ValueError(f"the cursor {self.cursor} is not among the fields; add it there or write `cursor: none`")
        return self

    @property
    def table_name(self) -> str:
        return self.table or snake_case(self.name)

    @property
    def lake_table(self) -> str:
        """Path in the lake: `salesforce/deal_registration`."""
        return f"{SOURCE}/{self.table_name}"

    @property
    def cursor_field(self) -> str | None:
        """The field that increments go by; None = the whole object is read every time."""
        if self.cursor == "none":
            return None
        if self.cursor is not None:
            return self.cursor
        return next((name for name in ("SystemModstamp", "CreatedDate") if name in self.fields), None)

    @property
    def version_field(self) -> str | None:
        """The field that tells a newer version of a record from an older one, whether or not increments go by it."""
        return next((name for name in ("SystemModstamp", "CreatedDate") if name in self.fields), None)

    @property
    def required_fields(self) -> tuple[str, ...]:
        """Fields without which the object is of no use; Id and the cursor always are."""
        always = {"Id", self.cursor_field}
        return tuple(name for name, spec in self.fields.items() if spec.required or name in always)


def snake_case(api_name: str) -> str:
    """`BillingCountryCode` -> billing_country_code, `Deal_Registration__c` -> deal_registration, `ns__Obj__c` ->
    ns_obj."""
    bare = re.sub(r"__(?:c|r|x|mdt|e|b|pc)\Z", "", api_name)
    split = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", _between_words, bare)
    return re.sub(r"_+", "_", split).strip("_").lower()


def _between_words(found: re.Match[str]) -> str:
    first, second = (found[1], found[2]) if found[1] else (found[3], found[4])
    return f"{first}_{second}"


def load_objects(path: Path | None = None) -> list[ObjectSpec]:
    """Read and check an objects file; None = the shipped one.

    Raises:
        ConfigurationError: unreadable, not YAML, a name given twice, or a value that the schema refuses; with the line.
    """
    file = path or SHIPPED_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The objects file {file} cannot be read ({type(error).__name__}).", "Correct SALESFORCE_OBJECTS_FILE."
        ) from None
    content, lines = parse(text, file, KIND)
    if (
        not isinstance(content, dict)
        or set(content) != {"objects"}
        or not isinstance(content["objects"], dict)
        or not content["objects"]
    ):
        raise _complaint(file, 1, "the file must hold exactly one key `objects` with at least one object under it")
    specs = [_object(name, body, file, lines) for name, body in content["objects"].items()]
    by_table: dict[str, ObjectSpec] = {}
    for spec in specs:
        other = by_table.setdefault(spec.table_name, spec)
        if other is not spec or spec.lake_table == ORG_IDENTITY_TABLE:
            what = f"{other.name} and {spec.name}" if other is not spec else spec.name
            line = lines[("objects", spec.name)]
            raise _complaint(
                file,
                line,
                f"{what} would take the table name {spec.table_name}, which is taken; give one another `table`",
            )
    return specs


def contract(specs: Iterable[ObjectSpec]) -> dict[str, list[tuple[str, str, str]]]:
    """What readers may rely on: lake table -> (API name, column name, declared DuckDB type), meta columns last."""
    meta = [(column.name, column.name, column.type) for column in META]
    promised = {
        spec.lake_table: [
            (name, field.alias or snake_case(name), field.lake_type) for name, field in spec.fields.items()
        ]
        + meta
        for spec in specs
    }
    promised[ORG_IDENTITY_TABLE] = [(name, name, kind) for name, kind in ORG_IDENTITY_COLUMNS] + meta
    return promised


def _object(name: Any, body: Any, file: Path, lines: Lines) -> ObjectSpec:
    where: tuple[str, ...] = ("objects", str(name))
    if not isinstance(name, str) or not _API_NAME.match(name):
        raise _complaint(
            file, lines.get(where, 1), f"{name!r} is not a Salesforce API name; write letters, digits and underscores"
        )
    if not isinstance(body, dict):
        raise _complaint(file, lines.get(where, 1), f"{name} needs a mapping with `fields:` under it")
    try:
        return ObjectSpec(**{"name": name, **body})
    except ValidationError as error:
        first = error.errors()[0]
        trail = tuple(str(part) for part in first["loc"])
        raise _complaint(
            file, nearest_line(lines, where + trail), f"{'.'.join((name, *trail))}: {_reason(first)}"
        ) from None
    except TypeError:
        raise _complaint(file, lines.get(where, 1), f"{name}: the keys must be words") from None


def _reason(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such key; remove it or correct its spelling"
    if error["type"] == "missing":
        return "this key is missing; add it"
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _complaint(file: Path, line: int, what: str) -> ConfigurationError:
    return complaint(KIND, file, line, what)
