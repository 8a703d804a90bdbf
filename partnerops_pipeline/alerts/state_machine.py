"""The pure heart of the alerts: what was known, what was observed, what time it is -> what is known, what to tell.

No clock, no file, no order: the same arguments give the same result on every machine, and a step repeated at the same
moment tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from partnerops_pipeline.alerts.grouping import Change, group_changes
from partnerops_pipeline.alerts.lifecycle import advance
from partnerops_pipeline.alerts.memory import AlertState, Tracked
from partnerops_pipeline.alerts.notification import Notification
from partnerops_pipeline.alerts.observation import GapState, Observation, must_be_utc, newest_per_gap
from partnerops_pipeline.alerts.policy import Policy


def step(
    state: AlertState, observations: Iterable[Observation], now: datetime, policy: Policy
) -> tuple[AlertState, tuple[Notification, ...]]:
    """Take in what was observed.

    Args:
        state: what the last step returned; an empty `AlertState` at first.
        observations: the gaps of the newest evaluation, in any order. A gap that is missing stays as it was: absence
            proves nothing, only an observation of state resolved ends a gap.
        now: the moment, in UTC; decides reminders and deadlines.

    Raises:
        BadData: `now` is not in UTC.
    """
    must_be_utc(now, "now")
    newest = newest_per_gap(observations)
    muted = _muted_rules(state, newest)
    gaps: dict[str, Tracked] = {}
    changes: list[Change] = []
    for gap_id in sorted(state.gaps.keys() | newest.keys()):
        seen = newest.get(gap_id)
        if seen is not None and muted.get(seen.rule_id, set()) - {gap_id}:
            seen = None
        result = advance(state.gaps.get(gap_id), seen, now, policy)
        if result.tracked is not None:
            gaps[gap_id] = result.tracked
            if result.kind is not None:
                changes.append(Change(result.tracked, result.kind, result.reasons))
    return group_changes(state.groups, gaps, changes, now, policy)


def _muted_rules(state: AlertState, newest: dict[str, Observation]) -> dict[str, set[str]]:
    """Rules that cannot be judged now, with the gaps that are the cause.

    A waived cause still mutes: the source is as stale as before. A cause that was not evaluated mutes if it did before.
    """
    muted: dict[str, set[str]] = {}
    for gap_id in state.gaps.keys() | newest.keys():
        seen, known = newest.get(gap_id), state.gaps.get(gap_id)
        is_newer = seen is not None and (known is None or seen.evaluated_at >= known.seen.evaluated_at)
        if seen is None or seen.state is GapState.NOT_EVALUATED or not is_newer:
            seen = known.seen if known is not None else None
        if seen is not None and seen.state in (GapState.OPEN, GapState.WAIVED):
            for rule_id in seen.mutes:
                muted.setdefault(rule_id, set()).add(gap_id)
    return muted
