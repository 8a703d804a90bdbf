"""What the state machine remembers between two evaluations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from partnerops_pipeline.alerts.observation import Observation, Severity


class Phase(StrEnum):
    """Where a gap stands.

    PENDING was seen, not often enough to be told. OPEN was told. ESCALATED was told again because it got worse.
    WAIVED is silent by a person's decision. RESOLVED is over.
    """

    PENDING = "pending"
    OPEN = "open"
    ESCALATED = "escalated"
    WAIVED = "waived"
    RESOLVED = "resolved"


STANDING = frozenset({Phase.OPEN, Phase.ESCALATED})
"""Phases of a gap that was told and is not over."""


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """One gap as the state machine knows it.

    Attributes:
        seen: the newest observation that was taken in.
        streak: evaluations in a row that speak for the next phase: open ones while pending, resolved ones afterwards.
        episode: 1 for the first time it is open, one more each time it opens again.
        opened_at: when the opening of this episode was told; None while it has not been.
        told_at: when anything was last told about it.
        told_severity: the severity that people know.
        told_breach: the due date whose breach people know of.
        resolved_at: when it ended.
    """

    seen: Observation
    phase: Phase
    streak: int = 0
    episode: int = 1
    opened_at: datetime | None = None
    told_at: datetime | None = None
    told_severity: Severity | None = None
    told_breach: date | None = None
    resolved_at: datetime | None = None


class GroupKey(NamedTuple):
    """Whom one message is for, and about which system."""

    owner_team: str
    source: str

    @classmethod
    def of(cls, seen: Observation) -> GroupKey:
        return cls(seen.owner_team, seen.source)


@dataclass(frozen=True)
class Group:
    """What is remembered of a group while it has open gaps: the count to compare with, and the last reminder."""

    compared_with: int
    reminded_at: datetime | None = None


@dataclass(frozen=True)
class AlertState:
    """All that is remembered. Equal states are equal whatever the order in which they came about."""

    gaps: Mapping[str, Tracked] = field(default_factory=dict)
    groups: Mapping[GroupKey, Group] = field(default_factory=dict)

    def standing(self) -> dict[GroupKey, list[Tracked]]:
        """The gaps that were told and are not over, by group."""
        found: dict[GroupKey, list[Tracked]] = {}
        for tracked in self.gaps.values():
            if tracked.phase in STANDING:
                found.setdefault(GroupKey.of(tracked.seen), []).append(tracked)
        return found
