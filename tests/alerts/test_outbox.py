from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerops_pipeline.alerts.errors import AlertMemoryUnreadable, AnotherSender
from partnerops_pipeline.alerts.memory import AlertState
from partnerops_pipeline.alerts.outbox import Outbox, open_outbox
from partnerops_pipeline.alerts.policy import Policy
from partnerops_pipeline.alerts.state_machine import step
from partnerops_pipeline.alerts.stored_form import read_notification, read_tracked, write_notification, write_tracked
from partnerops_pipeline.errors import ResourceExhausted
from tests.alerts.examples import AMOUNT, DUE, day, gap, stale_source
from tests.alerts.history import History
from tests.alerts.test_state_machine import days_of_observations, policies


@settings(deadline=None)
@given(days_of_observations(), policies)
def test_what_is_written_down_is_read_back_the_same(days: list, policy: Policy) -> None:
    history = History(policy)
    for at, observations in enumerate(days):
        enriched = [replace(seen, revenue_at_stake=AMOUNT, owner_name="Ädä 😀") for seen in observations]
        for notification in history.on(at, *enriched):
            assert read_notification(write_notification(notification)) == notification
        for tracked in history.state.gaps.values():
            assert read_tracked(write_tracked(tracked)) == tracked


def test_the_memory_survives_in_the_file(outbox_file: Path) -> None:
    history = History()
    days = [
        [gap("g1", 0, due_on=DUE), gap("g2", 0)],
        [gap("g1", 1, "resolved"), gap("g2", 1), stale_source(1)],
        [gap("g2", 100, "resolved")],
    ]
    for at, observations in zip((0, 1, 100), days, strict=True):
        with open_outbox(outbox_file) as outbox:
            told = outbox.decide(lambda state: step(state, observations, day(at), Policy()), ["log"], day(at))  # noqa: B023
        assert told == history.on(at, *observations)
        with open_outbox(outbox_file) as outbox:
            assert outbox.state() == history.state


def test_a_decision_that_fails_leaves_nothing_behind(outbox: Outbox) -> None:
    def told_twice(state: AlertState) -> tuple[AlertState, tuple]:
        after, told = step(state, [gap()], day(0), Policy())
        return after, told * 2  # the second cannot be written: its id is taken

    with pytest.raises(AlertMemoryUnreadable):
        outbox.decide(told_twice, ["log"], day(0))
    assert outbox.state() == AlertState()
    assert outbox.health().waiting == 0


def test_health_tells_silence_from_death(outbox: Outbox) -> None:
    assert not outbox.health().is_alive(day(0))
    outbox.decide(lambda state: step(state, [gap()], day(0), Policy()), ["slack", "log"], day(0), day(0))
    health = outbox.health()
    assert (health.waiting, health.waiting_since) == (2, day(0))
    assert health.is_alive(day(0) + timedelta(hours=26))
    assert not health.is_alive(day(0) + timedelta(hours=26, seconds=1))


def test_a_late_older_evaluation_does_not_make_alerting_look_dead(outbox: Outbox) -> None:
    for at in (5, 3):
        outbox.decide(lambda state: (state, ()), [], day(at), day(at))
    assert outbox.health().evaluated_at == day(5)


def test_only_one_sends(outbox: Outbox, outbox_file: Path) -> None:
    with (
        open_outbox(outbox_file) as other,
        outbox.sending(),
        pytest.raises(AnotherSender, match="waits in the outbox"),
        other.sending(wait_seconds=0.1),
    ):
        pass
    with outbox.sending(wait_seconds=0):
        pass


def test_a_damaged_file_says_what_to_do(outbox_file: Path) -> None:
    outbox_file.parent.mkdir(parents=True)
    outbox_file.write_bytes(b"not a database" * 100)
    with pytest.raises(AlertMemoryUnreadable, match="Move the file away"), open_outbox(outbox_file):
        pass


def test_a_file_of_a_newer_version_is_left_alone(outbox_file: Path) -> None:
    outbox_file.parent.mkdir(parents=True)
    with sqlite3.connect(outbox_file) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(AlertMemoryUnreadable, match="newer version"), open_outbox(outbox_file):
        pass


def test_a_folder_in_the_way_says_what_to_do(outbox_file: Path) -> None:
    outbox_file.mkdir(parents=True)
    with pytest.raises(ResourceExhausted, match="cannot be written"), open_outbox(outbox_file):
        pass


@settings(deadline=None)
@given(st.text())
def test_any_title_can_be_written_down(title: str) -> None:
    tracked = History()
    tracked.on(0, gap(title=title))
    (kept,) = tracked.state.gaps.values()
    assert read_tracked(write_tracked(kept)) == kept
