"""The life of one gap: pending -> open -> escalated -> resolved, with waivers and a second life."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from partnerops_pipeline.alerts.memory import STANDING, Phase, Tracked
from partnerops_pipeline.alerts.notification import Kind, Reason
from partnerops_pipeline.alerts.observation import GapState, Observation
from partnerops_pipeline.alerts.policy import Policy


@dataclass(frozen=True)
class Advance:
    """What became of a gap: what is remembered now, and what people should be told."""

    tracked: Tracked | None
    kind: Kind | None = None
    reasons: frozenset[Reason] = frozenset()


def advance(tracked: Tracked | None, seen: Observation | None, now: datetime, policy: Policy) -> Advance:
    """One step of one gap.

    `seen` is None where nothing can be said about the gap: it was not evaluated, or its root cause mutes it. Then
    nothing changes and nothing is told; not even a reminder, because the gap may be gone.

    A reminder that comes back is a proposal: the group decides whether it is time.
    """
    if tracked is not None and tracked.phase is Phase.RESOLVED and _is_forgotten(tracked, now, policy):
        tracked = None
    if seen is None or seen.state is GapState.NOT_EVALUATED:
        return Advance(tracked)
    if tracked is not None and seen.evaluated_at < tracked.seen.evaluated_at:
        return Advance(tracked)
    if tracked is not None and seen.evaluated_at == tracked.seen.evaluated_at:
        return _as_time_goes_by(tracked, now, policy)
    if seen.state is GapState.OPEN:
        return _seen_open(tracked, seen, now, policy)
    if tracked is None:
        return Advance(None)
    if seen.state is GapState.WAIVED:
        return _seen_waived(tracked, seen)
    return _seen_resolved(tracked, seen, now, policy)


def told(tracked: Tracked, now: datetime, policy: Policy) -> Tracked:
    """The gap, after people are told how it stands now."""
    return replace(
        tracked,
        told_at=now,
        told_severity=tracked.seen.severity,
        told_breach=tracked.seen.due_on if _is_breached(tracked, now, policy) else tracked.told_breach,
    )


def _seen_open(tracked: Tracked | None, seen: Observation, now: datetime, policy: Policy) -> Advance:
    if tracked is None:
        tracked = Tracked(seen=seen, phase=Phase.PENDING)
    elif tracked.phase is Phase.RESOLVED:
        tracked = Tracked(seen=seen, phase=Phase.PENDING, episode=tracked.episode + (tracked.opened_at is not None))
    elif tracked.phase is Phase.WAIVED and tracked.opened_at is not None:
        again = replace(tracked, seen=seen, phase=Phase.OPEN, streak=0)
        return Advance(told(again, now, policy), Kind.REMINDER, frozenset({Reason.WAIVER_ENDED}))
    elif tracked.phase in STANDING:
        return _as_time_goes_by(replace(tracked, seen=seen, streak=0), now, policy)
    streak = tracked.streak + 1
    if streak < policy.damping_of(seen.rule_id).open_after:
        return Advance(replace(tracked, seen=seen, phase=Phase.PENDING, streak=streak))
    opened = replace(tracked, seen=seen, phase=Phase.OPEN, streak=0, opened_at=now)
    return Advance(told(opened, now, policy), Kind.OPENED)


def _seen_waived(tracked: Tracked, seen: Observation) -> Advance:
    if tracked.phase is Phase.RESOLVED:
        return Advance(replace(tracked, seen=seen))
    return Advance(replace(tracked, seen=seen, phase=Phase.WAIVED, streak=0))


def _seen_resolved(tracked: Tracked, seen: Observation, now: datetime, policy: Policy) -> Advance:
    if tracked.phase is Phase.RESOLVED:
        return Advance(replace(tracked, seen=seen))
    ended = replace(tracked, seen=seen, phase=Phase.RESOLVED, streak=0, resolved_at=now)
    if tracked.opened_at is None:
        return Advance(ended)  # nobody was told of it, so nobody is told that it is over
    streak = tracked.streak + 1
    if streak < policy.damping_of(seen.rule_id).resolve_after:
        return Advance(replace(tracked, seen=seen, streak=streak))
    return Advance(replace(ended, told_at=now), Kind.RESOLVED)


def _as_time_goes_by(tracked: Tracked, now: datetime, policy: Policy) -> Advance:
    """What the clock and the newest facts ask for while nothing else happens."""
    if tracked.phase not in STANDING or tracked.seen.state is not GapState.OPEN or tracked.told_at is None:
        return Advance(tracked)
    reasons = set()
    if tracked.told_severity is not None and tracked.seen.severity > tracked.told_severity:
        reasons.add(Reason.SEVERITY_ROSE)
    if _is_breached(tracked, now, policy) and tracked.told_breach != tracked.seen.due_on:
        reasons.add(Reason.DEADLINE_BREACHED)
    if reasons:
        worse = replace(tracked, phase=Phase.ESCALATED)
        return Advance(told(worse, now, policy), Kind.ESCALATED, frozenset(reasons))
    if now - tracked.told_at >= policy.remind_after:
        return Advance(tracked, Kind.REMINDER)
    return Advance(tracked)


def _is_breached(tracked: Tracked, now: datetime, policy: Policy) -> bool:
    return tracked.seen.due_on is not None and policy.day_of(now) > tracked.seen.due_on


def _is_forgotten(tracked: Tracked, now: datetime, policy: Policy) -> bool:
    return tracked.resolved_at is not None and now - tracked.resolved_at >= policy.forget_after
