from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from partnerops_pipeline.alerts.notification import Reason
from partnerops_pipeline.alerts.observation import Severity
from partnerops_pipeline.alerts.policy import Damping, Policy
from tests.alerts.examples import DUE, day, gap
from tests.alerts.history import History


def test_a_gap_is_told_when_it_opens_then_weekly_and_once_when_it_is_over() -> None:
    history = History()
    told = {at: history.told(at, gap(at=at)) for at in range(20)}
    assert {at: words for at, words in told.items() if words} == {
        0: ["opened g1"],
        7: ["reminder g1"],
        14: ["reminder g1"],
    }
    assert history.told(20, gap(at=20, state="resolved")) == ["resolved g1"]
    assert history.told(21, gap(at=21, state="resolved")) == []


def test_a_gap_that_was_never_open_is_not_told_as_resolved() -> None:
    history = History()
    assert history.told(0, gap(state="resolved")) == []
    assert history.state.gaps == {}


def test_a_gap_that_comes_back_opens_again() -> None:
    history = History()
    history.on(0, gap())
    history.on(1, gap(at=1, state="resolved"))
    (notification,) = history.on(2, gap(at=2))
    assert (notification.kind, notification.items[0].episode) == ("opened", 2)


def test_a_flapping_gap_is_silent_until_it_has_been_open_often_enough() -> None:
    history = History(Policy(damping=Damping(open_after=3)))
    states = ["open", "open", "resolved", "open", "open", "resolved", "open", "open", "open"]
    told = [history.told(at, gap(at=at, state=state)) for at, state in enumerate(states)]
    assert told == [[]] * 8 + [["opened g1"]]


def test_a_flapping_gap_is_not_over_until_it_has_been_mended_often_enough() -> None:
    history = History(Policy(damping_by_rule={"DR-02": Damping(resolve_after=2)}))
    states = ["open", "resolved", "open", "resolved", "resolved", "resolved"]
    told = [history.told(at, gap(at=at, state=state)) for at, state in enumerate(states)]
    assert told == [["opened g1"], [], [], [], ["resolved g1"], []]


def test_reading_one_evaluation_many_times_counts_once() -> None:
    history = History(Policy(damping=Damping(open_after=2)))
    for minute in range(10):
        assert history.told(day(0) + timedelta(minutes=minute), gap(at=0)) == []
    assert history.told(1, gap(at=1)) == ["opened g1"]


def test_an_older_evaluation_changes_nothing() -> None:
    history = History()
    history.on(5, gap(at=5))
    assert history.told(6, gap(at=3, state="resolved")) == []
    history.on(7, gap(at=7, state="resolved"))
    assert history.told(8, gap(at=6)) == []


def test_a_missing_observation_neither_resolves_nor_reminds() -> None:
    history = History()
    history.on(0, gap())
    assert [history.told(at) for at in range(1, 30)] == [[]] * 29
    assert history.told(30, gap(at=30)) == ["reminder g1"]


def test_a_rule_that_was_not_evaluated_neither_resolves_nor_reminds() -> None:
    history = History()
    history.on(0, gap())
    assert [history.told(at, gap(at=at, state="not_evaluated")) for at in range(1, 30)] == [[]] * 29
    assert history.told(30, gap(at=30, state="resolved")) == ["resolved g1"]


def test_a_waived_gap_is_silent_even_when_it_gets_worse() -> None:
    history = History()
    history.on(0, gap(due_on=DUE))
    worse = [gap(at=at, state="waived", due_on=DUE, severity=Severity.CRITICAL) for at in range(1, 30)]
    assert [history.told(at, seen) for at, seen in enumerate(worse, start=1)] == [[]] * 29


def test_a_gap_waived_before_it_was_told_stays_unknown() -> None:
    history = History()
    assert history.told(0, gap(state="waived")) == []
    assert history.told(1, gap(at=1, state="resolved")) == []


def test_a_waiver_that_ends_brings_the_gap_back_at_once_without_a_second_opening() -> None:
    history = History()
    history.on(0, gap())
    history.on(1, gap(at=1, state="waived"))
    (notification,) = history.on(2, gap(at=2))
    assert notification.kind == "reminder"
    assert notification.items[0].reasons == {Reason.WAIVER_ENDED}


def test_the_end_of_a_waived_gap_is_told_to_those_who_heard_of_its_start() -> None:
    history = History()
    history.on(0, gap())
    history.on(1, gap(at=1, state="waived"))
    assert history.told(2, gap(at=2, state="resolved")) == ["resolved g1"]


def test_a_rise_of_severity_escalates_at_once_and_only_once() -> None:
    history = History()
    history.on(0, gap(severity=Severity.MEDIUM))
    assert history.told(1, gap(at=1, severity=Severity.CRITICAL)) == ["escalated g1"]
    assert history.told(2, gap(at=2, severity=Severity.LOW)) == []
    assert history.told(3, gap(at=3, severity=Severity.CRITICAL)) == []


def test_a_breached_deadline_escalates_on_the_day_after_it_and_only_once() -> None:
    history = History(Policy(remind_after=timedelta(days=30)))
    told = [history.told(at, gap(at=at, due_on=DUE)) for at in range(10)]
    assert told == [["opened g1"], [], [], [], ["escalated g1"], [], [], [], [], []]
    moved = date(2026, 7, 12)
    assert history.told(11, gap(at=11, due_on=moved)) == []
    assert history.told(12, gap(at=12, due_on=moved)) == ["escalated g1"]


def test_a_gap_that_opens_overdue_is_told_once() -> None:
    history = History()
    assert history.told(8, gap(at=8, due_on=DUE)) == ["opened g1"]
    assert history.told(9, gap(at=9, due_on=DUE)) == []


@pytest.mark.parametrize(("zone", "told"), [("UTC", []), ("Pacific/Auckland", ["escalated g1"])])
def test_deadlines_follow_the_calendar_of_the_policy(zone: str, told: list[str]) -> None:
    history = History(Policy(time_zone=zone))
    history.on(0, gap(due_on=DUE))
    evening = day(3) + timedelta(hours=12)  # 18:00 UTC on the due date is the next morning in Auckland
    assert history.told(evening, gap(at=3, due_on=DUE)) == told


def test_a_resolved_gap_is_forgotten_after_its_time() -> None:
    history = History()
    history.on(0, gap())
    history.on(1, gap(at=1, state="resolved"))
    history.on(90)
    assert set(history.state.gaps) == {"g1"}
    history.on(91)
    assert history.state.gaps == {}


def test_changed_facts_alone_tell_nothing_but_are_remembered() -> None:
    history = History()
    history.on(0, gap())
    changed = replace(gap(at=1), title="Another sentence", owner_name="Ada Example")
    assert history.told(1, changed) == []
    assert history.state.gaps["g1"].seen == changed
