"""The rows of the headline metrics (§1, §4, rulings 5, 6, 7, 9, 34, 38), reckoned by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest

from partnerops_pipeline.demo.program.events import OpportunityChanged
from partnerops_pipeline.demo.program.truth import MetricTruth, Policy, headline_metrics, opportunities

from .tiny_programme import TinyProgramme, day

OF_VALUE = {
    "attach_rate_count", "attach_rate_amount", "sourced_revenue", "influenced_revenue", "direct_revenue",
    "partner_revenue_share",
}  # fmt: skip
OF_COMPARISON = {
    "win_rate_count", "win_rate_amount", "deal_size_mean", "deal_cycle_days_mean", "deal_cycle_days_median",
    "sales_velocity",
}  # fmt: skip


def rows(p: TinyProgramme, as_of: str = "2025-12-31") -> list[MetricTruth]:
    return headline_metrics(p.log(), day(as_of))


def row(
    p: TinyProgramme,
    metric: str,
    grain: str = "month",
    start: str = "2025-05-01",
    dimension: str = "all",
    value: str = "all",
    as_of: str = "2025-12-31",
) -> MetricTruth | None:
    wanted = (metric, grain, day(start), dimension, value)
    found = [
        r
        for r in rows(p, as_of)
        if (r.metric_id, r.period_grain, r.period_start, r.dimension, r.dimension_value) == wanted
    ]
    assert len(found) <= 1
    return found[0] if found else None


def numbers(r: MetricTruth | None) -> tuple:
    assert r is not None
    return (*(None if x is None else str(x) for x in (r.value, r.numerator, r.denominator)), r.n, r.n_excluded)


def starts(p: TinyProgramme, grain: str, as_of: str) -> list[date]:
    """The periods of dimension `all` of one metric, in the order of the rows."""
    series = ("direct_revenue", grain, "all")
    return [r.period_start for r in rows(p, as_of) if (r.metric_id, r.period_grain, r.dimension) == series]


def a_may() -> TinyProgramme:
    """Won in May 2025: sourced 300, influenced 200, direct 100 and one direct of unknown amount; one lost."""
    p = TinyProgramme()
    partner = p.partner()
    sourced = p.won_deal("2025-05-31", amount="300.00", account=p.account(country="US"))
    p.registration(partner, sourced, submitted="2025-01-05", approved="2025-01-06")
    influenced = p.won_deal("2025-05-01", amount="200.00", opportunity_type="Existing Business")
    p.link(influenced, partner, at="2025-02-01")
    p.won_deal("2025-05-20", amount="100.00")
    p.won_deal("2025-05-21", amount=None, opportunity_type="Pilot")
    p.lost_deal("2025-05-10")
    return p


def test_the_columns_are_those_of_the_mart_in_its_order():
    assert [f.name for f in fields(MetricTruth)] == [
        "metric_id", "period_grain", "period_start", "period_end", "dimension", "dimension_value", "value", "numerator",
        "denominator", "n", "n_excluded", "excluded_reason", "unit", "is_low_sample", "is_complete_period",
        "prior_value", "as_of",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("attach_rate_count", ("0.500000", "2.000000", "4.000000", 4, 0)),
        ("attach_rate_amount", ("0.833333", "500.000000", "600.000000", 3, 1)),
        ("sourced_revenue", ("300.000000", "300.000000", None, 1, 0)),
        ("influenced_revenue", ("200.000000", "200.000000", None, 1, 0)),
        ("direct_revenue", ("100.000000", "100.000000", None, 1, 1)),
        ("partner_revenue_share", ("0.833333", "500.000000", "600.000000", 3, 1)),
    ],
)
@pytest.mark.parametrize(
    ("grain", "start"),
    [("month", "2025-05-01"), ("quarter", "2025-04-01"), ("year", "2025-01-01"), ("trailing_4q", "2024-07-01")],
)
def test_value_metrics_at_every_grain(metric: str, expected: tuple, grain: str, start: str):
    assert numbers(row(a_may(), metric, grain, start)) == expected


def test_win_rate_and_deal_size_with_against_without():
    p = a_may()
    at = {"grain": "trailing_4q", "start": "2024-07-01"}
    assert numbers(row(p, "win_rate_count", **at)) == ("0.800000", "4.000000", "5.000000", 5, 0)
    with_partner = {"dimension": "attached", "value": "with"}
    without = {"dimension": "attached", "value": "without"}
    assert numbers(row(p, "win_rate_count", **at, **with_partner)) == ("1.000000", "2.000000", "2.000000", 2, 0)
    assert numbers(row(p, "win_rate_count", **at, **without)) == ("0.666667", "2.000000", "3.000000", 3, 0)
    assert numbers(row(p, "deal_size_mean", **at)) == ("200.000000", "600.000000", "3.000000", 3, 1)
    assert numbers(row(p, "deal_size_mean", **at, **with_partner)) == ("250.000000", "500.000000", "2.000000", 2, 0)
    assert numbers(row(p, "deal_size_mean", **at, **without)) == ("100.000000", "100.000000", "1.000000", 1, 1)


def test_which_metric_has_which_grains_and_dimensions():
    found: dict[str, set[tuple[str, str]]] = {}
    for r in rows(a_may()):
        found.setdefault(r.metric_id, set()).add((r.period_grain, r.dimension))
    segments = ("all", "opportunity_type", "account_region", "size_band")
    of_value = {(g, d) for g in ("month", "quarter", "year", "trailing_4q") for d in segments}
    of_comparison = {("trailing_4q", d) for d in ("all", "attached", *(f"attached|{s}" for s in segments[1:]))}
    for metric in OF_VALUE | OF_COMPARISON:
        assert found[metric] == (of_comparison if metric in OF_COMPARISON else of_value)


def test_segments_are_sparse_and_a_line_without_an_amount_is_enough_for_a_row():
    p = a_may()
    by_type = {
        (r.period_grain, r.dimension_value): numbers(r)
        for r in rows(p)
        if r.metric_id == "direct_revenue" and r.dimension == "opportunity_type" and r.period_start == day("2025-05-01")
    }
    assert by_type == {
        ("month", "new_business"): ("100.000000", "100.000000", None, 1, 0),
        ("month", "unknown"): ("0.000000", "0.000000", None, 0, 1),
    }
    assert numbers(row(p, "attach_rate_amount", dimension="opportunity_type", value="unknown")) == (
        None,
        "0.000000",
        "0.000000",
        0,
        1,
    )
    assert row(p, "sourced_revenue", dimension="account_region", value="na") is not None
    assert row(p, "sourced_revenue", dimension="account_region", value="emea") is None


def test_a_row_says_why_deals_were_left_out_and_only_then():
    p = a_may()
    excluded, complete = row(p, "direct_revenue"), row(p, "sourced_revenue")
    assert excluded and complete
    assert (excluded.excluded_reason, complete.excluded_reason) == ("no_corporate_amount", None)
    assert (excluded.unit, row(p, "attach_rate_count").unit) == ("money", "ratio")


def test_an_empty_period_of_all_has_sums_of_zero_and_rates_without_a_value():
    p = a_may()
    assert numbers(row(p, "direct_revenue", start="2025-08-01")) == ("0.000000", "0.000000", None, 0, 0)
    assert numbers(row(p, "attach_rate_count", start="2025-08-01")) == (None, "0.000000", "0.000000", 0, 0)
    assert row(p, "attach_rate_count", start="2025-08-01", dimension="opportunity_type", value="new_business") is None


def test_deals_without_a_final_state_count_in_no_period_but_open_the_series():
    p = TinyProgramme()
    for created in ("2025-03-14 08:00:00", "2025-02-14 08:00:00", "2025-04-14 08:00:00"):
        p.deal(created=created)
    months = starts(p, "month", "2025-05-10")
    assert months == [day(f"2025-0{m}-01") for m in (2, 3, 4, 5)]
    assert {r.n for r in rows(p, "2025-05-10")} == {0}


def test_the_series_begins_with_a_decision_where_that_is_earlier_than_any_creation():
    p = TinyProgramme()
    p.deal(created="2025-03-31 10:00:00", close="2024-12-15", stage="Closed Won")
    quarters = starts(p, "quarter", "2025-03-31")
    assert quarters == [day("2024-10-01"), day("2025-01-01")]
    assert row(p, "direct_revenue", start="2024-12-01", as_of="2025-03-31").n == 1


def test_ineligible_deals_neither_count_nor_begin_the_series():
    p = a_may()
    p.won_deal("2024-02-02", created="2024-01-01", is_test=True)
    p.won_deal("2025-05-02", account=p.account(is_own_company=True))
    p.delete("opportunity", p.won_deal("2025-05-02"))
    void = p.deal()
    p.stage(void, "2025-05-03", "Duplicate - Void")
    p.won_deal("2026-02-01", created="2026-01-01")
    assert rows(p) == rows(a_may())


def test_without_an_eligible_deal_there_are_no_rows():
    p = TinyProgramme()
    p.deal(is_test=True)
    assert rows(p) == []


def test_a_window_of_four_quarters_holds_exactly_its_year_and_appears_once_the_quarter_is_over():
    p = TinyProgramme()
    for close in ("2024-06-30", "2024-07-01", "2025-06-30"):
        p.won_deal(close, created="2024-01-10")
    assert row(p, "direct_revenue", "trailing_4q", "2024-07-01", as_of="2025-06-29") is None
    window = row(p, "direct_revenue", "trailing_4q", "2024-07-01", as_of="2025-06-30")
    assert (window.n, window.period_end, window.is_complete_period) == (2, day("2025-06-30"), True)


def test_a_period_is_complete_on_its_last_day():
    p = a_may()
    for as_of, complete in (("2025-05-30", False), ("2025-05-31", True)):
        assert row(p, "direct_revenue", as_of=as_of).is_complete_period is complete
        assert row(p, "direct_revenue", as_of=as_of).as_of == day(as_of)


def test_a_sample_below_five_is_low():
    p = TinyProgramme()
    for _ in range(4):
        p.won_deal("2025-05-05")
    assert row(p, "attach_rate_count").is_low_sample
    p.won_deal("2025-05-05")
    assert not row(p, "attach_rate_count").is_low_sample
    p.won_deal("2025-06-05", amount=None)
    for _ in range(4):
        p.won_deal("2025-06-05")
    assert row(p, "attach_rate_amount", start="2025-06-01").is_low_sample
    assert not row(p, "attach_rate_count", start="2025-06-01").is_low_sample


def test_prior_value_is_the_directly_preceding_period_of_the_same_dimension_or_none():
    p = TinyProgramme()
    for close, amount in (("2025-01-31", "10.00"), ("2025-03-05", "30.00"), ("2025-04-05", "40.00")):
        p.won_deal(close, created="2025-01-10", amount=amount)
    segment = {"dimension": "opportunity_type", "value": "new_business"}
    assert row(p, "direct_revenue", start="2025-01-01").prior_value is None
    assert str(row(p, "direct_revenue", start="2025-02-01").prior_value) == "10.000000"
    assert str(row(p, "direct_revenue", start="2025-03-01").prior_value) == "0.000000"
    assert row(p, "direct_revenue", start="2025-03-01", **segment).prior_value is None
    assert str(row(p, "direct_revenue", start="2025-04-01", **segment).prior_value) == "30.000000"
    assert str(row(p, "direct_revenue", "quarter", "2025-04-01").prior_value) == "40.000000"
    assert row(p, "direct_revenue", "year", "2025-01-01").prior_value is None
    trailing = [
        (str(r.value), None if r.prior_value is None else str(r.prior_value))
        for r in rows(p)
        if (r.metric_id, r.period_grain, r.dimension) == ("direct_revenue", "trailing_4q", "all")
    ]
    assert trailing == [("40.000000", None)] + [("80.000000", "40.000000")] + [("80.000000", "80.000000")] * 2
    assert row(p, "attach_rate_amount", start="2025-03-01").prior_value is None


def test_renewals_count_in_value_metrics_and_in_the_comparison_only_where_types_are_told_apart():
    p = TinyProgramme()
    p.won_deal("2025-05-05", opportunity_type="Renewal", amount="70.00")
    p.won_deal("2025-05-05", opportunity_type="New Business", amount="30.00")
    p.lost_deal("2025-05-06", opportunity_type="Renewal")
    assert str(row(p, "direct_revenue").value) == "100.000000"
    at = {"grain": "trailing_4q", "start": "2025-01-01"}
    for metric in ("win_rate_count", "deal_size_mean"):
        for cell in (("all", "all"), ("attached", "without"), ("attached|size_band", "without|under_10k"),
                     ("attached|account_region", "without|emea")):  # fmt: skip
            assert row(p, metric, **at, dimension=cell[0], value=cell[1]).n == 1
    renewals = {"dimension": "attached|opportunity_type", "value": "without|renewal"}
    assert numbers(row(p, "win_rate_count", **at, **renewals)) == ("0.500000", "1.000000", "2.000000", 2, 0)
    assert numbers(row(p, "deal_size_mean", **at, **renewals)) == ("70.000000", "70.000000", "1.000000", 1, 0)


def test_a_ratio_is_rounded_once_at_six_places_half_away_from_zero():
    p = TinyProgramme()
    partner = p.partner()
    for amount, linked in (("-0.05", True), ("100000.05", False)):  # -0.05 / 100000.00 = -0.0000005
        deal = p.won_deal("2025-05-05", amount=amount)
        if linked:
            p.link(deal, partner, at="2025-02-01")
    assert numbers(row(p, "attach_rate_amount"))[:3] == ("-0.000001", "-0.050000", "100000.000000")


def test_a_denominator_that_sums_to_zero_gives_no_value():
    p = TinyProgramme()
    p.won_deal("2025-05-05", amount="10.00")
    p.won_deal("2025-05-05", amount="-10.00")
    assert numbers(row(p, "attach_rate_amount")) == (None, "0.000000", "0.000000", 2, 0)
    assert numbers(row(p, "deal_size_mean", "trailing_4q", "2025-01-01"))[0] == "0.000000"


def test_a_policy_may_move_the_fiscal_year_and_the_cohort_size():
    p = a_may()
    moved = headline_metrics(p.log(), day("2025-12-31"), Policy(fiscal_year_start_month=2, min_cohort_size=1))
    starts = {r.period_start for r in moved if r.period_grain == "year"}
    assert starts == {day("2024-02-01"), day("2025-02-01")}
    assert not next(r for r in moved if r.metric_id == "sourced_revenue" and r.n == 1).is_low_sample


def test_moving_one_event_moves_the_numbers():
    p = a_may()
    before = rows(p)
    won = next(e for e in p.events if isinstance(e, OpportunityChanged) and e.amount == Decimal("300.00"))
    p.change(won, close_date=day("2025-06-01"))
    assert rows(p) != before
    assert str(row(p, "sourced_revenue").value) == "0.000000"
    assert row(p, "sourced_revenue", start="2025-06-01").n == 1


def test_every_row_has_a_key_of_its_own_and_rows_are_ordered():
    found = rows(a_may())
    keys = [(r.metric_id, r.period_grain, r.dimension, r.dimension_value, r.period_start) for r in found]
    assert max(Counter(keys).values()) == 1
    per_series = {}
    for key in keys:
        per_series.setdefault(key[:-1], []).append(key[-1])
    assert all(starts == sorted(starts) for starts in per_series.values())


def test_the_three_buckets_add_up_to_all_revenue_in_every_period_and_segment():
    p = a_may()
    p.won_deal("2025-07-07", amount="55.55", opportunity_type="Renewal")
    revenue: Counter[tuple] = Counter()
    total = {}
    for r in rows(p):
        key = (r.period_grain, r.period_start, r.dimension, r.dimension_value)
        if r.metric_id.endswith("_revenue"):
            revenue[key] += r.numerator
        elif r.metric_id == "attach_rate_amount":
            total[key] = r.denominator
    assert dict(revenue) == total
    assert len(opportunities(p.log(), day("2025-12-31"))) == 6
