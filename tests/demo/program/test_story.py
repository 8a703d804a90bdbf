"""The programme tells a story that a partner manager would believe; the figures are the truth's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest

from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.truth import OpportunityTruth, opportunities


@pytest.fixture(scope="module")
def deals(demo_log: EventLog) -> list[OpportunityTruth]:
    return [deal for deal in opportunities(demo_log, demo_log.ends).values() if deal.is_eligible]


def _share(part: Iterable[OpportunityTruth], whole: Iterable[OpportunityTruth]) -> float:
    return float(_sum(part) / _sum(whole))


def _sum(deals: Iterable[OpportunityTruth]) -> Decimal:
    return sum((deal.amount_corporate or Decimal(0) for deal in deals), Decimal(0))


def test_partners_are_on_two_wins_in_five_and_source_more_than_they_influence(deals: list[OpportunityTruth]) -> None:
    won = [d for d in deals if d.state == "won"]
    assert 0.36 < sum(d.is_attached for d in won) / len(won) < 0.48
    assert 0.22 < _share((d for d in won if d.bucket == "sourced"), won) < 0.36
    assert 0.11 < _share((d for d in won if d.bucket == "influenced"), won) < 0.22


def test_deals_with_a_partner_are_larger_and_are_won_more_often(deals: list[OpportunityTruth]) -> None:
    rate, size = {}, {}
    for attached in (True, False):
        decided = [
            d
            for d in deals
            if d.is_attached is attached and d.state in ("won", "lost") and d.opportunity_type != "renewal"
        ]
        won = [d for d in decided if d.state == "won"]
        rate[attached], size[attached] = len(won) / len(decided), _sum(won) / len(won)
    assert 0.29 < rate[True] < 0.37
    assert 0.19 < rate[False] < 0.25
    assert size[True] > size[False] * Decimal("1.05")


def test_more_is_closed_in_the_last_ten_days_of_a_quarter(deals: list[OpportunityTruth]) -> None:
    closes = [d.decided_date for d in deals if d.state == "won" and d.decided_date is not None]
    late = [day for day in closes if day.month % 3 == 0 and day.day > (20 if day.month in (6, 9) else 21)]
    assert len(late) / len(closes) > 0.35  # without a rush it would be 0.11


def test_every_rule_region_and_band_has_deals(deals: list[OpportunityTruth]) -> None:
    assert {d.sourced_rule for d in deals} == {"deal_registration", "partner_lead", "lead_source", None}
    assert {d.account_region for d in deals} == {"na", "latam", "emea", "apac", "unknown"}
    assert len({d.size_band for d in deals}) == 5
    assert {d.opportunity_type for d in deals} == {"new_business", "expansion", "renewal", "unknown"}
    assert {d.state for d in deals} >= {"won", "lost", "open", "neither"}


def test_the_programme_grows_on_its_partners(demo_log: EventLog) -> None:
    def attached(as_of: date) -> float:
        won = [
            d
            for d in opportunities(demo_log, as_of).values()
            if d.is_eligible and d.state == "won" and d.decided_date is not None and d.decided_date.year == as_of.year
        ]
        return sum(d.is_attached for d in won) / len(won)

    assert attached(date(2023, 12, 31)) + 0.05 < attached(date(2026, 6, 30))
