"""What the lake holds now, against what the org holds: row for row and value for value."""

from __future__ import annotations

from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.objects import ObjectSpec
from tests.salesforce.small_org import current_in_lake

OF_THE_READER = frozenset({"LastViewedDate", "LastReferencedDate"})
"""They belong to the user who looks, not to the record."""


def assert_lake_is_org(lake: Lake, store: OrgStore, spec: ObjectSpec, state: str = "ok", said: str = "") -> None:
    """Row for row and value for value; what the org has no more must be a tombstone that says how it went."""
    schema = store.schema.find(spec.name)
    if schema is None:
        assert state == "absent", f"{spec.name}: {state} {said}"
        return
    visible = {field.name for field in schema.visible}
    if not visible >= {name for name in spec.required_fields if name in store.schema.objects[spec.name].fields}:
        assert state == "failed", f"{spec.name}: {state} {said}"
        return
    assert state == "ok", f"{spec.name}: {state} {said}"
    columns = sorted(
        field.name
        for field in schema.visible
        if not field.is_compound
        and field.type != "base64"
        and (field.name in spec.fields or any(fnmatchcase(field.name, pattern) for pattern in spec.also))
        and field.name not in OF_THE_READER
    )
    truth = {record["Id"]: record for record in store.records(spec.name)}
    held = current_in_lake(lake, spec)
    missing = sorted(set(truth) - set(held))
    assert not missing, f"{spec.name}: not in the lake: {missing}"
    for key, record in truth.items():
        theirs = {name: record[name] for name in columns}
        ours = {name: held[key].get(name) for name in columns}
        wrong = {name: (ours[name], theirs[name]) for name in columns if not same(ours[name], theirs[name])}
        assert not wrong, f"{spec.name} {key}: (lake, org) {wrong}"
        deleted = bool(record.get("IsDeleted"))
        assert held[key]["_is_deleted"] is deleted, f"{spec.name} {key}: deleted is {deleted} in the org"
        kind = None if not deleted else "merge" if record.get("MasterRecordId") else "soft"
        assert held[key]["_deleted_kind"] == kind, f"{spec.name} {key}: {held[key]['_deleted_kind']}, not {kind}"
    for key in sorted(set(held) - set(truth)):
        assert held[key]["_is_deleted"] is True, f"{spec.name} {key}: gone from the org, alive in the lake"
        assert held[key]["_deleted_kind"], f"{spec.name} {key}: a tombstone without kind"


def same(ours: Any, theirs: Any) -> bool:
    """Equal; or the same as text, where a field that was text once has become something else."""
    if isinstance(ours, str) and theirs is not None and not isinstance(theirs, str):
        return ours.lower() == (format(theirs, "f") if isinstance(theirs, Decimal) else str(theirs)).lower()
    return bool(ours == theirs)
