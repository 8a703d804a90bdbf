"""The programme's policy outside the warehouse: the seed's default, unless the lake holds an override in force.

The models resolve it the same way, in `int_policy__current`.
"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from partnerops_pipeline.lake import duck
from partnerops_pipeline.lake.store import Lake

POLICY_TABLE = "partnerops/policy"


def policy_number(project_dir: Path, lake: Lake, name: str, as_of: date) -> int | None:
    """A whole number of the policy as it is in force on a day; None where the policy has no such entry.

    Args:
        project_dir: the dbt project, whose seed holds the defaults.
    """
    with (project_dir / "seeds" / "policy.csv").open(encoding="utf-8", newline="") as file:
        default = next((row["value"] for row in csv.DictReader(file) if row["name"] == name), None)
    files = lake.table(POLICY_TABLE).files()
    if default is None or not files:
        return None if default is None else int(default)
    until = datetime(as_of.year, as_of.month, as_of.day, 23, 59, 59, 999999, tzinfo=UTC)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"""SELECT value FROM {duck.read_parquet(files)}
                WHERE name = ? AND valid_from <= ? AND regexp_full_match(value, '[0-9]+')
                ORDER BY valid_from DESC, _committed_at DESC LIMIT 1""",
            [name, until],
        ).fetchone()
    return int(found[0]) if found else int(default)
