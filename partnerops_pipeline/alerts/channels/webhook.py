"""A webhook of one's own: JSON, signed, and with an id by which the receiver recognises a repeated message."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from partnerops_pipeline.alerts.channels.channel import Outcome
from partnerops_pipeline.alerts.channels.post import post, usable_address
from partnerops_pipeline.alerts.messages import Message, plain_text

SIGNATURE_HEADER = "Partnerops-Signature"
ID_HEADER = "Idempotency-Key"


@dataclass(frozen=True)
class WebhookChannel:
    """Posts each message as JSON. The receiver must drop an `Idempotency-Key` that it has had: that is the contract.

    With a secret, `Partnerops-Signature: t=<seconds>,v1=<hex>` carries the HMAC-SHA256 of `<seconds>.<body>`; see
    `is_signed`.

    Raises:
        ConfigurationError: the address is not https (plain http is for a server on this machine).
    """

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    timeout_seconds: float = 10.0
    name: str = "webhook"
    recognises_repeats: bool = True
    pause: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        usable_address(self.url, "PARTNEROPS_WEBHOOK_URL")

    def send(self, message: Message, now: datetime) -> Outcome:
        body = json.dumps(webhook_body(message), sort_keys=True, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", ID_HEADER: message.id}
        if self.secret:
            headers[SIGNATURE_HEADER] = sign(self.secret, body, now)
        return post(self.url, body, headers, target="the webhook", timeout_seconds=self.timeout_seconds, now=now)


def webhook_body(message: Message) -> dict[str, Any]:
    """The JSON of a message; new keys may come, these stay."""
    return {
        "id": message.id,
        "kind": message.kind.value,
        "severity": message.severity.word,
        "owner_team": message.owner_team,
        "source": message.source,
        "decided_at": message.decided_at.astimezone(UTC).isoformat(),
        "gap_ids": list(message.gap_ids),
        "subject": message.subject,
        "text": plain_text(message),
        "examples": [{"text": example.text, "url": example.url} for example in message.examples],
    }


def sign(secret: str, body: bytes, now: datetime) -> str:
    """The signature header of a body sent at `now`."""
    seconds = str(int(now.timestamp()))
    return f"t={seconds},v1={_mac(secret, seconds, body)}"


def is_signed(secret: str, body: bytes, header: str, now: datetime, within: timedelta = timedelta(minutes=5)) -> bool:
    """What a receiver checks: the signature is of this body and secret, and was made within the last minutes."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    seconds = parts.get("t", "")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        return False
    if abs(now.timestamp() - int(seconds)) > within.total_seconds():
        return False
    return hmac.compare_digest(_mac(secret, seconds, body).encode(), parts.get("v1", "").encode())


def _mac(secret: str, seconds: str, body: bytes) -> str:
    return hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
