"""Random histories of an org and its extraction: whatever happens, after a quiet day the lake is the org.

A failing history is shrunk to the shortest that still fails and printed as a list of operations; it can be pasted into
`FOUND` to stay a test.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.salesforce.histories import operations as op
from tests.salesforce.histories.operations import Operation, histories
from tests.salesforce.histories.world import Nursery, new_world

_numbers = itertools.count(1)

DAY = op.QuietDay()
FOUND: dict[str, list[Operation]] = {
    "gone by Bulk": [DAY, op.HardDelete("Opportunity", 1), op.HardDelete("OpportunityPartner", 1)],
    "gone by REST": [DAY, op.HardDelete("PartnerRole", 1), op.Delete("Contact", 1), op.Purge("Contact")],
    "gone in a gap": [DAY, op.HardDelete("Account", 1), op.ForgetDeletions(), op.Wait(20 * 1440)],
    "formula and late row": [DAY, op.Calculate("Opportunity", 1, 7), op.Run(), op.Update("Opportunity", 2, 4, 12)],
    "changed while hidden": [DAY, op.Hide(0), op.Update("Account", 1, 4), DAY, op.Show(0)],
    "a column in no file": [op.Hide(0), DAY, op.Show(0)],
    "renamed, then deleted while out of sight": [
        op.AddField("Account", 0),
        op.HideObject(0),
        DAY,
        op.HardDelete("Contact", 1),
        op.RenameField("Account"),
        op.ShowObject(0),
    ],
    "another type": [
        op.AddField("Account", 0),
        op.Update("Account", 1, 3),
        DAY,
        op.RemoveField("Account"),
        op.AddField("Account", 1),
        op.Update("Account", 1, 4),
    ],
}
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
    max_examples=10,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
"""Twice ten histories, so that two workers share them; each takes two to three seconds."""


@seed(1)
@quick
@given(history=histories(6))
def test_after_a_quiet_day_the_lake_is_the_org(
    history: list[Operation], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    play(history, nursery, tmp_path_factory.mktemp("history", numbered=True))


@seed(2)
@quick
@given(history=histories(6))
def test_after_another_quiet_day_it_is_so_too(
    history: list[Operation], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    play(history, nursery, tmp_path_factory.mktemp("history", numbered=True))


@pytest.mark.long
@settings(quick, max_examples=300)
@given(history=histories(16))
def test_three_hundred_longer_histories(
    history: list[Operation], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Other ones every time; a failure prints the shortest history and the seed that leads to it."""
    play(history, nursery, tmp_path_factory.mktemp("history", numbered=True))


@pytest.mark.long
@pytest.mark.parametrize("history", FOUND.values(), ids=FOUND)
def test_a_history_that_failed_once_fails_no_more(history: list[Operation], nursery: Nursery, tmp_path: Path) -> None:
    play(history, nursery, tmp_path)


def test_no_kind_of_operation_is_left_out() -> None:
    assert not op.SWITCHED_OFF
