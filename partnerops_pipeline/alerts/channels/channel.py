"""What every channel can do, and how an attempt can end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from partnerops_pipeline.alerts.messages import Message


class Ending(StrEnum):
    """How an attempt ended, by what to do next.

    SENT: the target has it. LATER: it has not; try again. PERHAPS: nobody knows whether it has. REFUSED: it will never
    take this message; the next one may pass. BROKEN: the target is gone or forbids it; a person must mend the setting.
    """

    SENT = "sent"
    LATER = "later"
    PERHAPS = "perhaps"
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True)
class Outcome:
    """The end of one attempt: `why` is a clause for people, without secrets; `after` is the target's wish."""

    ending: Ending
    why: str = ""
    after: timedelta | None = None


class Channel(Protocol):
    """A target of alerts.

    Attributes:
        name: what the outbox calls it: `slack`. One channel per name.
        recognises_repeats: the target drops a message whose id it has had, so sending again is always safe.
        pause: the least time between two messages, as the target asks for.
    """

    @property
    def name(self) -> str: ...

    @property
    def recognises_repeats(self) -> bool: ...

    @property
    def pause(self) -> timedelta: ...

    def send(self, message: Message, now: datetime) -> Outcome:
        """Try once. Never raises for anything that the target or the network does."""
        ...
