"""Runs one delivery in a process of its own and stops where the test wants to kill it.

python -m tests.alerts.killed_sender OUTBOX URL before|during|after|never
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from partnerops_pipeline.alerts.channels.channel import Channel, Outcome
from partnerops_pipeline.alerts.channels.slack import SlackChannel
from partnerops_pipeline.alerts.channels.webhook import WebhookChannel
from partnerops_pipeline.alerts.deliver import evaluate_and_deliver
from partnerops_pipeline.alerts.messages import Message
from partnerops_pipeline.alerts.outbox import open_outbox
from partnerops_pipeline.alerts.policy import Policy
from tests.alerts.examples import day, gap


def stop_here() -> None:
    print("here", flush=True)
    time.sleep(60)


@dataclass
class Stopping:
    """The real channel, with a halt before or after its request."""

    real: Channel
    where: str

    @property
    def name(self) -> str:
        return self.real.name

    @property
    def recognises_repeats(self) -> bool:
        return self.real.recognises_repeats

    @property
    def pause(self) -> timedelta:
        return timedelta(0)

    def send(self, message: Message, now: datetime) -> Outcome:
        if self.where == "before":
            stop_here()
        outcome = self.real.send(message, now)
        if self.where == "after":
            stop_here()
        return outcome


def main(outbox_file: str, url: str, kind: str, where: str) -> None:
    real: Channel = SlackChannel(url) if kind == "slack" else WebhookChannel(url)
    with open_outbox(Path(outbox_file)) as outbox:
        if where == "written":
            outbox_sending = type(outbox).sending
            type(outbox).sending = lambda self: stop_here() or outbox_sending(self)  # type: ignore[assignment,func-returns-value]
        evaluate_and_deliver([gap()], day(0), Policy(), outbox, [Stopping(real, where)])
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
