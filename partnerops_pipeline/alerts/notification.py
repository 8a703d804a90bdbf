"""What the state machine decides to tell: facts only, the words come later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from partnerops_pipeline.alerts.observation import Observation


class Kind(StrEnum):
    """Why people are told, the most urgent first."""

    ESCALATED = "escalated"
    OPENED = "opened"
    REMINDER = "reminder"
    RESOLVED = "resolved"


class Reason(StrEnum):
    """What made a gap worth a message beyond its kind."""

    SEVERITY_ROSE = "severity_rose"
    DEADLINE_BREACHED = "deadline_breached"
    WAIVER_ENDED = "waiver_ended"


@dataclass(frozen=True)
class Item:
    """One gap in a notification. `kind` is the gap's own: a group that has doubled escalates with newly opened gaps."""

    seen: Observation
    episode: int
    kind: Kind
    reasons: frozenset[Reason] = frozenset()


@dataclass(frozen=True)
class Notification:
    """One message to be sent.

    Attributes:
        id: unique and stable: the same notification keeps it through every attempt on every channel.
        owner_team, source: the group; both empty in a digest, which speaks of several.
        items: the gaps, by gap id.
        standing: how many gaps of the group (of all groups, in a digest) are open after this.
        doubled_from: the count that the group has doubled since; None where it has not.
    """

    id: str
    kind: Kind
    owner_team: str
    source: str
    items: tuple[Item, ...]
    standing: int
    decided_at: datetime
    doubled_from: int | None = None

    @property
    def is_digest(self) -> bool:
        return not self.owner_team and not self.source


def identify(kind: Kind, owner_team: str, source: str, items: tuple[Item, ...], decided_at: datetime) -> str:
    """The id of a notification: what it says about which gaps, and when that was decided."""
    parts = [kind, owner_team, source, decided_at.isoformat()]
    parts += [f"{item.seen.gap_id}:{item.episode}:{item.kind}" for item in items]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
