"""From settings to channels."""

from __future__ import annotations

from partnerops_pipeline.alerts.channels.channel import Channel
from partnerops_pipeline.alerts.channels.log import LogChannel
from partnerops_pipeline.alerts.channels.slack import SlackChannel
from partnerops_pipeline.alerts.channels.webhook import WebhookChannel


def configured_channels(
    *, slack_webhook_url: str = "", webhook_url: str = "", webhook_secret: str = ""
) -> tuple[Channel, ...]:
    """The channels whose targets are set; the log where none is.

    Args:
        slack_webhook_url: PARTNEROPS_SLACK_WEBHOOK_URL.
        webhook_url, webhook_secret: PARTNEROPS_WEBHOOK_URL and the key that signs what goes there.

    Raises:
        ConfigurationError: an address is not https.
    """
    channels: list[Channel] = []
    if slack_webhook_url:
        channels.append(SlackChannel(slack_webhook_url))
    if webhook_url:
        channels.append(WebhookChannel(webhook_url, webhook_secret))
    return tuple(channels) or (LogChannel(),)
