"""The log as a channel: what stands in when no target is set, and a record beside those that are."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from partnerops_pipeline.alerts.channels.channel import Ending, Outcome
from partnerops_pipeline.alerts.messages import Message, plain_text


@dataclass(frozen=True)
class LogChannel:
    """Writes each message as plain text through `write`; by default as a warning of the product's log."""

    write: Callable[[str], None] = logging.getLogger("partnerops.alerts").warning
    name: str = "log"
    recognises_repeats: bool = False
    pause: timedelta = timedelta(0)

    def send(self, message: Message, now: datetime) -> Outcome:
        self.write(plain_text(message))
        return Outcome(Ending.SENT)
