"""The data dictionary of a release, from the dbt project's own descriptions: for programs, people and spreadsheets.

`dictionary.json`, `dictionary.md` and `dictionary.csv` say the same. Nothing in them depends on when or where they are
written, so equal releases have equal dictionaries.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from partnerops_pipeline.release.export import ExportedTable
from partnerops_pipeline.release.personal import TREATMENTS

_CSV_HEADER = (
    "schema", "table", "column", "position", "type", "is_key", "is_personal", "description", "tests", "table_grain",
    "table_owner",
)  # fmt: skip


def write_dictionary(folder: Path, tables: Sequence[ExportedTable], personal_data: str) -> list[Path]:
    """Write the three files into the folder and return their paths."""
    described = describe_tables(tables, personal_data)
    files = {
        "dictionary.json": json.dumps(
            {"personal_data": personal_data, "tables": described}, indent=1, ensure_ascii=False
        )
        + "\n",
        "dictionary.md": _markdown(described, personal_data),
    }
    paths = []
    for name, text in files.items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8", newline="\n")
    paths.append(folder / "dictionary.csv")
    with paths[-1].open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_CSV_HEADER)
        writer.writerows(_csv_rows(described))
    return paths


def describe_tables(tables: Sequence[ExportedTable], personal_data: str) -> list[dict[str, Any]]:
    """One plain entry per table: grain, owner, key, tests and columns with types and descriptions."""
    return [
        {
            "schema": table.entry.schema,
            "name": table.entry.name,
            "kind": table.entry.kind,
            "description": table.entry.description,
            "grain": table.entry.grain,
            "owner": table.entry.owner,
            "primary_key": list(table.entry.primary_key),
            "tests": [
                {"name": t.name, "kind": t.kind, "severity": t.severity} for t in table.entry.tests if not t.column
            ],
            "columns": [_column(table, name, column_type, personal_data) for name, column_type in table.columns],
        }
        for table in tables
    ]


def _column(table: ExportedTable, name: str, column_type: str, personal_data: str) -> dict[str, Any]:
    entry = table.entry.column(name)
    column: dict[str, Any] = {
        "name": name,
        "type": column_type,
        "description": entry.description,
        "is_personal": entry.is_personal,
        "tests": [
            {"name": t.name, "kind": t.kind, "severity": t.severity} for t in table.entry.tests if t.column == name
        ],
    }
    if entry.is_personal:
        column["shown"] = TREATMENTS[personal_data]
    return column


def _markdown(described: list[dict[str, Any]], personal_data: str) -> str:
    lines = [
        "# Data dictionary",
        "",
        f"Personal columns are {TREATMENTS[personal_data]} (`PARTNEROPS_RELEASE_PII={personal_data}`).",
        "",
    ]
    lines += [f"- [{t['schema']}.{t['name']}](#{t['schema']}{t['name']})" for t in described] + [""]
    for table in described:
        lines += [f"## {table['schema']}.{table['name']}", "", table["description"] or "No description.", ""]
        facts = [f"Key: {', '.join(f'`{c}`' for c in table['primary_key']) or 'none stated'}"]
        facts += [f"Owner: {table['owner']}"] if table["owner"] else []
        facts += [f"Checks on whole rows: {', '.join(t['kind'] for t in table['tests'])}"] if table["tests"] else []
        lines += [f"{'. '.join(facts)}.", "", "| column | type | meaning | checks |", "|---|---|---|---|"]
        for column in table["columns"]:
            meaning = column["description"] + (f" *Personal: {column['shown']}.*" if column["is_personal"] else "")
            checks = ", ".join(dict.fromkeys(t["kind"] for t in column["tests"]))
            lines.append(f"| `{column['name']}` | {column['type']} | {_cell(meaning)} | {_cell(checks)} |")
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _csv_rows(described: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (
            table["schema"], table["name"], column["name"], position, column["type"],
            _yes(column["name"] in table["primary_key"]), _yes(column["is_personal"]), column["description"],
            ", ".join(dict.fromkeys(t["kind"] for t in column["tests"])), table["grain"], table["owner"],
        )
        for table in described
        for position, column in enumerate(table["columns"], start=1)
    ]  # fmt: skip


def _yes(value: bool) -> str:
    return "yes" if value else "no"
