"""Connections that are handed from job to job are as good as new, and bounded."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.errors import ResourceExhausted
from partnerops_pipeline.lake.duck import open_duck


def test_a_job_finds_nothing_that_an_earlier_one_made(tmp_path: Path) -> None:
    made = (
        "CREATE TABLE kept AS SELECT 1 AS a",
        "CREATE TEMP TABLE passing AS SELECT 2 AS a",
        "CREATE VIEW seen AS SELECT 3 AS a",
        "CREATE MACRO plus_one(a) AS a + 1",
        "SET TimeZone = 'Asia/Tokyo'",
    )
    for _ in range(2):
        with open_duck(tmp_path / "spill") as connection:
            zone = connection.execute("SELECT current_setting('TimeZone')").fetchone()
            assert zone == ("UTC",)
            for statement in made:
                connection.execute(statement)


def test_a_job_that_failed_half_way_leaves_the_next_one_alone(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(duckdb.CatalogException), open_duck(tmp_path / "spill") as connection:
            connection.execute("BEGIN")
            connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
            connection.execute("SELECT * FROM nowhere")
    with open_duck(tmp_path / "spill") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS a")


def test_jobs_at_the_same_time_share_nothing(tmp_path: Path) -> None:
    def job(number: int) -> tuple[int, ...] | None:
        with open_duck(tmp_path / f"spill-{number}", threads=1 + number % 2) as connection:
            connection.execute(f"CREATE TABLE mine AS SELECT {number} AS a FROM range(1000)")
            found = connection.execute("SELECT min(a), max(a), count(*) FROM mine").fetchone()
            threads = connection.execute("SELECT current_setting('threads')").fetchone()
        assert threads == (1 + number % 2,)
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(job, range(40))) == [(number, number, 1000) for number in range(40)]


def test_each_job_has_its_own_bound_of_memory_and_its_own_folder_to_spill_to(tmp_path: Path) -> None:
    several = "SELECT count(*) FROM (SELECT DISTINCT hash(i) FROM range(3000000) t(i))"
    with open_duck(tmp_path / "first", memory="32MB") as connection:
        assert connection.execute(several).fetchone() == (3_000_000,)
        assert (tmp_path / "first").exists()
    assert not (tmp_path / "first").exists()
    with open_duck(tmp_path / "second", memory="32MB") as connection:
        assert connection.execute(several).fetchone() == (3_000_000,)
        assert (tmp_path / "second").exists()
    with pytest.raises(ResourceExhausted, match="Memory"), open_duck(tmp_path / "third", memory="8MB") as connection:
        connection.execute("SELECT string_agg(repeat('x', 1000), '') FROM range(100000)").fetchone()
    assert not any(tmp_path.iterdir())


def test_a_forked_child_uses_no_instance_of_its_parent(tmp_path: Path) -> None:
    """Threads do not survive a fork: a parent's instance would wait for them for ever."""
    with open_duck(tmp_path / "spill") as connection:
        connection.execute("SELECT count(*) FROM range(1000000)")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with open_duck(tmp_path / "spill") as connection:
                code = 0 if connection.execute("SELECT sum(i) FROM range(1000000) t(i)").fetchone() else 1
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
