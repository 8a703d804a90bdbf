"""What dlt's Salesforce source and dlt's core do with one query, written anew from what is known of them.

This is a re-creation, not dlt: it knows nothing of state, packages, retries and threads, which cost more on top. It
keeps the steps that touch every record: Bulk API 1.0 answers in JSON, taken as one list; epoch milliseconds into
moments; a line of JSON per record (extract); snake-case names, two further columns, a type inferred for every value
and the value brought to its column's type (normalize); then one of two loaders: the default one writes INSERT … VALUES,
the other Parquet. The default for DuckDB is INSERT … VALUES: "preferred loader file format: insert_values" in
https://dlthub.com/docs/destinations/duckdb (1.32), so it is what `dlt.pipeline(destination="duckdb")` does unless told
otherwise. With dlt 1.31 itself 40,000 records of 30 columns took 36 s of CPU (default) and 4.7 s (Parquet).
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

ROWS_PER_STATEMENT = 2_000
"""Kinder than dlt, which sends up to 16 MB in one statement: DuckDB's cost of a long VALUES list grows faster than the
list. In statements of this length 10,000, 20,000 and 40,000 records cost the same each (0.67, 0.64 and 0.66 ms)."""
MOMENTS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_SQL_TYPES = {"text": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN", "date": "DATE"}


def load(url: str, folder: Path, *, parquet: bool) -> int:
    """Fetch the answer, and bring it through extract, normalize and load; returns the rows in the warehouse."""
    extracted = folder / "extracted.jsonl"
    _extract(_records(url), extracted)
    schema: dict[str, str] = {}
    rows = list(_normalize(extracted, schema))
    return (_load_parquet if parquet else _load_statements)(rows, schema, folder)


def _records(url: str) -> Iterator[dict[str, Any]]:
    import requests

    for record in requests.get(url, timeout=600).json():  # the client holds a whole batch as one list
        record.pop("attributes", None)
        for name in MOMENTS:
            record[name] = datetime.fromtimestamp(record[name] / 1000, UTC).isoformat()
        yield record


def _extract(records: Iterable[dict[str, Any]], target: Path) -> None:
    with target.open("w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(record, separators=(",", ":")) + "\n")


def _normalize(extracted: Path, schema: dict[str, str]) -> Iterator[dict[str, Any]]:
    load_id = str(time.time())
    names: dict[str, str] = {}
    with extracted.open(encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = {}
            for name, value in json.loads(line).items():
                column = names.get(name) or names.setdefault(name, _snake(name))
                if value is None:
                    continue
                kind, value = _typed(value)
                known = schema.setdefault(column, kind)
                row[column] = value if known == kind else _coerced(value, known)
            row["_dlt_load_id"] = load_id
            row["_dlt_id"] = base64.b64encode(hashlib.shake_128(os.urandom(16)).digest(10)).decode()
            schema.setdefault("_dlt_load_id", "text"), schema.setdefault("_dlt_id", "text")
            yield row


def _snake(name: str) -> str:
    return re.sub(r"__+", "__", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower()


def _typed(value: Any) -> tuple[str, Any]:
    """The type that a value shows, texts that look like moments and days among them."""
    if isinstance(value, bool):
        return "bool", value
    if isinstance(value, int):
        return "bigint", value
    if isinstance(value, float):
        return "double", value
    if _MOMENT.match(value):
        return "timestamp", datetime.fromisoformat(value)
    if _DAY.match(value):
        return "date", date.fromisoformat(value)
    return "text", value


def _coerced(value: Any, kind: str) -> Any:
    if kind == "double":
        return float(value)
    if kind == "bigint" and float(value).is_integer():
        return int(value)
    return str(value)


def _load_statements(rows: list[dict[str, Any]], schema: dict[str, str], folder: Path) -> int:
    import duckdb

    statements = []
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        values = ",\n".join(
            f"({','.join(_literal(row.get(column)) for column in schema)})"
            for row in rows[start : start + ROWS_PER_STATEMENT]
        )
        statements.append(folder / f"load-{start}.sql")
        statements[-1].write_text(f"INSERT INTO opportunity ({','.join(schema)}) VALUES\n{values}", encoding="utf-8")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        _create(connection, schema)
        for statement in statements:
            connection.execute(statement.read_text(encoding="utf-8"))
        return _count(connection)


def _load_parquet(rows: list[dict[str, Any]], schema: dict[str, str], folder: Path) -> int:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as parquet

    columns = {name: [row.get(name) for row in rows] for name in schema}
    parquet.write_table(pa.table(columns), folder / "load.parquet")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        _create(connection, schema)
        connection.execute(f"INSERT INTO opportunity BY NAME SELECT * FROM read_parquet('{folder / 'load.parquet'}')")
        return _count(connection)


def _create(connection: Any, schema: dict[str, str]) -> None:
    typed = ", ".join(f"{name} {_SQL_TYPES.get(kind, 'TIMESTAMPTZ')}" for name, kind in schema.items())
    connection.execute(f"CREATE TABLE opportunity ({typed})")


def _count(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM opportunity").fetchone()[0])


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return "E'" + str(value).replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"


def write_answer(page: Path, columns: tuple[str, ...], kinds: dict[str, str], rows: int, target: Path) -> None:
    """The first rows of a page of Bulk API 2.0 as Bulk API 1.0 answers them: numbers as numbers, moments as epoch
    milliseconds, `attributes` on each."""
    records = []
    with page.open(encoding="utf-8", newline="") as text:
        for row in islice(csv.DictReader(text), rows):
            record: dict[str, Any] = {
                "attributes": {"type": "Opportunity", "url": f"/sobjects/Opportunity/{row['Id']}"}
            }
            records.append(record | {name: _as_json(row[name], kinds[name]) for name in columns})
    target.write_text(json.dumps(records), encoding="utf-8")


def _as_json(text: str, kind: str) -> Any:
    if text == "":
        return None
    if kind == "BOOLEAN":
        return text == "true"
    if kind == "TIMESTAMPTZ":
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    if kind == "BIGINT":
        return int(text)
    return float(text) if kind.startswith("DECIMAL") else text
