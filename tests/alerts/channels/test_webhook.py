from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from partnerops_pipeline.alerts.channels.channel import Ending
from partnerops_pipeline.alerts.channels.slack import SlackChannel
from partnerops_pipeline.alerts.channels.webhook import WebhookChannel, is_signed
from tests.alerts.channels.test_slack_blocks import PLAIN
from tests.alerts.examples import day
from tests.alerts.receiver import Receiver


def test_a_message_arrives_signed_and_identified(target: Receiver) -> None:
    assert WebhookChannel(target.url, "key").send(PLAIN, day(0)).ending is Ending.SENT
    (request,) = target.requests
    header = request.headers["Partnerops-Signature"]
    assert is_signed("key", request.body, header, day(0) + timedelta(minutes=4))
    assert request.headers["Idempotency-Key"] == "m1"
    assert request.json["gap_ids"] == ["g1"]
    assert request.json["kind"] == "opened"


def test_a_signature_holds_only_for_its_body_its_secret_and_its_minutes(target: Receiver) -> None:
    WebhookChannel(target.url, "key").send(PLAIN, day(0))
    (request,) = target.requests
    header = request.headers["Partnerops-Signature"]
    assert not is_signed("key", request.body + b" ", header, day(0))
    assert not is_signed("other", request.body, header, day(0))
    assert not is_signed("key", request.body, header, day(0) + timedelta(minutes=6))
    assert not is_signed("key", request.body, header.replace("t=", "t=1"), day(0))
    for forged in ("", "t=,v1=", "v1=ä", "t=x,v1=0", header.split(",")[0]):
        assert not is_signed("key", request.body, forged, day(0))


def test_the_signature_is_the_documented_one(target: Receiver) -> None:

    WebhookChannel(target.url, "key").send(PLAIN, day(0))
    (request,) = target.requests
    seconds = str(int(day(0).timestamp()))
    expected = hmac.new(b"key", f"{seconds}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert request.headers["Partnerops-Signature"] == f"t={seconds},v1={expected}"


def test_without_a_secret_nothing_pretends_to_be_signed(target: Receiver) -> None:
    WebhookChannel(target.url).send(PLAIN, day(0))
    assert "Partnerops-Signature" not in target.requests[0].headers


def test_addresses_and_keys_do_not_show(target: Receiver) -> None:
    shown = repr(WebhookChannel(target.url, "k3y")) + repr(SlackChannel(target.url))
    assert "s3cret" not in shown and "k3y" not in shown


def test_slack_gets_blocks_and_a_text_for_notifications(target: Receiver) -> None:
    assert SlackChannel(target.url).send(PLAIN, day(0)).ending is Ending.SENT
    body = target.requests[0].json
    assert body["text"] == "1 new gap. No owner"
    assert [block["type"] for block in body["blocks"]] == ["header", "section", "section"]
