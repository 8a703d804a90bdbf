"""Slack through an incoming webhook.

A webhook can neither edit a message nor answer in a thread (both need a bot token), and Slack does not recognise a
repeated one, so a message whose fate is unknown is sent at most once more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from partnerops_pipeline.alerts.channels.channel import Outcome
from partnerops_pipeline.alerts.channels.post import post, usable_address
from partnerops_pipeline.alerts.channels.slack_blocks import payload
from partnerops_pipeline.alerts.messages import Message


@dataclass(frozen=True)
class SlackChannel:
    """Posts to one incoming webhook, whose address is the secret and never shows.

    Raises:
        ConfigurationError: the address is not https (plain http is for a server on this machine).
    """

    webhook_url: str = field(repr=False)
    timeout_seconds: float = 10.0
    name: str = "slack"
    recognises_repeats: bool = False
    # Slack takes one message a second for each webhook and answers 429 beyond that.
    pause: timedelta = timedelta(seconds=1)

    def __post_init__(self) -> None:
        usable_address(self.webhook_url, "PARTNEROPS_SLACK_WEBHOOK_URL")

    def send(self, message: Message, now: datetime) -> Outcome:
        body = json.dumps(payload(message), ensure_ascii=False).encode()
        return post(
            self.webhook_url,
            body,
            {"Content-Type": "application/json; charset=utf-8"},
            target="Slack",
            timeout_seconds=self.timeout_seconds,
            now=now,
        )
