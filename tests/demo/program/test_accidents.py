from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.accidents import DEAL, PARTNER_DEAL
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.simulate import simulate

from .mishaps import ALL, seen


def test_every_accident_happens_in_the_demo(demo_log: EventLog) -> None:
    assert set(seen(demo_log)) == ALL


@pytest.mark.parametrize("seed", [1, pytest.param(20260630, marks=pytest.mark.long)])
def test_every_accident_happens_with_other_seeds(seed: int) -> None:
    assert set(seen(simulate(seed, 500))) == ALL


def test_nine_in_ten_accidents_happen_with_fifty_partners(small_log: EventLog) -> None:
    assert len(seen(small_log)) >= 0.88 * len(ALL)


def test_accidents_stay_rare(demo_log: EventLog) -> None:
    found = seen(demo_log)
    deals = 8_000
    assert found["imported"] < 0.04 * deals
    assert found["deleted opportunity"] < 0.015 * deals
    assert found["reopened"] == 0  # no such name: a misspelt one would look rare too
    assert sum(DEAL.values()) < 0.25
    assert sum(PARTNER_DEAL.values()) < 0.27
