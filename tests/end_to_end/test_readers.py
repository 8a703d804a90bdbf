"""A reader in another process sees one whole release at every moment while new ones are published."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.end_to_end.house import House

READER = """
import json, sys, duckdb, pathlib
current, stop = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
seen, queries = set(), 0
while not stop.exists():
    release = current.resolve(strict=True)
    with duckdb.connect(str(release / "partner_marts.duckdb"), read_only=True) as c:
        days = c.execute("select distinct as_of from marts.mart_headline_metrics").fetchall()
        lines = c.execute("select count(*) from marts.mart_metric_lines where metric_id = 'attach_rate_count'").fetchone()[0]
        won = c.execute("select count(*) from core.fct_opportunities where is_eligible and state = 'won'").fetchone()[0]
    rows = duckdb.execute(f"select count(distinct as_of) from read_parquet('{release}/parquet/marts/mart_headline_metrics.parquet')").fetchone()[0]
    assert len(days) == 1 and rows == 1, "two days in one release"
    assert lines == won, f"a mixture: {lines} lines, {won} deals"
    assert json.loads((release / "manifest.json").read_text())["as_of"] == days[0][0].isoformat(), "manifest of another day"
    seen.add(days[0][0].isoformat()); queries += 1
print(json.dumps({"days": sorted(seen), "queries": queries}))
"""


@pytest.mark.xdist_group("second_house")
def test_a_reader_sees_no_error_and_no_mixture_during_three_runs(second_house: House, tmp_path: Path) -> None:
    second_house.build(date(2025, 2, 28))
    stop = tmp_path / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(second_house.home / "current"), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for day in (date(2024, 6, 30), date(2025, 9, 30), date(2025, 2, 28)):
            second_house.build(day)
    finally:
        stop.touch()
        out, err = reader.communicate(timeout=60)
    assert reader.returncode == 0, err
    assert '"2024-06-30"' in out and '"2025-02-28"' in out
