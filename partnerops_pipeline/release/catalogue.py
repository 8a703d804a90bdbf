"""What dbt's manifest says about the tables that a release holds: grain, key, owner, columns, tests.

The manifest (``target/manifest.json``, schema v12 of dbt-core 1.11) is read as plain JSON: dbt itself is not imported.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partnerops_pipeline.errors import ConfigurationError

PUBLISHED_SCHEMAS = ("core", "marts", "quality", "meta")
"""The schemas that readers get; staging and intermediate stay in the warehouse."""

_KEY_TESTS = ("unique_combination", "unique_combination_of_columns")


@dataclass(frozen=True)
class ColumnEntry:
    """One column as the dbt project describes it; its type comes from the warehouse."""

    name: str
    description: str = ""
    is_personal: bool = False


@dataclass(frozen=True)
class TestEntry:
    """One dbt test on a table (``column`` is empty where it speaks of the whole row)."""

    __test__ = False  # pytest must not take this for a test class

    name: str
    kind: str
    column: str
    severity: str


@dataclass(frozen=True)
class TableEntry:
    """One model or seed of a published schema.

    ``primary_key`` is empty where the project names none; ``key_is_tested`` says whether a test proves it unique, which
    decides whether sorting by it alone makes the rows' order certain.
    """

    unique_id: str
    schema: str
    name: str
    kind: str
    description: str
    grain: str
    owner: str
    primary_key: tuple[str, ...]
    key_is_tested: bool
    columns: tuple[ColumnEntry, ...]
    tests: tuple[TestEntry, ...]

    @property
    def path(self) -> str:
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> ColumnEntry:
        """The column's entry; an empty one where the project does not describe it."""
        return next((c for c in self.columns if c.name == name), ColumnEntry(name))


def read_manifest(path: Path) -> dict[str, Any]:
    """dbt's manifest as plain data.

    Raises:
        ConfigurationError: the file is missing or is not a manifest.
    """
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(manifest["nodes"], dict):
            raise TypeError
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no dbt manifest at {path}.", "Build the models first: partnerops run."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(f"{path} is not a dbt manifest.", "Delete it and run again: partnerops run.") from None
    return manifest


def published_tables(manifest: dict[str, Any]) -> list[TableEntry]:
    """The models and seeds of the published schemas, sorted by schema and name."""
    tests = _tests_by_node(manifest)
    owners = {uid.split(".")[-1]: _owner_name(group) for uid, group in manifest.get("groups", {}).items()}
    entries = [
        _entry(node, tests.get(uid, []), owners)
        for uid, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
        and node["schema"] in PUBLISHED_SCHEMAS
        and node.get("config", {}).get("materialized") != "ephemeral"
    ]
    return sorted(entries, key=lambda entry: (entry.schema, entry.name))


def _entry(node: dict[str, Any], tests: list[dict[str, Any]], owners: dict[str, str]) -> TableEntry:
    description = " ".join(str(node.get("description") or "").split())
    primary_key, is_tested = _primary_key(node, tests)
    return TableEntry(
        unique_id=node["unique_id"],
        schema=node["schema"],
        name=node.get("alias") or node["name"],
        kind=node["resource_type"],
        description=description,
        grain=_grain(description),
        owner=owners.get(str(node.get("group") or node.get("config", {}).get("group") or ""), ""),
        primary_key=primary_key,
        key_is_tested=is_tested,
        columns=tuple(
            ColumnEntry(name, " ".join(str(column.get("description") or "").split()), bool(_meta(column).get("pii")))
            for name, column in node.get("columns", {}).items()
        ),
        tests=tuple(sorted((_test_entry(test) for test in tests), key=lambda t: (t.column, t.kind, t.name))),
    )


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    """dbt 1.10 moved `meta` under `config`; both places are read, the newer one wins."""
    return {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}


def _grain(description: str) -> str:
    """The last sentence that begins with "One row per"; empty where the description has none."""
    start = description.rfind("One row per")
    return description[start:] if start >= 0 else ""


def _owner_name(group: dict[str, Any]) -> str:
    owner = group.get("owner") or {}
    return str(owner.get("name") or owner.get("email") or group.get("name") or "")


def _tests_by_node(manifest: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test":
            attached = node.get("attached_node")
            for uid in [attached] if attached else node.get("depends_on", {}).get("nodes", []):
                found.setdefault(uid, []).append(node)
    return found


def _test_entry(test: dict[str, Any]) -> TestEntry:
    kind = (test.get("test_metadata") or {}).get("name") or "singular"
    severity = str((test.get("config") or {}).get("severity") or "error").lower()
    return TestEntry(test["name"], kind, str(test.get("column_name") or ""), severity)


def _primary_key(node: dict[str, Any], tests: list[dict[str, Any]]) -> tuple[tuple[str, ...], bool]:
    """`meta.primary_key` where given, else the first key that a test proves; and whether a test proves it."""
    proven = [key for test in tests if (key := _proven_key(test))]
    declared = _meta(node).get("primary_key")
    if declared:
        key = (declared,) if isinstance(declared, str) else tuple(declared)
        return key, set(key) in [set(columns) for columns in proven]
    if not proven:
        return (), False
    return min(proven, key=lambda columns: (len(columns), columns)), True


def _proven_key(test: dict[str, Any]) -> tuple[str, ...]:
    metadata = test.get("test_metadata") or {}
    arguments = metadata.get("kwargs") or {}
    config = test.get("config") or {}
    if config.get("where") or str(config.get("severity") or "error").lower() != "error":
        return ()
    if metadata.get("name") == "unique" and test.get("column_name"):
        return (str(test["column_name"]),)
    if metadata.get("name") in _KEY_TESTS:
        lists = [value for name, value in sorted(arguments.items()) if isinstance(value, list) and name != "model"]
        return tuple(str(column) for column in lists[0]) if lists else ()
    return ()
