"""Random histories of an org and its extraction: whatever happens, after a quiet day the lake is the org.

A failing history is shrunk to the shortest that still fails and printed as a list of operations; it can be pasted into
`FOUND` to stay a test.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.salesforce.histories import operations as op
from tests.salesforce.histories.operations import Operation, histories
from tests.salesforce.histories.world import Nursery, new_world

_numbers = itertools.count(1)

FOUND: dict[str, list[Operation]] = {}
"""Histories that failed once, by what was wrong."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


def play(history: list[Operation], nursery: Nursery, folder: Path) -> None:
    with new_world(folder / f"world-{next(_numbers)}", nursery) as world:
        world.play(history)


quick = settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@quick
@given(history=histories(9))
def test_after_a_quiet_day_the_lake_is_the_org(
    history: list[Operation], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    play(history, nursery, tmp_path_factory.mktemp("history", numbered=True))


@pytest.mark.long
@settings(quick, max_examples=300, derandomize=False)
@given(history=histories(30))
def test_three_hundred_longer_histories(
    history: list[Operation], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    play(history, nursery, tmp_path_factory.mktemp("history", numbered=True))


@pytest.mark.parametrize("history", FOUND.values(), ids=FOUND)
def test_a_history_that_failed_once_fails_no_more(history: list[Operation], nursery: Nursery, tmp_path: Path) -> None:
    play(history, nursery, tmp_path)


def test_no_kind_of_operation_is_left_out() -> None:
    assert not op.SWITCHED_OFF
