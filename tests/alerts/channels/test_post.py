from __future__ import annotations

import socket
from datetime import timedelta

import pytest

from partnerops_pipeline.alerts.channels.channel import Ending, Outcome
from partnerops_pipeline.alerts.channels.post import post, retry_after, usable_address
from partnerops_pipeline.errors import ConfigurationError
from tests.alerts.examples import day
from tests.alerts.receiver import Answer, Receiver


def send(url: str, seconds: float = 5) -> Outcome:
    return post(url, b"{}", {}, target="Slack", timeout_seconds=seconds, now=day(0))


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        (200, Ending.SENT),
        (204, Ending.SENT),
        (302, Ending.BROKEN),
        (400, Ending.REFUSED),
        (401, Ending.BROKEN),
        (403, Ending.BROKEN),
        (404, Ending.BROKEN),
        (408, Ending.LATER),
        (410, Ending.BROKEN),
        (413, Ending.REFUSED),
        (429, Ending.LATER),
        (500, Ending.LATER),
        (503, Ending.LATER),
    ],
)
def test_the_answer_says_what_to_do_next(target: Receiver, status: int, ending: Ending) -> None:
    target.will_answer(Answer(status, "" if status == 204 else "no_service", {"Location": target.url}))
    assert send(target.url).ending is ending
    assert len(target.requests) == 1


def test_a_server_error_may_name_its_time(target: Receiver) -> None:
    target.will_answer(Answer(503, headers={"Retry-After": "Wed, 01 Jul 2026 06:02:00 GMT"}))
    assert send(target.url).after == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        (None, None),
        ("30", timedelta(seconds=30)),
        ("0", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
        ("1.5", None),
        ("999999999", timedelta(days=1)),
        ("Wed, 01 Jul 2026 06:00:30 GMT", timedelta(seconds=30)),
        ("Wed, 01 Jul 2026 05:00:00 GMT", timedelta(0)),
        ("Wed, 01 Jul 2026 06:00:30", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, wish: timedelta | None) -> None:
    assert retry_after(text, day(0)) == wish


def test_nobody_listening_is_a_message_that_did_not_arrive() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert send(f"http://127.0.0.1:{unused.getsockname()[1]}/s3cret") == Outcome(
            Ending.LATER, "Slack cannot be reached"
        )


@pytest.mark.parametrize("answer", [Answer(hang=True), Answer(reset=True)], ids=["time-out", "reset"])
def test_a_broken_conversation_is_a_message_that_may_have_arrived(target: Receiver, answer: Answer) -> None:
    target.will_answer(answer)
    assert send(target.url, 0.3).ending is Ending.PERHAPS


def test_no_outcome_repeats_the_address_or_what_was_sent(target: Receiver) -> None:
    target.will_answer(Answer(403, f"forbidden: {target.url}"), Answer(hang=True), Answer(reset=True))
    why = [send(target.url, 0.3).why for _ in range(3)]
    why += [send("http://no such host/s3cret").why, send("http://127.0.0.1:1/s3cret").why]
    assert all(why)
    assert not any("s3cret" in each or "127.0.0.1" in each for each in why)


@pytest.mark.parametrize(
    "url", ["", "http://hooks.slack.com/s3cret", "ftp://a.example", "https://", "https://[x", "https://a:99999/"]
)
def test_an_address_that_would_show_the_secret_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="PARTNEROPS_WEBHOOK_URL") as caught:
        usable_address(url, "PARTNEROPS_WEBHOOK_URL")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.com/services/T/B/x", "http://127.0.0.1:8080/x", "http://[::1]:80/x"]
)
def test_https_and_this_machine_are_fine(url: str) -> None:
    assert usable_address(url, "X") == url
