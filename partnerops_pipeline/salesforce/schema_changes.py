"""What an administrator changed in an object since it was last described. Pure.

Describe does not say why a field is gone: a field that was deleted and one that field-level security hides look alike.
What can be told is this. Salesforce's own fields cannot be deleted, and required fields and master-detail lookups are
beyond field-level security (`permissionable` is false for them). A custom field to which somebody is still granted
access exists, so it is hidden. The rest stays "removed or hidden".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from typing import Literal

from partnerops_pipeline.salesforce.describe import Description, Field
from partnerops_pipeline.salesforce.objects import ObjectSpec

Kind = Literal[
    "object missing",
    "object back",
    "added",
    "back",
    "hidden",
    "removed",
    "removed or hidden",
    "switched off",
    "still missing",
    "probably renamed",
    "type changed",
    "widened",
    "narrowed",
    "formula changed",
    "lookup changed",
    "label changed",
    "picklist values added",
    "picklist values removed",
]

_ALIKE = 0.6
"""Similarity of two names from which the same shape in one run is taken for a rename (`Tier__c`, `Partner_Tier__c`:
0.64; `Tier__c`, `Region__c`: 0.5)."""


@dataclass(frozen=True)
class SchemaChange:
    """One difference, as a sentence for a person.

    `field` is "" where it is about the object itself. `matters`: what is read, or how it must be understood, differs
    from before; other changes only widen or add.
    """

    object: str
    field: str
    kind: Kind
    sentence: str
    matters: bool


@dataclass(frozen=True)
class KnownField:
    """A field as last seen: its place among the others from 0, and since when it is visible or not."""

    described: Field
    position: int
    visible: bool
    since: datetime


@dataclass(frozen=True)
class KnownObject:
    """An object as last seen; `visible` is False where the org lacked or hid it, and the fields are those before."""

    name: str
    label: str
    visible: bool
    since: datetime
    fields: Mapping[str, KnownField] = field(default_factory=dict)


def _nobody_knows(_: str) -> bool:
    return False


def compare(
    spec: ObjectSpec,
    known: KnownObject | None,
    now: Description | None,
    is_granted: Callable[[str], bool] = _nobody_knows,
) -> tuple[SchemaChange, ...]:
    """The differences, by field in the order of the describe; nothing where the object was never described before.

    Args:
        now: None = the object is not there, or the log-in may not see it.
        is_granted: whether anybody has access to a custom field that describe does not show; asked only for such.
    """
    if known is None:
        return ()
    if now is None:
        return (_object_missing(spec, known),)
    return tuple(_differences(spec, known, now, is_granted))


def _object_missing(spec: ObjectSpec, known: KnownObject) -> SchemaChange:
    if known.visible:
        says = f"{spec.name} was there before, and is now gone from the org or hidden from the log-in."
        return SchemaChange(spec.name, "", "object missing", says, True)
    if not known.fields:
        return SchemaChange(spec.name, "", "object missing", f"{spec.name} is not in this org.", False)
    says = f"{spec.name} is gone from the org or hidden from the log-in since {known.since:%Y-%m-%d}."
    return SchemaChange(spec.name, "", "still missing", says, True)


def _differences(
    spec: ObjectSpec, known: KnownObject, now: Description, is_granted: Callable[[str], bool]
) -> Iterator[SchemaChange]:
    make = _maker(spec)
    if not known.visible:
        yield make("", "object back", f"{spec.name} is in the org now, and read.", False)
    if not known.fields:
        return
    seen = {name: one for name, one in known.fields.items() if one.visible}
    gone = [one for name, one in seen.items() if name not in now]
    added = [name for name in now.fields if name not in known.fields]
    renamed = _renames(gone, added, now)
    for one in gone:
        yield _gone(make, spec, one.described, renamed.get(one.described.name), is_granted)
    for name, one in known.fields.items():
        if not one.visible and name not in now and is_read(spec, one.described):
            says = f"is removed or hidden since {one.since:%Y-%m-%d}: its column is empty for records read since then."
            yield make(name, "still missing", says, True)
    for name, described in now.fields.items():
        if name in seen:
            yield from _changes_of_field(make, spec, seen[name].described, described)
        elif name in known.fields:
            yield make(name, "back", "is visible again, so it had been hidden; the object is read anew.", False)
        elif name not in renamed.values():
            how = "it is read from this run on" if is_read(spec, described) else "the objects file does not name it"
            yield make(name, "added", f"is new in the org ({type_text(described)}); {how}.", False)


def _gone(
    make: Callable[[str, Kind, str, bool], SchemaChange],
    spec: ObjectSpec,
    gone: Field,
    renamed: str | None,
    is_granted: Callable[[str], bool],
) -> SchemaChange:
    read = is_read(spec, gone)
    if renamed is not None:
        mend = f"; write {renamed} in the objects file and keep its `as`" if gone.name in spec.fields else ""
        return make(gone.name, "probably renamed", f"is gone and was probably renamed to {renamed}{mend}.", read)
    empty = "; its column is empty from now on" if read else ""
    if gone.permissionable and (not gone.custom or is_granted(gone.name)):
        return make(gone.name, "hidden", f"is hidden from the log-in by field-level security{empty}.", read)
    if gone.permissionable:
        says = f"was deleted in the org, or is hidden by field-level security{empty}."
        return make(gone.name, "removed or hidden", says, read)
    if gone.custom:
        return make(gone.name, "removed", f"was deleted in the org{empty}.", read)
    says = f"is gone: the org switched off a feature or licence that brings it{empty}."
    return make(gone.name, "switched off", says, read)


def _changes_of_field(
    make: Callable[[str, Kind, str, bool], SchemaChange], spec: ObjectSpec, old: Field, new: Field
) -> Iterator[SchemaChange]:
    read, name = is_read(spec, old) or is_read(spec, new), new.name
    if old.type != new.type:
        yield make(name, "type changed", f"was {type_text(old)} and is {type_text(new)} now.", read)
    elif (old.length, old.precision, old.scale) != (new.length, new.precision, new.scale):
        narrower = new.length < old.length or new.scale < old.scale or _whole(new) < _whole(old)
        kind: Kind = "narrowed" if narrower else "widened"
        yield make(name, kind, f"was {type_text(old)} and is {type_text(new)} now.", read and narrower)
    if old.calculated != new.calculated:
        says = "is a formula or roll-up now, which moves no stamp." if new.calculated else "is no formula any more."
        yield make(name, "formula changed", says, read)
    if set(old.reference_to) != set(new.reference_to):
        was, is_now = _objects(old), _objects(new)
        yield make(name, "lookup changed", f"pointed to {was} and points to {is_now} now.", read)
    if old.label != new.label:
        yield make(name, "label changed", f"was labelled {old.label!r} and is {new.label!r} now.", False)
    added = [value for value in new.picklist if value not in old.picklist]
    if added:
        yield make(name, "picklist values added", f"has new values: {_listed(added)}.", read)
    lost = [value for value in old.picklist if value not in new.picklist]
    if lost:
        says = f"has lost values, which records may still hold: {_listed(lost)}."
        yield make(name, "picklist values removed", says, read)


def _renames(gone: list[KnownField], added: list[str], now: Description) -> dict[str, str]:
    """Which vanished field is probably which new one: same shape, and the same label, place or nearly the same name."""
    places = {name: position for position, name in enumerate(now.fields)}
    pairs = []
    for one in gone:
        for name in added:
            likeness = _likeness(one, now.fields[name], places[name])
            if likeness:
                pairs.append((-likeness, one.described.name, name))
    renamed: dict[str, str] = {}
    for _, old, new in sorted(pairs):
        if old not in renamed and new not in renamed.values():
            renamed[old] = new
    return renamed


def _likeness(gone: KnownField, new: Field, place: int) -> float:
    old = gone.described
    if not (old.custom and new.custom) or _shape(old) != _shape(new):
        return 0.0
    names = SequenceMatcher(None, old.name.lower(), new.name.lower(), autojunk=False).ratio()
    return (old.label == new.label) * 2 + (gone.position == place) + (names if names >= _ALIKE else 0.0)


def _shape(one: Field) -> tuple[object, ...]:
    return one.type, one.length, one.precision, one.scale, one.calculated, one.reference_to, one.picklist


def is_read(spec: ObjectSpec, described: Field) -> bool:
    """Whether the objects file takes the field, by name or by pattern."""
    named = described.name in spec.fields or any(fnmatchcase(described.name, pattern) for pattern in spec.also)
    return named and described.extracted


def type_text(described: Field) -> str:
    """`currency(18,2)`, `string(80)`, `reference(Account)`, `date`."""
    if described.reference_to:
        return f"{described.type}({','.join(described.reference_to)})"
    if described.type in ("double", "currency", "percent"):
        return f"{described.type}({described.precision},{described.scale})"
    return f"{described.type}({described.length})" if described.length else described.type


def _whole(described: Field) -> int:
    return described.precision - described.scale


def _objects(described: Field) -> str:
    return " or ".join(described.reference_to) or "nothing"


def _listed(values: list[str], most: int = 10) -> str:
    shown = ", ".join(repr(value) for value in values[:most])
    return shown if len(values) <= most else f"{shown} and {len(values) - most} more"


def _maker(spec: ObjectSpec) -> Callable[[str, Kind, str, bool], SchemaChange]:
    def make(name: str, kind: Kind, says: str, matters: bool) -> SchemaChange:
        return SchemaChange(spec.name, name, kind, f"{spec.name}.{name} {says}" if name else says, matters)

    return make
