"""dbt sources for the bound views, generated from describe: labels, types, picklist values, and where lookups lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from partnerops_pipeline.lake.columns import META
from partnerops_pipeline.salesforce.described_objects import SeenField, SeenObject
from partnerops_pipeline.salesforce.objects import ORG_IDENTITY_COLUMNS, ORG_IDENTITY_TABLE, SOURCE

HEADER = "# Generated from the org by `partnerops describe --dbt-sources`; write nothing by hand.\n"
_META_COLUMNS = {
    "_batch_id": "Which batch of an extraction brought this version.",
    "_extracted_at": "When the source was read, by its own clock (UTC).",
    "_committed_at": "When the lake learned of this version (UTC).",
    "_is_deleted": "True for a record that Salesforce no longer shows.",
    "_deleted_kind": "How it was deleted: soft, merge, hard or purge; NULL while it lives.",
}


def dbt_sources(objects: Iterable[SeenObject]) -> str:
    """YAML of one dbt source `salesforce` with a table per object of the objects file and `org_identity`.

    Equal describes give equal bytes: order is that of the objects file, nothing speaks of the time.
    """
    seen = [one for one in objects if one.spec is not None]
    tables = {one.name: one.spec.table_name for one in seen if one.spec is not None}
    source = {
        "name": SOURCE,
        "description": (
            "Views that bind puts over the lake; every version of every record that was known, columns in snake case."
        ),
        "tables": [*(_table(one, tables) for one in seen), _identity()],
    }
    body = yaml.safe_dump(
        {"version": 2, "sources": [source]}, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False
    )
    return HEADER + body


def _table(seen: SeenObject, tables: Mapping[str, str]) -> dict[str, Any]:
    assert seen.spec is not None
    if seen.described is None:
        told = f"All known versions of {seen.name} records. Not in this org, or hidden from the log-in: always empty."
    else:
        label = "" if seen.described.label == seen.name else f" ({seen.described.label})"
        told = f"All known versions of {seen.name}{label} records."
    return {
        "name": seen.spec.table_name,
        "description": _literal(told),
        "config": {"meta": {"salesforce_object": seen.name}},
        "columns": [*(_column(seen, one, tables) for one in seen.fields if one.column), *_meta_columns()],
    }


def _column(seen: SeenObject, one: SeenField, tables: Mapping[str, str]) -> dict[str, Any]:
    assert seen.spec is not None and one.column is not None
    meta: dict[str, Any] = {"salesforce_field": one.name}
    if one.described is None:
        declared = seen.spec.fields[one.name].lake_type
        return {
            "name": one.column,
            "description": "Not in this org, or hidden from the log-in: always NULL.",
            "data_type": _bound_type(declared),
            "config": {"meta": meta},
        }
    described = one.described
    told = f"{described.label}." if described.label and not described.label.endswith(".") else described.label
    meta["salesforce_type"] = described.type
    if described.reference_to:
        leads = [f"{tables[name]}.id" if name in tables else name for name in described.reference_to]
        told += f" Lookup to {' or '.join(leads)}."
        meta["references"] = [tables.get(name, name) for name in described.reference_to]
    if described.calculated:
        told += " Formula or roll-up: read again once a day, since no stamp tells of its changes."
        meta["calculated"] = True
    if described.picklist:
        meta["picklist"] = [_literal(value) for value in described.picklist]
    return {
        "name": one.column,
        "description": _literal(told),
        "data_type": _bound_type(described.lake_type),
        "config": {"meta": meta},
    }


def _meta_columns() -> list[dict[str, Any]]:
    return [
        {"name": one.name, "description": _META_COLUMNS[one.name], "data_type": _bound_type(one.type)} for one in META
    ]


def _identity() -> dict[str, Any]:
    columns = [{"name": name, "data_type": kind} for name, kind in ORG_IDENTITY_COLUMNS]
    return {
        "name": ORG_IDENTITY_TABLE.split("/")[1],
        "description": "Who the org says it is, as the extractor found it; all versions.",
        "columns": [*columns, *_meta_columns()],
    }


def _bound_type(lake_type: str) -> str:
    """Views show instants without zone, in UTC."""
    return "TIMESTAMP" if lake_type == "TIMESTAMPTZ" else lake_type


def _literal(text: str) -> str:
    """dbt renders properties as Jinja; what an administrator typed is text."""
    return f"{{% raw %}}{text}{{% endraw %}}" if any(sign in text for sign in ("{{", "{%", "{#")) else text
