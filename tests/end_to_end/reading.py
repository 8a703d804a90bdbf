"""A BI tool of sorts: queries `current` in a loop until a file appears, and fails on any error or mixture.

Usage: python reading.py CURRENT STOP_FILE
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb


def read_once(current: Path) -> str:
    """One look at the release that `current` points to at this moment; returns its day."""
    release = current.resolve(strict=True)
    with duckdb.connect(str(release / "partner_marts.duckdb"), read_only=True) as connection:

        def one(sql: str) -> int:
            return connection.execute(sql).fetchall()[0][0]

        days = connection.execute("select distinct as_of from marts.mart_headline_metrics").fetchall()
        lines = one("select count(*) from marts.mart_metric_lines where metric_id = 'attach_rate_count'")
        won = one("select count(*) from core.fct_opportunities where is_eligible and state = 'won'")
    parquet = release / "parquet" / "marts" / "mart_headline_metrics.parquet"
    in_parquet = duckdb.execute(f"select distinct as_of from read_parquet('{parquet}')").fetchall()
    assert len(days) == 1 and in_parquet == days, f"two days in one release: {days}, {in_parquet}"
    assert lines == won, f"a mixture: {lines} lines, {won} won deals"
    day = days[0][0].isoformat()
    assert json.loads((release / "manifest.json").read_text())["as_of"] == day, "the manifest of another day"
    return day


def main(current: Path, stop: Path) -> None:
    seen: list[str] = []
    while not stop.exists():
        seen.append(read_once(current))
        time.sleep(0.1)  # a reader without a pause takes one of two cores from the runs that it watches
    print(json.dumps({"days": sorted(set(seen)), "queries": len(seen)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
