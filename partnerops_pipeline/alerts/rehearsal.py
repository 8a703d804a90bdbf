"""What a person may ask before trusting the alerts: what would you say now, and do my targets hear you?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from partnerops_pipeline.alerts.channels.channel import Channel, Outcome
from partnerops_pipeline.alerts.current_truth import current_truth
from partnerops_pipeline.alerts.deliver import Wording
from partnerops_pipeline.alerts.memory import AlertState
from partnerops_pipeline.alerts.messages import Message, render
from partnerops_pipeline.alerts.notification import Kind
from partnerops_pipeline.alerts.observation import Observation, Severity
from partnerops_pipeline.alerts.policy import Policy
from partnerops_pipeline.alerts.state_machine import step


def preview(
    state: AlertState, observations: Iterable[Observation], now: datetime, policy: Policy, wording: Wording
) -> tuple[Message, ...]:
    """The messages that these observations would give rise to now; nothing is written or sent."""
    after, notifications = step(state, observations, now, policy)
    truths = [current_truth(notification, after, lambda item: True) for notification in notifications]
    day = policy.day_of(now)
    return tuple(
        render(truth, today=day, currency=wording.currency, glossary=wording.glossary) for truth in truths if truth
    )


def try_channels(channels: Sequence[Channel], now: datetime) -> dict[str, Outcome]:
    """Send every channel one message that says it is a test; how it went, by the channel's name."""
    message = Message(
        id=f"test-{now.isoformat()}",
        kind=Kind.RESOLVED,
        severity=Severity.LOW,
        owner_team="",
        source="",
        subject="Test message of partnerops",
        sentence="Nothing is wrong: somebody tries whether alerts arrive here.",
        facts=(),
        examples=(),
        more="",
        terms=(),
        gap_ids=(),
        decided_at=now,
    )
    return {channel.name: channel.send(message, now) for channel in channels}
