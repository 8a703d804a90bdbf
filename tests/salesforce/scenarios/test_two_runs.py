"""Ranked failure mode 20: two runs at once, in two processes."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.salesforce.histories.operations import Run
from tests.salesforce.histories.world import Nursery, World, new_world

PAGE = re.compile(r"GET .*/results")
READ = ("Account", "Opportunity", "OpportunityPartner")


@pytest.fixture(scope="module")
def second_nursery() -> Iterator[Nursery]:
    """Each waits for its own child, so that two runs need two."""
    made = Nursery()
    yield made
    made.close()


def told(order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a run said of each object."""
    result = json.loads(Path(order["result"]).read_text(encoding="utf-8"))
    assert result["outcome"] == "ended", result
    return {one["object"]: one for one in result["reports"]}


def test_a_second_process_says_who_reads_an_object_and_leaves_it_alone(
    tmp_path: Path, nursery: Nursery, second_nursery: Nursery
) -> None:
    """The first process is stopped in the middle of a download, and goes on when the second has ended."""
    with new_world(tmp_path / "world", nursery) as world:
        few(world)
        stopped, first = threading.Event(), [0]

        def stop(request: str) -> None:
            if PAGE.match(request) and first[0] and not stopped.is_set():
                os.kill(first[0], signal.SIGSTOP)
                stopped.set()

        world.org.org.on_request = stop
        here, there = world.order(Run()), world.order(Run())
        first[0] = nursery.start(here)
        try:
            assert stopped.wait(60), "the first run never came to a page"
            other = second_nursery.start(there)
            assert not second_nursery.was_killed()
        finally:
            os.kill(first[0], signal.SIGCONT)
        assert not nursery.was_killed()
        refused = {name: one for name, one in told(there).items() if one["state"] == "failed"}
        assert refused and other != first[0]
        for name, one in refused.items():
            sentence = f"{name} is being extracted already, by process {first[0]}. Wait for that run to end"
            assert one["message"].startswith(sentence), one["message"]
        assert {one["state"] for one in told(here).values()} <= {"ok", "failed"}
        once_each(world)


def test_two_processes_that_start_together_store_each_record_once(
    tmp_path: Path, nursery: Nursery, second_nursery: Nursery
) -> None:
    with new_world(tmp_path / "world", nursery) as world:
        few(world)
        orders = (world.order(Run()), world.order(Run()))
        nursery.start(orders[0])
        second_nursery.start(orders[1])
        assert not nursery.was_killed() and not second_nursery.was_killed()
        one, two = told(orders[0]), told(orders[1])
        for name in one:
            assert "ok" in (one[name]["state"], two[name]["state"]), (one[name], two[name])
            for said in (one[name], two[name]):
                said_so = "is being extracted already, by process" in said["message"]
                assert said["state"] == "ok" or said_so or "Another process committed" in said["message"], said
        once_each(world)


def few(world: World) -> None:
    world.specs[:] = [one for one in world.specs if one.name in READ]


def once_each(world: World) -> None:
    """The lake is the org, and no record lies there twice."""
    world.play([])
    for spec in world.specs:
        held = world.lake.table(spec.lake_table).row_count()
        assert held == world.store.count(spec.name), f"{spec.name}: a record was stored twice"
