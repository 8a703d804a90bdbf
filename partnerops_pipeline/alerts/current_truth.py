"""What of a decided notification is still true at the moment of sending, hours later perhaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from partnerops_pipeline.alerts.memory import STANDING, AlertState, GroupKey
from partnerops_pipeline.alerts.notification import Item, Kind, Notification


@dataclass(frozen=True)
class CurrentTruth:
    """A notification with today's facts.

    Attributes:
        notification: with the items that still hold, their newest facts and the newest count.
        silenced: open gaps that cannot be judged while the root causes in it last.
    """

    notification: Notification
    silenced: int


def current_truth(
    notification: Notification, state: AlertState, has_heard: Callable[[Item], bool]
) -> CurrentTruth | None:
    """Look at a notification again before it is sent.

    Args:
        has_heard: whether the channel was told of this episode of a gap: nobody hears that something is over that
            they never heard of.

    Returns:
        None where nothing in it is true any more: all its gaps were mended or waived while it waited.
    """
    if notification.kind is Kind.RESOLVED:
        items = tuple(item for item in notification.items if has_heard(item))
    else:
        items = tuple(
            replace(item, seen=tracked.seen)
            for item in notification.items
            if (tracked := state.gaps.get(item.seen.gap_id)) is not None
            and tracked.phase in STANDING
            and tracked.episode == item.episode
        )
    if not items:
        return None
    standing = state.standing()
    everything = [tracked.seen for members in standing.values() for tracked in members]
    key = GroupKey(notification.owner_team, notification.source)
    count = len(everything) if notification.is_digest else len(standing.get(key, []))
    mutes = (
        frozenset[str]() if notification.kind is Kind.RESOLVED else frozenset().union(*(i.seen.mutes for i in items))
    )
    causes = {item.seen.gap_id for item in items}
    silenced = sum(seen.rule_id in mutes and seen.gap_id not in causes for seen in everything)
    return CurrentTruth(replace(notification, items=items, standing=count), silenced)
