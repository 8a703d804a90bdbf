"""The org's objects and fields, read from `schema.yaml`, and what may be seen of them now.

The schema of a real org moves while it is being read: administrators add fields, hide them by field-level security,
drop objects. `OrgSchema` is therefore a value of its own per org, changed through `OrgStore` and saved with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

SCHEMA_FILE = Path(__file__).with_name("schema.yaml")
CURRENCIES = ("USD", "EUR", "GBP")
ADDRESS_PARTS = (
    "Street",
    "City",
    "State",
    "StateCode",
    "PostalCode",
    "Country",
    "CountryCode",
    "Latitude",
    "Longitude",
)
"""Components of a compound address; a `BillingAddress` consists of those `Billing…` fields that the object has."""

_DECLARATION = re.compile(r"(?P<type>[a-z0-9]+)(?:\((?P<inside>.*)\))?\s*(?P<flags>[!=*\s]*)\Z")
_NUMBERS = ("double", "currency", "percent")
_DEFAULT_LENGTH = {"id": 18, "ref": 18, "picklist": 255, "multipicklist": 4099, "email": 80, "url": 255, "phone": 40}


@dataclass(frozen=True)
class FieldSchema:
    """One field. `type` is the word of describe (`reference`, not `ref`); lengths in characters, digits decimal."""

    name: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    values: tuple[str, ...] = ()
    reference_to: tuple[str, ...] = ()
    nillable: bool = True
    calculated: bool = False
    restricted: bool = False
    compound: str | None = None

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def is_number(self) -> bool:
        """A decimal with a scale; `int` is not one."""
        return self.type in _NUMBERS

    @property
    def is_compound(self) -> bool:
        return self.type in ("address", "location")

    @property
    def relationship_name(self) -> str | None:
        """How the parent is reached in a query: `AccountId` -> Account, `Partner_Account__c` -> Partner_Account__r."""
        if self.type != "reference":
            return None
        if self.custom:
            return self.name.removesuffix("__c") + "__r"
        return self.name.removesuffix("Id")

    @property
    def filterable(self) -> bool:
        """Long text areas and compounds cannot stand in WHERE or ORDER BY."""
        return not self.is_compound and self.type != "base64" and not (self.type == "textarea" and self.length > 255)


@dataclass(frozen=True)
class ObjectSchema:
    """One object. `bulk`: Bulk API 2.0 takes it. `replicated`: getDeleted() and getUpdated() exist."""

    name: str
    prefix: str
    fields: dict[str, FieldSchema]
    bulk: bool = True
    replicated: bool = True
    hidden: frozenset[str] = frozenset()
    by_folded_name: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "by_folded_name", {name.lower(): name for name in self.fields if name not in self.hidden}
        )

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def label(self) -> str:
        return spaced(self.name)

    @property
    def visible(self) -> list[FieldSchema]:
        """The fields that the log-in may see, in order."""
        return [f for f in self.fields.values() if f.name not in self.hidden]

    @property
    def stored(self) -> list[FieldSchema]:
        """The fields that have a value of their own; compounds are put together from their components."""
        return [f for f in self.fields.values() if not f.is_compound]

    def find(self, name: str) -> FieldSchema | None:
        """A visible field by its name in any letter case, as the API accepts it."""
        known = self.by_folded_name.get(name.lower())
        return self.fields[known] if known else None

    def parent(self, relationship: str) -> FieldSchema | None:
        """The reference field behind a relationship name."""
        wanted = relationship.lower()
        return next((f for f in self.visible if (f.relationship_name or "").lower() == wanted), None)

    def components(self, compound: FieldSchema) -> list[FieldSchema]:
        return [f for f in self.visible if f.compound == compound.name]


@dataclass(frozen=True)
class OrgSchema:
    """All objects of an org, and which of them the log-in cannot see."""

    objects: dict[str, ObjectSchema]
    hidden: frozenset[str] = frozenset()

    def find(self, name: str) -> ObjectSchema | None:
        """A visible object by its name in any letter case."""
        wanted = name.lower()
        return next((o for o in self.visible if o.name.lower() == wanted), None)

    @property
    def visible(self) -> list[ObjectSchema]:
        return [o for o in self.objects.values() if o.name not in self.hidden]

    def with_object(self, changed: ObjectSchema) -> OrgSchema:
        return replace(self, objects={**self.objects, changed.name: changed})


@lru_cache(maxsize=1)
def shipped_schema() -> OrgSchema:
    """The schema of the demo org, from `schema.yaml`."""
    return parse_schema(yaml.safe_load(SCHEMA_FILE.read_text(encoding="utf-8")))


def parse_schema(document: dict[str, Any]) -> OrgSchema:
    """Build the schema from the form that `schema.yaml` explains at its head.

    Raises:
        ValueError: a declaration cannot be read; the message names object and field.
    """
    system = document["system"]
    objects = {}
    for name, body in document["objects"].items():
        declared = {key: system[key] for key in body.get("system", system)}
        if body.get("currency"):
            declared["CurrencyIsoCode"] = f"picklist({'|'.join(CURRENCIES)}) !"
        declared |= body["fields"]
        fields = {key: parse_field(key, str(text), where=name) for key, text in declared.items()}
        objects[name] = ObjectSchema(
            name=name,
            prefix=str(body["prefix"]),
            fields=_tie_components(fields),
            bulk=body.get("bulk", True),
            replicated=body.get("deleted", True),
        )
    return OrgSchema(objects)


def parse_field(name: str, declaration: str, *, where: str = "") -> FieldSchema:
    """Read `type(inside) flags`, such as ``currency(18,2) =``.

    Raises:
        ValueError: the text is no declaration.
    """
    found = _DECLARATION.match(declaration.strip())
    if not found:
        raise ValueError(f"{where}.{name}: {declaration!r} is not a field declaration")
    kind, inside, flags = found["type"], found["inside"] or "", found["flags"]
    one = FieldSchema(
        name=name,
        type="reference" if kind == "ref" else kind,
        length=_DEFAULT_LENGTH.get(kind, 0),
        nillable="!" not in flags,
        calculated="=" in flags,
        restricted=kind in ("picklist", "multipicklist") and "*" not in flags,
    )
    if kind in ("string", "textarea"):
        return replace(one, length=int(inside))
    if kind in _NUMBERS:
        precision, scale = (int(part) for part in inside.split(","))
        return replace(one, precision=precision, scale=scale)
    if kind == "ref":
        return replace(one, reference_to=tuple(part.strip() for part in inside.split(",")))
    if kind in ("picklist", "multipicklist"):
        return replace(one, values=tuple(inside.split("|")))
    if kind in ("id", "boolean", "int", "date", "datetime", "time", "email", "url", "phone", "address", "base64"):
        return one
    raise ValueError(f"{where}.{name}: unknown type {kind!r}")


def spaced(api_name: str) -> str:
    """A label out of an API name: `Deal_Registration__c` -> Deal Registration, `AccountId` -> Account ID."""
    text = api_name.removesuffix("__c").replace("_", " ")
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return re.sub(r"\bId\b", "ID", text)


def _tie_components(fields: dict[str, FieldSchema]) -> dict[str, FieldSchema]:
    tied = dict(fields)
    for compound in (f for f in fields.values() if f.type == "address"):
        stem = compound.name.removesuffix("Address")
        for part in _present(fields, (stem + end for end in ADDRESS_PARTS)):
            tied[part] = replace(tied[part], compound=compound.name)
    return tied


def _present(fields: dict[str, FieldSchema], names: Iterable[str]) -> list[str]:
    return [name for name in names if name in fields]
