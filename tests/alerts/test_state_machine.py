from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnerops_pipeline.alerts.memory import AlertState
from partnerops_pipeline.alerts.notification import Kind, Reason
from partnerops_pipeline.alerts.observation import GapState, Observation, Severity
from partnerops_pipeline.alerts.policy import Damping, Policy
from partnerops_pipeline.alerts.state_machine import step
from partnerops_pipeline.errors import BadData
from tests.alerts.examples import DUE, day, gap, stale_source
from tests.alerts.history import History

GAPS = ["a1", "a2", "b1", "c1"]


@st.composite
def days_of_observations(draw: st.DrawFn) -> list[list[Observation]]:
    """Up to 25 days; on each, some of four gaps of two owners in any state; sometimes a source is stale."""
    days = []
    for at in range(draw(st.integers(1, 25))):
        observations = []
        for gap_id in GAPS:
            state = draw(st.sampled_from([*GapState, GapState.OPEN, None]))
            if state is not None:
                team = "Finance" if gap_id.startswith("c") else "Channel Ops"
                rule = "MD-03" if gap_id.startswith("b") else "DR-02"
                severity = draw(st.sampled_from(Severity))
                due_on = draw(st.sampled_from([None, DUE]))
                observations.append(
                    gap(gap_id, at, state, owner_team=team, rule_id=rule, severity=severity, due_on=due_on)
                )
        if draw(st.integers(0, 4)) == 0:
            observations.append(stale_source(at, draw(st.sampled_from([*GapState]))))
        days.append(observations)
    return days


policies = st.builds(
    Policy,
    damping=st.builds(Damping, open_after=st.integers(1, 3), resolve_after=st.integers(1, 3)),
    remind_after=st.integers(2, 9).map(lambda days: timedelta(days=days)),
    digest_above=st.integers(1, 4),
    doubling_from=st.integers(1, 3),
)


@settings(max_examples=150, deadline=None)
@given(days_of_observations(), policies)
def test_each_gap_opens_and_resolves_in_turn_and_is_silent_in_between(
    days: list[list[Observation]], policy: Policy
) -> None:
    history = History(policy)
    events: dict[str, list[tuple[int, Kind, frozenset[Reason]]]] = {}
    for at, observations in enumerate(days):
        items = [item for notification in history.on(at, *observations) for item in notification.items]
        assert max(Counter(item.seen.gap_id for item in items).values(), default=1) == 1
        for item in items:
            events.setdefault(item.seen.gap_id, []).append((at, item.kind, item.reasons))
            seen = {seen.gap_id: seen.state for seen in observations}[item.seen.gap_id]
            assert seen is (GapState.RESOLVED if item.kind is Kind.RESOLVED else GapState.OPEN)
    for told in events.values():
        borders = [kind for _, kind, _ in told if kind in (Kind.OPENED, Kind.RESOLVED)]
        assert told[0][1] is Kind.OPENED
        assert all(kind is not following for kind, following in pairwise(borders))
        for (at, kind, _), (later, following, reasons) in pairwise(told):
            assert (kind is Kind.RESOLVED) == (following is Kind.OPENED)
            if following is Kind.REMINDER and not reasons:
                assert timedelta(days=later - at) >= policy.remind_after


@settings(max_examples=100, deadline=None)
@given(days_of_observations(), policies, st.randoms())
def test_neither_order_nor_repetition_changes_what_is_told(
    days: list[list[Observation]], policy: Policy, random: object
) -> None:
    one, other = History(policy), History(policy)
    for at, observations in enumerate(days):
        shuffled = [*observations, *observations]
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        assert one.on(at, *observations) == other.on(at, *shuffled)
        assert one.state == other.state
        before = one.state
        assert one.on(at, *observations) == ()
        assert one.state == before


@settings(max_examples=100, deadline=None)
@given(days_of_observations(), policies)
def test_what_is_not_evaluated_ends_nothing(days: list[list[Observation]], policy: Policy) -> None:
    history = History(policy)
    for at, observations in enumerate(days):
        history.on(at, *observations)
    before = history.state
    later = len(days)
    held = [gap(gap_id, later, "not_evaluated") for gap_id in [*before.gaps, *GAPS]]
    assert history.on(later, *held) == ()
    assert history.state.gaps == before.gaps


def test_a_stale_source_is_told_once_and_silences_what_depends_on_it() -> None:
    history = History()
    assert history.told(0, gap("g1", due_on=DUE)) == ["opened g1"]
    assert history.told(1, stale_source(1), gap("g1", 1, "resolved"), gap("g2", 1)) == ["opened stale"]
    for at in range(2, 8):
        assert history.told(at, stale_source(at), gap("g1", at, due_on=DUE), gap("g2", at)) == []
    mended = stale_source(8, "resolved"), gap("g1", 8, due_on=DUE), gap("g2", 8)
    assert history.told(8, *mended) == ["escalated g1", "opened g2", "resolved stale"]


@pytest.mark.parametrize("state", ["waived", "not_evaluated"])
def test_a_root_cause_silences_while_it_is_waived_or_unknown(state: str) -> None:
    history = History()
    history.on(0, stale_source(0), gap("g1", 0))
    assert history.told(1, stale_source(1, state), gap("g1", 1)) == []


def test_a_root_cause_does_not_silence_itself() -> None:
    assert History().told(0, stale_source(mutes=frozenset({"SU-01", "DR-02"}))) == ["opened stale"]


@pytest.mark.parametrize("certain", ["resolved", "waived", "open"])
def test_where_one_evaluation_contradicts_itself_the_gap_is_not_resolved(certain: str) -> None:
    for contradiction in ([certain, "not_evaluated"], ["open", certain]):
        for states in (contradiction, contradiction[::-1]):
            history = History()
            history.on(0, gap())
            assert history.told(1, *[gap(at=1, state=state) for state in states]) == []
            assert history.state.gaps["g1"].phase == "open"


def test_ninety_clean_days_tell_nothing() -> None:
    history = History()
    mended = [gap(f"g{number}", 0, "resolved") for number in range(50)]
    for at in range(90):
        assert history.on(at) == ()
        assert history.on(at, *[gap(seen.gap_id, at, "resolved") for seen in mended]) == ()
    assert history.state == AlertState()


def test_a_moment_that_is_not_utc_is_refused() -> None:
    with pytest.raises(BadData, match="not in UTC"):
        step(AlertState(), [], datetime(2026, 7, 1, 6), Policy())  # noqa: DTZ001
    assert day(0).tzinfo is not None
