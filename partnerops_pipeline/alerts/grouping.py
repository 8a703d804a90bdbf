"""From changes of gaps to messages: one per owner and source, one digest when there are many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from partnerops_pipeline.alerts.lifecycle import told
from partnerops_pipeline.alerts.memory import AlertState, Group, GroupKey, Tracked
from partnerops_pipeline.alerts.notification import Item, Kind, Notification, Reason, identify
from partnerops_pipeline.alerts.policy import Policy

_DIGEST = GroupKey("", "")


@dataclass(frozen=True)
class Change:
    """A gap that people should hear of, and why."""

    tracked: Tracked
    kind: Kind
    reasons: frozenset[Reason] = frozenset()


def group_changes(
    groups: Mapping[GroupKey, Group],
    gaps: dict[str, Tracked],
    changes: Iterable[Change],
    now: datetime,
    policy: Policy,
) -> tuple[AlertState, tuple[Notification, ...]]:
    """Decide on reminders and on doubled groups, and make the notifications.

    Args:
        groups: as the last step left them.
        gaps: as they stand after this step; reminded ones are marked as told.
        changes: one per gap at most.
    """
    by_group: dict[GroupKey, list[Change]] = {}
    for change in changes:
        by_group.setdefault(GroupKey.of(change.tracked.seen), []).append(change)
    standing = {key: len(members) for key, members in AlertState(gaps).standing().items()}
    remembered: dict[GroupKey, Group] = {}
    made: list[Notification] = []
    for key in sorted(standing.keys() | by_group.keys()):
        count = standing.get(key, 0)
        before = groups.get(key, Group(count))
        mine, reminded_at = _reminders_in_time(by_group.get(key, []), before, now, policy)
        for change in mine:
            if change.kind is Kind.REMINDER:
                gaps[change.tracked.seen.gap_id] = told(change.tracked, now, policy)
        doubled_from = _doubled_from(mine, before, count, policy)
        compared_with = count if doubled_from is not None else min(before.compared_with, count)
        if count:
            remembered[key] = Group(compared_with, reminded_at)
        made += _notifications(key, mine, count, doubled_from, now)
    return AlertState(gaps, remembered), _digested(made, sum(standing.values()), now, policy)


def _reminders_in_time(
    mine: list[Change], before: Group, now: datetime, policy: Policy
) -> tuple[list[Change], datetime | None]:
    """Without the reminders that come too soon: gaps that opened on different days would else remind every day."""

    def is_due(change: Change) -> bool:
        return change.kind is Kind.REMINDER and not change.reasons

    soon = before.reminded_at is not None and now - before.reminded_at < policy.remind_after
    if soon:
        return [change for change in mine if not is_due(change)], before.reminded_at
    return mine, now if any(is_due(change) for change in mine) else before.reminded_at


def _doubled_from(mine: list[Change], before: Group, count: int, policy: Policy) -> int | None:
    start = max(before.compared_with, policy.doubling_from)
    has_grown = any(change.kind is Kind.OPENED for change in mine)
    return before.compared_with if has_grown and before.compared_with < count and count >= 2 * start else None


def _notifications(
    key: GroupKey, mine: list[Change], count: int, doubled_from: int | None, now: datetime
) -> list[Notification]:
    by_kind: dict[Kind, list[Item]] = {}
    for change in sorted(mine, key=lambda change: change.tracked.seen.gap_id):
        item = Item(change.tracked.seen, change.tracked.episode, change.kind, change.reasons)
        escalates = doubled_from is not None and change.kind is Kind.OPENED
        by_kind.setdefault(Kind.ESCALATED if escalates else change.kind, []).append(item)
    return [
        _notification(kind, key, tuple(by_kind[kind]), count, now, doubled_from if kind is Kind.ESCALATED else None)
        for kind in Kind
        if kind in by_kind
    ]


def _digested(made: list[Notification], standing: int, now: datetime, policy: Policy) -> tuple[Notification, ...]:
    """The notifications, kind by kind, with those of one kind made one where they speak of too many gaps."""
    result: list[Notification] = []
    for kind in Kind:
        same = [notification for notification in made if notification.kind is kind]
        items = [item for notification in same for item in notification.items]
        if len(same) > 1 and len(items) > policy.digest_above:
            items.sort(key=lambda item: item.seen.gap_id)
            same = [_notification(kind, _DIGEST, tuple(items), standing, now, None)]
        result += same
    return tuple(result)


def _notification(
    kind: Kind, key: GroupKey, items: tuple[Item, ...], standing: int, now: datetime, doubled_from: int | None
) -> Notification:
    return Notification(
        id=identify(kind, key.owner_team, key.source, items, now),
        kind=kind,
        owner_team=key.owner_team,
        source=key.source,
        items=items,
        standing=standing,
        decided_at=now,
        doubled_from=doubled_from,
    )
