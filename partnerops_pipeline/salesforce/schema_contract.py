"""The schema as a contract: what describe said last is kept in the lake, and every run is held against it.

`partnerops/salesforce_schema` has a version per object (field "") and field whenever something of it changed, so that
a number can be traced to the schema that it was read with. It is written at the end of a run: a process that dies
before finds the same changes again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from partnerops_pipeline.errors import PartneropsError
from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.columns import Column
from partnerops_pipeline.lake.errors import AnotherWriterCommitted
from partnerops_pipeline.lake.log import from_micros
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.describe import Description, Field
from partnerops_pipeline.salesforce.errors import MissingObject, ends_the_run
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.schema_changes import KnownField, KnownObject, SchemaChange, compare

SCHEMA_TABLE = "partnerops/salesforce_schema"
SCHEMA_COLUMNS: tuple[Column, ...] = (
    Column("object", "VARCHAR"),
    Column("field", "VARCHAR"),
    Column("is_visible", "BOOLEAN"),
    Column("label", "VARCHAR"),
    Column("type", "VARCHAR"),
    Column("length", "BIGINT"),
    Column("precision", "BIGINT"),
    Column("scale", "BIGINT"),
    Column("calculated", "BOOLEAN"),
    Column("nillable", "BOOLEAN"),
    Column("custom", "BOOLEAN"),
    Column("permissionable", "BOOLEAN"),
    Column("reference_to", "VARCHAR"),
    Column("picklist", "VARCHAR"),
    Column("position", "BIGINT"),
    Column("described_at", "TIMESTAMPTZ"),
)
_MOMENT = "described_at"
_NO_CHANGE = ("position", _MOMENT)
"""A field that moves down because another came before it is the same field."""
_TRIES = 5


@dataclass(frozen=True)
class SchemaWatch:
    """What one run found: the changes by object, and what the lake is to know after it."""

    changes: Mapping[str, tuple[SchemaChange, ...]]
    rows: tuple[Mapping[str, Any], ...]

    def of(self, object_name: str) -> tuple[SchemaChange, ...]:
        return self.changes.get(object_name, ())


def compare_with_last(org: Org, specs: Iterable[ObjectSpec], lake: Lake) -> SchemaWatch:
    """Hold each object's describe against the last known one.

    Costs no call where the objects are described already, but one for each custom field that vanished.

    An object that cannot be described just now is left out: its own extraction says why.

    Raises:
        WrongCredentials, Unreachable, QuotaSpent: no object can be described.
    """
    last = read_schema(lake)
    changes: dict[str, tuple[SchemaChange, ...]] = {}
    rows: list[Mapping[str, Any]] = []
    for spec in specs:
        try:
            now: Description | None = org.describe(spec.name)
        except MissingObject:
            now = None
        except PartneropsError as error:
            if ends_the_run(error):
                raise
            continue
        changes[spec.name] = compare(spec, last.get(spec.name), now, partial(_is_granted, org, spec.name))
        rows.extend(_rows(spec.name, last.get(spec.name), now, org.session.server_time))
    return SchemaWatch(changes, tuple(rows))


def _is_granted(org: Org, object_name: str, field: str) -> bool:
    """Whether a permission set or profile grants access to the field; False where the log-in may not see permissions.

    Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/
    sforce_api_objects_fieldpermissions.htm (needs View Setup and Configuration; rows exist for granted access only).
    """
    soql = (
        "SELECT Field FROM FieldPermissions "
        f"WHERE SobjectType = '{object_name}' AND Field = '{object_name}.{field}' LIMIT 1"
    )
    path = org.path(f"query?q={quote(soql, safe='')}")
    try:
        return bool(org.get_json(path, doing=f"asking who may see {object_name}.{field}", soql=soql).get("records"))
    except PartneropsError as error:
        if ends_the_run(error):
            raise
        return False


def keep_schema(lake: Lake, watch: SchemaWatch, batch_id: str, described_at: datetime) -> None:
    """Append what is new or different.

    Raises:
        AnotherWriterCommitted: other runs kept coming between, five times.
    """
    if not watch.rows:
        return
    for left in reversed(range(_TRIES)):
        try:
            lake.table(SCHEMA_TABLE).append_rows(
                watch.rows,
                columns=SCHEMA_COLUMNS,
                key=["object", "field"],
                batch_id=batch_id,
                extracted_at=described_at,
                compare_ignore=_NO_CHANGE,
            )
            return
        except AnotherWriterCommitted:
            if not left:
                raise


def read_schema(lake: Lake) -> dict[str, KnownObject]:
    """The last known state of every object that was ever described."""
    table = lake.table(SCHEMA_TABLE)
    files = table.files()
    if not files:
        return {}
    names = [column.name for column in SCHEMA_COLUMNS]
    # The newest of each field is chosen here and moments come as numbers: a window function over so few rows and the
    # import of the time zones take 10 ms of CPU in every run.
    values = ", ".join(f"epoch_us({_MOMENT})" if name == _MOMENT else duck.name(name) for name in names)
    with duck.open_duck(table.folder / ".scratch-read", threads=1) as connection:
        found = connection.execute(
            f"SELECT {values} FROM {duck.read_parquet(files)} ORDER BY _committed_at, _batch_id"
        ).fetchall()
    rows = [dict(zip(names, one, strict=True)) for one in found]
    newest = {(row["object"], row["field"]): {**row, _MOMENT: from_micros(row[_MOMENT])} for row in rows}
    by_object: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(newest.values(), key=lambda row: (row["object"], row["position"], row["field"])):
        by_object.setdefault(row["object"], []).append(row)
    return {name: _known_object(name, rows) for name, rows in by_object.items()}


def _known_object(name: str, rows: list[dict[str, Any]]) -> KnownObject:
    own = next(row for row in rows if row["field"] == "")
    fields = {row["field"]: _known_field(row) for row in rows if row["field"] != ""}
    return KnownObject(name, own["label"], own["is_visible"], own[_MOMENT], fields)


def _known_field(row: dict[str, Any]) -> KnownField:
    described = Field(
        name=row["field"],
        type=row["type"],
        precision=row["precision"],
        scale=row["scale"],
        length=row["length"],
        label=row["label"],
        calculated=row["calculated"],
        nillable=row["nillable"],
        custom=row["custom"],
        permissionable=row["permissionable"],
        reference_to=tuple(json.loads(row["reference_to"])),
        picklist=tuple(json.loads(row["picklist"])),
    )
    return KnownField(described, row["position"], row["is_visible"], row[_MOMENT])


def _rows(name: str, known: KnownObject | None, now: Description | None, at: datetime) -> Iterator[Mapping[str, Any]]:
    """What differs from the last known state; nothing is compared twice in the lake where nothing changed."""
    label = now.label if now else known.label if known else name
    if known is None or (known.visible, known.label) != (now is not None, label):
        yield {
            "object": name,
            "field": "",
            "is_visible": now is not None,
            "label": label,
            "position": -1,
            "described_at": at,
        }
    if now is None:
        return
    before = known.fields if known else {}
    for position, described in enumerate(now.fields.values()):
        row = _field_row(name, described, position, True, at)
        if described.name not in before or _differ(row, name, before[described.name]):
            yield row
    for one in before.values():
        if one.visible and one.described.name not in now:
            yield _field_row(name, one.described, one.position, False, at)


def _differ(row: Mapping[str, Any], name: str, known: KnownField) -> bool:
    last = _field_row(name, known.described, known.position, known.visible, known.since)
    return any(row[column] != last[column] for column in last if column not in _NO_CHANGE)


def _field_row(name: str, described: Field, position: int, visible: bool, at: datetime) -> Mapping[str, Any]:
    return {
        "object": name,
        "field": described.name,
        "is_visible": visible,
        "label": described.label,
        "type": described.type,
        "length": described.length,
        "precision": described.precision,
        "scale": described.scale,
        "calculated": described.calculated,
        "nillable": described.nillable,
        "custom": described.custom,
        "permissionable": described.permissionable,
        "reference_to": json.dumps(described.reference_to),
        "picklist": json.dumps(described.picklist, ensure_ascii=False),
        "position": position,
        "described_at": at,
    }
