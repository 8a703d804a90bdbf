"""What an object's `describe` says about its fields, and the exact type that each field gets in the lake.

Field properties: https://developer.salesforce.com/docs/atlas.en-
us.api.meta/api/sforce_api_calls_describesobjects_describesobjectresult.htm
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOT_EXTRACTED = frozenset({"address", "location", "base64", "complexvalue"})
"""Compound fields come by their components; binary bodies belong to no number."""

_TYPES = {"boolean": "BOOLEAN", "int": "BIGINT", "long": "BIGINT", "date": "DATE", "datetime": "TIMESTAMPTZ"}
_DECIMAL = frozenset({"double", "currency", "percent"})
_MOST_DIGITS = 38


@dataclass(frozen=True)
class Field:
    """One field as described. `type` is Salesforce's word; `precision` and `scale` count decimal digits.

    `permissionable` is False where field-level security does not reach: required fields, master-detail, system fields.
    """

    name: str
    type: str
    precision: int = 0
    scale: int = 0
    length: int = 0
    label: str = ""
    calculated: bool = False
    nillable: bool = True
    custom: bool = False
    permissionable: bool = True
    reference_to: tuple[str, ...] = ()
    relationship: str = ""
    picklist: tuple[str, ...] = ()

    @property
    def extracted(self) -> bool:
        return self.type not in NOT_EXTRACTED

    @property
    def lake_type(self) -> str:
        """DuckDB's type text. Money is DECIMAL with the digits that describe states, never a float."""
        if self.type in _DECIMAL:
            return decimal_type(self.precision, self.scale)
        return _TYPES.get(self.type, "VARCHAR")


@dataclass(frozen=True)
class Description:
    """One object as described, fields by API name in the order of the answer."""

    name: str
    label: str
    fields: Mapping[str, Field]
    replicateable: bool = False
    """Whether Salesforce keeps a log of its deletions."""

    def __contains__(self, name: object) -> bool:
        return name in self.fields


def decimal_type(precision: int, scale: int) -> str:
    """DECIMAL(p,s) for up to 18 digits, DECIMAL(38,s) beyond; describe reports 0 digits for some system numbers:
    (38,9)."""
    if precision <= 0:
        return "DECIMAL(38,9)"
    return f"DECIMAL({precision if precision <= 18 else _MOST_DIGITS},{min(scale, _MOST_DIGITS)})"


def parse_description(answer: Mapping[str, Any]) -> Description:
    """Read the JSON of `sobjects/{name}/describe`; unknown properties are ignored, absent ones take their defaults."""
    fields = {}
    for raw in answer.get("fields", ()):
        fields[raw["name"]] = Field(
            name=raw["name"],
            type=raw["type"],
            precision=int(raw.get("precision") or 0),
            scale=int(raw.get("scale") or 0),
            length=int(raw.get("length") or 0),
            label=raw.get("label") or "",
            calculated=bool(raw.get("calculated")),
            nillable=bool(raw.get("nillable", True)),
            custom=bool(raw.get("custom")),
            permissionable=bool(raw.get("permissionable", True)),
            reference_to=tuple(raw.get("referenceTo") or ()),
            relationship=raw.get("relationshipName") or "",
            picklist=tuple(value["value"] for value in raw.get("picklistValues") or () if value.get("active", True)),
        )
    return Description(
        name=answer["name"],
        label=answer.get("label") or answer["name"],
        fields=fields,
        replicateable=bool(answer.get("replicateable")),
    )
