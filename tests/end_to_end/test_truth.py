"""Every headline number, at every grain and dimension, equals the truth that is computed from the event log alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.truth import headline_metrics
from tests.end_to_end.against_truth import compare_gaps, compare_numbers
from tests.end_to_end.conftest import ServedOrg
from tests.end_to_end.house import House


def test_every_number_of_the_shared_demo_equals_the_truth(built_house: House, built_log: EventLog) -> None:
    assert compare_numbers(built_house, built_log, built_log.ends) > 1000


@pytest.mark.long
@pytest.mark.xdist_group("second_house")
def test_another_seed_on_another_day_equals_the_truth_of_a_moved_event(
    second_house: House, second_org: ServedOrg
) -> None:
    """The amount of one won deal has grown by 1,000 in the log and, by a change in the org, in the CRM."""
    as_of = date(2025, 2, 28)
    unmoved = headline_metrics(second_org.log, as_of)
    changed = second_org.move_one_amount(as_of, Decimal(1000))
    assert headline_metrics(second_org.log, as_of) != unmoved, f"moving {changed} moved no truth"
    second_house.build(as_of)
    assert compare_numbers(second_house, second_org.log, as_of) > 500
    assert compare_gaps(second_house, second_org.log, as_of, second_org.log.ends)


@pytest.mark.long
@pytest.mark.xdist_group("second_house")
def test_moving_one_event_between_two_runs_moves_truth_and_mart_alike(
    second_house: House, second_org: ServedOrg
) -> None:
    as_of = date(2025, 2, 28)
    second_house.build(as_of)
    before = second_house.query("select * from marts.mart_headline_metrics")
    changed = second_org.move_one_amount(as_of, Decimal(1000))
    second_house.build(as_of)
    assert compare_numbers(second_house, second_org.log, as_of) > 500
    assert second_house.query("select * from marts.mart_headline_metrics") != before, f"moving {changed} moved nothing"


@pytest.mark.long
@pytest.mark.parametrize("seed", [3, 11, 2026])
@pytest.mark.parametrize("as_of", [date(2024, 2, 29), date(2026, 6, 30)], ids=str)
def test_three_seeds_and_two_days_equal_the_truth(seed: int, as_of: date, make_house: Any) -> None:
    house, log = make_house(seed=seed, partners=150)
    house.build(as_of)
    assert compare_numbers(house, log, as_of) > 500
    assert compare_gaps(house, log, as_of, log.ends)
