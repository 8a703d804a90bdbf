"""Nothing in the engine trusts this machine's own clock: windows, days, log-ins and versions go by Salesforce's."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from partnerops_pipeline.settings import PROJECT_ROOT
from tests.salesforce.histories import operations as op
from tests.salesforce.histories.world import Nursery, new_world

TEN_YEARS = 10 * 365 * 86_400.0
ASKED_FOR_THE_TIME = frozenset({"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime", "ctime"})
"""Names of `time`, `datetime` and `date` that tell what time it is here; `sleep` and `monotonic` do not."""
IN_SQL = ("now()", "current_timestamp", "current_date", "today()", "get_current_", "localtimestamp", "datetime('now")
MAY_ASK = {
    "lake/store.py": "the moment of a commit, which never runs back: `LakeTable` puts it after the last one",
    "lake/log.py": "when a file was dropped, which Delta's protocol wants and nothing of ours reads",
    "lake/place.py": "how old the files are that a vacuum may remove, by the same clock that dated them",
}
"""Modules that may, and what for; none of them is in `salesforce/`."""


def questions_for_the_time(source: str) -> list[str]:
    """Where a module asks this machine what time it is, or has DuckDB or SQLite ask."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in ASKED_FOR_THE_TIME and isinstance(node.value, ast.Name):
            if node.value.id in ("time", "datetime", "date", "dt"):
                found.append(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            found += [f"from time import {one.name}" for one in node.names if one.name in ASKED_FOR_THE_TIME]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [f"SQL {one}" for one in IN_SQL if one in node.value.lower()]
    return found


def test_no_module_of_the_engine_asks_this_machine_for_the_time() -> None:
    product = PROJECT_ROOT / "partnerops_pipeline"
    asking = {
        str(file.relative_to(product)): found
        for room in ("salesforce", "lake")
        for file in sorted((product / room).rglob("*.py"))
        if (found := questions_for_the_time(file.read_text(encoding="utf-8")))
    }
    assert set(asking) == set(MAY_ASK), asking


@pytest.mark.parametrize(
    "asks",
    ["time.time()", "datetime.now(UTC)", "date.today()", "from time import time", "run('SELECT now()')"],
)
def test_a_module_that_asks_would_be_found(asks: str) -> None:
    assert questions_for_the_time(asks)


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param([TEN_YEARS, -TEN_YEARS], id="jumps"),
        pytest.param([TEN_YEARS], id="ahead", marks=pytest.mark.long),
        pytest.param([-TEN_YEARS], id="behind", marks=pytest.mark.long),
    ],
)
def test_a_process_whose_clock_is_wrong_reads_the_same(tmp_path: Path, nursery: Nursery, clock: list[float]) -> None:
    """Two versions of one stamp are told apart by the moment of their commit: the formula that moved must win."""
    read = ("Account", "Opportunity", "OpportunityPartner")
    with new_world(tmp_path / "world", nursery) as world:
        world.specs[:] = [one for one in world.specs if one.name in read]
        world.wrong_clock = clock
        world.play([])
        world.wrong_clock = [-one for one in clock]
        world.play(
            [
                op.Calculate("Opportunity", 1, 41),
                op.Update("Opportunity", 3, 7, 12),
                op.Delete("Opportunity", 2),
                op.HardDelete("OpportunityPartner", 1),
                op.HardDelete("Account", 2),
            ]
        )
        world.wrong_clock = clock
        world.play([op.Calculate("Opportunity", 1, 42), op.Undelete("Opportunity", 1)])
