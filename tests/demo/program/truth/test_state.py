"""Where a deal stands on a day (rulings 3, 4, 10, 28, 29)."""

from __future__ import annotations

import pytest

from .tiny_programme import TinyProgramme, day


def state(p: TinyProgramme, deal: int, as_of: str) -> str:
    return p.truth(deal, as_of).state


def test_a_deal_won_in_may_is_open_on_the_last_of_march():
    p = TinyProgramme()
    deal = p.won_deal("2025-05-20")
    assert state(p, deal, "2025-03-31") == "open"
    assert state(p, deal, "2025-05-20") == "won"


def test_as_of_includes_its_whole_day_in_utc():
    p = TinyProgramme()
    deal = p.deal(close="2025-05-20")
    p.stage(deal, "2025-05-20 23:59:59", "Closed Won", close="2025-05-20")
    assert state(p, deal, "2025-05-19") == "open"
    assert state(p, deal, "2025-05-20") == "won"


def test_a_deal_created_on_the_as_of_day_exists_and_one_created_the_next_second_does_not():
    p = TinyProgramme()
    last, first = p.deal(created="2025-03-31 23:59:59"), p.deal(created="2025-04-01 00:00:00")
    assert state(p, last, "2025-03-31") == "open"
    later = p.truth(first, "2025-03-31")
    assert (later.state, later.is_eligible, later.ineligible_reason) == ("not_yet_created", False, "not_yet_created")
    assert (later.bucket, later.is_attached, later.decided_date) == (None, False, None)


def test_won_with_a_later_close_date_is_neither_open_nor_won_until_that_date():
    p = TinyProgramme()
    deal = p.deal()
    p.stage(deal, "2025-05-01 10:00:00", "Closed Won", close="2025-06-15")
    early = p.truth(deal, "2025-06-14")
    assert (early.state, early.decided_date, early.effective_close_date) == ("neither", None, None)
    assert early.cutoff_date == day("2025-06-14")
    done = p.truth(deal, "2025-06-15")
    assert (done.state, done.decided_date) == ("won", day("2025-06-15"))


def test_the_period_of_a_win_is_its_close_date_not_the_day_of_the_stage():
    p = TinyProgramme()
    deal = p.deal()
    p.stage(deal, "2025-07-02 10:00:00", "Closed Won", close="2025-06-30")
    assert state(p, deal, "2025-07-01") == "open"
    assert p.truth(deal, "2025-07-02").decided_date == day("2025-06-30")


def test_a_loss_is_dated_by_its_stage_event_and_not_by_the_close_date():
    p = TinyProgramme()
    deal = p.deal()
    p.stage(deal, "2025-05-03 10:00:00", "Closed Lost", close="2025-12-31")
    truth = p.truth(deal, "2025-05-03")
    assert (truth.state, truth.decided_date) == ("lost", day("2025-05-03"))


def test_a_loss_starts_with_the_first_event_of_the_last_unbroken_lost_run():
    p = TinyProgramme()
    deal = p.deal()
    p.stage(deal, "2025-04-01 10:00:00", "Closed Lost")
    p.stage(deal, "2025-05-01 10:00:00", "Negotiation")
    p.stage(deal, "2025-06-01 10:00:00", "Closed Lost")
    p.stage(deal, "2025-07-01 10:00:00", "Closed Lost", amount="2.00")
    assert p.truth(deal, "2025-04-15").decided_date == day("2025-04-01")
    assert state(p, deal, "2025-05-15") == "open"
    assert p.truth(deal, "2026-01-01").decided_date == day("2025-06-01")


def test_a_deal_created_as_lost_was_lost_on_its_first_day():
    p = TinyProgramme()
    deal = p.deal(stage="Closed Lost", close="2025-01-01")
    truth = p.truth(deal)
    assert (truth.state, truth.decided_date) == ("lost", day("2025-03-01"))


def test_a_reopened_deal_counts_once_in_its_last_state():
    p = TinyProgramme()
    deal = p.deal()
    p.stage(deal, "2025-04-01", "Closed Lost")
    p.stage(deal, "2025-05-01", "Proposal")
    p.stage(deal, "2025-06-10", "Closed Won", close="2025-06-10", amount="750.00")
    truth = p.truth(deal)
    assert (truth.state, truth.decided_date, str(truth.amount)) == ("won", day("2025-06-10"), "750.00")


def test_of_two_changes_at_the_same_instant_the_later_one_counts():
    p = TinyProgramme()
    deal = p.deal()
    p.stage(deal, "2025-05-01 10:00:00", "Closed Won", close="2025-05-01")
    p.stage(deal, "2025-05-01 10:00:00", "Closed Lost", close="2025-05-01")
    assert state(p, deal, "2025-05-01") == "lost"


def test_the_order_of_the_log_does_not_matter_only_the_events_own_time_does():
    p = TinyProgramme()
    deal = p.won_deal("2025-05-20")
    p.stage(deal, "2025-02-01", "Closed Lost")
    p.events.reverse()
    assert state(p, deal, "2025-05-20") == "won"


def test_without_history_a_deal_has_its_present_values_and_is_open_before_its_close_date():
    p = TinyProgramme()
    deal = p.deal(has_history=False, amount="10.00")
    p.stage(deal, "2025-09-09", "Closed Won", close="2025-05-20", amount="99.00")
    before, after = p.truth(deal, "2025-05-19"), p.truth(deal, "2025-05-20")
    assert (before.state, str(before.amount), before.decided_date) == ("open", "99.00", None)
    assert (after.state, after.decided_date) == ("won", day("2025-05-20"))


def test_without_history_a_loss_is_dated_by_its_close_date_and_open_before():
    p = TinyProgramme()
    deal = p.deal(has_history=False, stage="Closed Lost", close="2025-05-20")
    assert state(p, deal, "2025-05-19") == "open"
    assert p.truth(deal, "2025-05-20").decided_date == day("2025-05-20")


def test_a_void_stage_leaves_the_deal_out_and_a_later_real_stage_takes_it_back():
    p = TinyProgramme()
    deal = p.deal()
    p.stage(deal, "2025-05-01", "Duplicate - Void")
    p.stage(deal, "2025-06-01", "Proposal")
    void = p.truth(deal, "2025-05-31")
    assert (void.state, void.is_eligible, void.ineligible_reason) == ("void", False, "void")
    assert p.truth(deal, "2025-06-01").is_eligible


def test_a_stage_that_nobody_mapped_is_open_and_says_unknown():
    p = TinyProgramme()
    truth = p.truth(p.deal(stage="Verbal"))
    assert (truth.state, truth.stage_category, truth.is_eligible) == ("open", "unknown", True)


@pytest.mark.parametrize(("close", "effective"), [("2025-02-10", "2025-03-01"), ("2025-03-05", "2025-03-05")])
def test_the_close_of_a_deal_entered_late_is_its_creation(close: str, effective: str):
    p = TinyProgramme()
    truth = p.truth(p.deal(created="2025-03-01 10:00:00", close=close, stage="Closed Won"))
    assert (truth.decided_date, truth.effective_close_date) == (day(close), day(effective))
    assert truth.cutoff_date == day(effective)
