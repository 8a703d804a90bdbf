"""Drives the state machine through days and remembers what it told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from partnerops_pipeline.alerts.memory import AlertState
from partnerops_pipeline.alerts.notification import Notification
from partnerops_pipeline.alerts.observation import Observation
from partnerops_pipeline.alerts.policy import Policy
from partnerops_pipeline.alerts.state_machine import step
from tests.alerts.examples import day


@dataclass
class History:
    policy: Policy = field(default_factory=Policy)
    state: AlertState = field(default_factory=AlertState)

    def on(self, at: int | datetime, *observations: Observation) -> tuple[Notification, ...]:
        """The notifications of a step on that day."""
        now = at if isinstance(at, datetime) else day(at)
        self.state, notifications = step(self.state, observations, now, self.policy)
        return notifications

    def told(self, at: int | datetime, *observations: Observation) -> list[str]:
        """The same in words: `opened g1 g2`."""
        return in_words(self.on(at, *observations))


def in_words(notifications: Iterable[Notification]) -> list[str]:
    return [" ".join([n.kind.value, *(item.seen.gap_id for item in n.items)]) for n in notifications]
