"""Every headline number, at every grain and dimension, equals the truth that is computed from the event log alone."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.truth import credits, headline_metrics, opportunities
from tests.end_to_end.conftest import ServedOrg
from tests.end_to_end.house import House

KEY = ("metric_id", "period_grain", "period_start", "dimension", "dimension_value")


def by_key(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    keyed = {tuple(row[name] for name in KEY): row for row in rows}
    assert len(keyed) == len(rows), "two rows share a key"
    return keyed


def differences(found: dict[Any, dict[str, Any]], expected: dict[Any, dict[str, Any]]) -> list[str]:
    out = [f"missing {key}" for key in sorted(expected.keys() - found.keys(), key=str)]
    out += [f"too much {key}" for key in sorted(found.keys() - expected.keys(), key=str)]
    for key in sorted(expected.keys() & found.keys(), key=str):
        for name, value in expected[key].items():
            if found[key][name] != value:
                out.append(f"{key}: {name} is {found[key][name]!r}, the truth is {value!r}")
    return out


def compare(house: House, log: EventLog, as_of: date) -> int:
    """Compare every headline row, every deal and every credit; return how many headline rows there are."""
    found = by_key(house.query("select * from marts.mart_headline_metrics"))
    expected = by_key([asdict(row) for row in headline_metrics(log, as_of)])
    wrong = differences(found, expected)
    assert not wrong, f"{len(wrong)} differences, first: " + "\n".join(wrong[:15])

    deals = {row["opportunity_id"]: row for row in house.query("select * from core.fct_opportunities")}
    truth = opportunities(log, as_of)
    assert deals.keys() == truth.keys()
    wrong = []
    for key, deal in truth.items():
        for name in ("state", "is_eligible", "ineligible_reason", "is_attached", "bucket", "sourced_rule"):
            if deals[key][name] != getattr(deal, name):
                wrong.append(f"{key}: {name} is {deals[key][name]!r}, the truth is {getattr(deal, name)!r}")
    assert not wrong, f"{len(wrong)} differences, first: " + "\n".join(wrong[:15])

    weights = {(c.opportunity_id, c.partner_id, c.model): (c.weight, c.amount) for c in credits(log, as_of)}
    bridge = house.query("select * from core.bridge_opportunity_partner_credit")
    assert {
        (r["opportunity_id"], r["partner_id"], r["credit_model"]): (r["weight"], r["amount"]) for r in bridge
    } == weights
    return len(found)


def test_every_number_of_the_shared_demo_equals_the_truth(built_house: House, built_log: EventLog) -> None:
    assert compare(built_house, built_log, built_log.ends) > 1000


@pytest.mark.xdist_group("second_house")
def test_another_seed_on_another_day_equals_the_truth_and_moving_one_event_moves_both(
    second_house: House, second_org: ServedOrg
) -> None:
    """Then the amount of one won deal grows by 1,000 in the log and, by a change in the org, in the CRM."""
    as_of = date(2025, 2, 28)
    second_house.build(as_of)
    assert compare(second_house, second_org.log, as_of) > 500
    before = second_house.query("select * from marts.mart_headline_metrics")
    changed = second_org.move_one_amount(as_of, Decimal(1000))
    second_house.build(as_of)
    assert compare(second_house, second_org.log, as_of) > 500
    assert second_house.query("select * from marts.mart_headline_metrics") != before, f"moving {changed} moved nothing"


@pytest.mark.long
@pytest.mark.parametrize("seed", [3, 11, 2026])
@pytest.mark.parametrize("as_of", [date(2024, 2, 29), date(2026, 6, 30)], ids=str)
def test_three_seeds_and_two_days_equal_the_truth(seed: int, as_of: date, make_house: Any) -> None:
    house, log = make_house(seed=seed, partners=150)
    house.build(as_of)
    assert compare(house, log, as_of) > 500
