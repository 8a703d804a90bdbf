"""Cycle, win rate by amount and velocity (§4, rulings 5, 6, 7, 38), reckoned by hand."""

from __future__ import annotations

from .tiny_programme import TinyProgramme, day

WINDOW = ("trailing_4q", "2024-07-01")  # until 2025-06-30


def a_year() -> TinyProgramme:
    """Won after 10 and 31 days for 300 and 100, once of unknown amount after 20; lost 400 and one of unknown amount."""
    p = TinyProgramme()
    p.won_deal("2025-05-11", created="2025-05-01 23:59:59", amount="300.00")
    p.won_deal("2025-06-01", created="2025-05-01 00:00:00", amount="100.00")
    p.won_deal("2025-05-21", created="2025-05-01", amount=None)
    p.lost_deal("2025-05-10", amount="1000.00")
    p.stage(p.deal(created="2025-01-10"), "2025-05-10", "Closed Lost", amount="400.00")
    p.stage(p.deal(created="2025-01-10"), "2025-05-10", "Closed Lost", amount=None)
    return p


def test_the_win_rate_by_amount_leaves_out_unknown_amounts_and_counts_them():
    p = a_year()
    assert p.numbers("win_rate_amount", *WINDOW) == ("0.222222", "400", "1800", 4, 2)
    row = p.metric("win_rate_amount", *WINDOW)
    assert row is not None
    assert (row.excluded_reason, row.unit, row.is_low_sample) == ("no_corporate_amount", "ratio", True)


def test_the_cycle_runs_from_day_to_day_of_won_deals():
    p = a_year()
    assert p.numbers("deal_cycle_days_mean", *WINDOW) == ("20.333333", "61", "3", 3, 0)
    assert p.numbers("deal_cycle_days_median", *WINDOW) == ("20", None, None, 3, 0)


def test_a_deal_that_closed_before_it_began_is_left_out_and_counted():
    p = TinyProgramme()
    p.won_deal("2025-05-11", created="2025-05-01")
    p.won_deal("2025-05-11", created="2025-05-11 09:00:00")
    p.won_deal("2025-05-11", created="2025-05-12 09:00:00")
    assert p.numbers("deal_cycle_days_mean", *WINDOW) == ("5", "10", "2", 2, 1)
    row = p.metric("deal_cycle_days_median", *WINDOW)
    assert row is not None
    assert (row.value, row.n_excluded, row.excluded_reason) == (5, 1, "negative_cycle")


def test_a_renewal_starts_120_days_before_the_prior_contract_ends_but_not_before_it_exists():
    p = TinyProgramme()
    renewal = {"opportunity_type": "Renewal", "created": "2025-01-01 09:00:00"}
    p.won_deal("2025-05-11", prior_contract_end=day("2025-05-31"), **renewal)  # from 2025-01-31: 100 days
    p.won_deal("2025-01-11", prior_contract_end=day("2025-03-01"), **renewal)  # from its creation: 10 days
    p.won_deal("2025-01-21", **renewal)  # no prior contract known: 20 days
    p.won_deal("2025-01-04", created="2025-01-01", prior_contract_end=day("2025-05-31"))  # no renewal: 3 days
    of_renewals = ("attached|opportunity_type", "without|renewal")
    assert p.numbers("deal_cycle_days_mean", *WINDOW, *of_renewals) == ("43.333333", "130", "3", 3, 0)
    assert p.numbers("deal_cycle_days_mean", *WINDOW) == ("3", "3", "1", 1, 0)


def test_velocity_is_made_of_the_published_values_and_rounded_once():
    """6 decided × 0.5 × 200 ÷ 20.333333."""
    p = a_year()
    assert p.numbers("win_rate_count", *WINDOW) == ("0.5", "3", "6", 6, 0)
    assert p.numbers("deal_size_mean", *WINDOW) == ("200", "400", "2", 2, 1)
    assert p.numbers("sales_velocity", *WINDOW) == ("29.508197", None, None, 6, 0)
    row = p.metric("sales_velocity", *WINDOW)
    assert row is not None
    assert (row.unit, row.is_low_sample, row.excluded_reason) == ("money_per_day", False, None)


def test_without_a_size_or_with_a_cycle_of_no_days_there_is_no_velocity():
    p = TinyProgramme()
    p.lost_deal("2025-05-10")
    assert p.numbers("sales_velocity", *WINDOW) == (None, None, None, 1, 0)
    p.won_deal("2025-05-11", created="2025-05-11")
    assert p.numbers("deal_cycle_days_mean", *WINDOW)[0] == "0"
    assert p.numbers("sales_velocity", *WINDOW) == (None, None, None, 2, 0)


def test_the_prior_velocity_is_that_of_the_window_a_quarter_earlier():
    p = a_year()
    later = p.metric("sales_velocity", "trailing_4q", "2024-10-01")
    earlier = p.metric("sales_velocity", *WINDOW)
    assert later is not None
    assert earlier is not None
    assert later.prior_value == earlier.value is not None
