"""The real `tell`: releases on disk, targets from settings, a real receiver on loopback."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest

from partnerops_pipeline.alerts.channels.channel import Channel
from partnerops_pipeline.alerts.channels.log import LogChannel
from partnerops_pipeline.alerts.channels.slack import SlackChannel
from partnerops_pipeline.alerts.deliver import Delivered
from partnerops_pipeline.alerts.tell import channels_of, health_of, memory_file, preview_now, tell
from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.release.folders import flip
from partnerops_pipeline.settings import load_settings
from tests.alerts.examples import day
from tests.alerts.receiver import Answer, Receiver
from tests.alerts.released import Released, rejected_file, row

ROOT = Path(__file__).resolve().parents[2]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def house(tmp_path: Path) -> Released:
    return Released(tmp_path)


@pytest.fixture
def slack(target: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """The receiver, as the Slack target of the settings."""
    monkeypatch.setenv("PARTNEROPS_SLACK_WEBHOOK_URL", target.url)
    return target


def heads(target: Receiver) -> list[str]:
    return [text.split(": ")[0] for text in target.texts()]


def test_a_gap_is_told_once_and_its_end_once(house: Released, slack: Receiver) -> None:
    house.release(day(0), row())
    assert [tell(house.settings, day(0) + n * MINUTE).sent for n in range(3)] == [1, 0, 0]
    house.release(day(1), row(state="resolved"))
    assert [tell(house.settings, day(1) + n * MINUTE).sent for n in range(3)] == [1, 0, 0]
    house.release(day(2), row(state="resolved"))
    assert tell(house.settings, day(2)).sent == 0
    assert heads(slack) == ["1 new gap", "1 gap resolved"]


def test_without_a_release_nothing_is_written_or_sent(house: Released, slack: Receiver) -> None:
    report = tell(house.settings, day(0))
    assert (report.sent, report.waiting, slack.requests) == (0, 0, [])
    assert "no release yet" in report.note
    assert not memory_file(house.settings).exists()


def test_going_back_to_an_older_release_tells_nothing(house: Released, slack: Receiver) -> None:
    older = house.release(day(0), row())
    tell(house.settings, day(0))
    house.release(day(1), row(state="resolved"))
    tell(house.settings, day(1))
    flip(house.home / "current", older)
    report = tell(house.settings, day(1) + MINUTE)
    assert report.sent == 0 and "is of 2026-07-01, and alerts have told of 2026-07-02" in report.note
    assert heads(slack) == ["1 new gap", "1 gap resolved"]


def test_a_release_of_a_past_day_or_of_past_knowledge_is_no_news(house: Released, slack: Receiver) -> None:
    house.release(day(9), row(1))
    tell(house.settings, day(9))
    house.release(day(9) + MINUTE, row(2), as_of=day(3).date())
    assert tell(house.settings, day(9) + MINUTE).sent == 0
    house.release(day(9) + 2 * MINUTE, row(3), known_at="2026-07-09T00:00:00Z")
    assert "known at 2026-07-09" in tell(house.settings, day(9) + 2 * MINUTE).note
    house.release(day(9) + 3 * MINUTE, row(1, "resolved"), row(4))
    assert tell(house.settings, day(9) + 3 * MINUTE).sent == 2


def test_a_day_in_the_future_by_mistake_does_not_silence_the_days_before_it(house: Released, slack: Receiver) -> None:
    house.release(day(0), row(), as_of=date(2062, 7, 1))
    tell(house.settings, day(0))
    house.release(day(1), row(state="resolved"))
    assert tell(house.settings, day(1)).sent == 1


def test_what_waited_goes_even_where_the_release_holds_no_gaps(house: Released, slack: Receiver) -> None:
    slack.will_answer(Answer(500))
    house.release(day(0), row())
    assert tell(house.settings, day(0)).waiting == 1
    house.release(day(0), tables=[])
    report = tell(house.settings, day(0) + 2 * MINUTE)
    assert (report.sent, report.waiting) == (1, 0) and "before there were rules" in report.note


@pytest.mark.parametrize(
    ("answer", "pause", "problem"),
    [
        (Answer(429, "rate_limited", {"Retry-After": "30"}), 0.5, "Slack answered 429 (rate_limited)"),
        (Answer(500), 1, "Slack answered 500"),
        (Answer(hang=True), 1, "Slack did not answer within 0.3 s"),
    ],
    ids=["429", "500", "time-out"],
)
def test_a_target_that_fails_is_tried_again_later_and_no_sooner(
    house: Released, target: Receiver, answer: Answer, pause: float, problem: str
) -> None:
    channels = [SlackChannel(target.url, timeout_seconds=0.3)]
    house.release(day(0), row())
    target.will_answer(answer)
    first = tell(house.settings, day(0), channels=channels)
    assert (first.sent, first.waiting, first.problems) == (0, 1, [f"slack: {problem}"])
    assert first.next_attempt_at == day(0) + pause * MINUTE
    assert tell(house.settings, day(0) + (pause - 0.1) * MINUTE, channels=channels).sent == 0
    assert tell(house.settings, day(0) + pause * MINUTE, channels=channels).sent == 1
    assert len(target.requests) == 2


def test_the_command_line_and_the_sensor_at_once_tell_each_gap_once(house: Released, slack: Receiver) -> None:
    house.release(day(0), row(1), row(2, owner_team="Finance"))
    together, reports = threading.Barrier(2), list[Delivered]()

    def tell_once() -> None:
        together.wait()
        reports.append(tell(house.settings, day(0)))

    threads = [threading.Thread(target=tell_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(reports), len(slack.requests)) == (2, 2)


def start(house: Released, target: Receiver, where: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.alerts.killed_teller", str(house.home), target.url, where]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("where", "arrivals"), [("written", 1), ("during", 2)])
def test_a_kill_between_writing_and_sending_loses_nothing(
    house: Released, target: Receiver, where: str, arrivals: int
) -> None:
    house.release(day(0), row())
    if where == "during":
        target.will_answer(Answer(hang=True))
    with start(house, target, where) as process:
        try:
            if where == "during":
                assert target.arrived.wait(30)
            else:
                assert process.stdout is not None and process.stdout.readline() == "here\n"
        finally:
            process.kill()
    for _ in range(2):
        with start(house, target, "never") as process:
            assert process.communicate(timeout=30)[0] == "done\n"
    assert heads(target) == ["1 new gap"] * arrivals
    health = health_of(house.settings)
    assert health is not None and health.waiting == 0


def test_hundreds_of_gaps_at_first_make_one_message_and_the_next_day_none(house: Released, slack: Receiver) -> None:
    rows = [row(n, owner_team=f"Team {n % 4}", severity=("high", "low")[n % 2]) for n in range(300)]
    house.release(day(0), *rows)
    assert tell(house.settings, day(0)).sent == 1
    assert slack.texts()[0].startswith("300 new gaps, of several owners")
    house.release(day(1), *rows)
    assert tell(house.settings, day(1)).sent == 0


def test_a_rejected_file_is_told_instead_of_what_cannot_be_judged(house: Released, slack: Receiver) -> None:
    unmatched = row(2, rule_id="ID-01", source="impartner")
    house.release(day(0), unmatched)
    tell(house.settings, day(0))
    house.release(day(1), rejected_file(), row(2, "resolved", rule_id="ID-01", source="impartner"))
    tell(house.settings, day(1))
    assert heads(slack) == ["1 new gap", "1 new gap"]
    assert "1 other open gap cannot be judged" in slack.requests[-1].body.decode()
    house.release(day(2), rejected_file(state="resolved"), row(2, "resolved", rule_id="ID-01", source="impartner"))
    assert tell(house.settings, day(2)).sent == 2


def test_deadlines_are_judged_by_the_as_of_day_of_the_release(house: Released, slack: Receiver) -> None:
    """A programme of 2026 that is looked at in 2027: due on 4 July, the day of the numbers is 1 July."""
    later = day(300)
    house.release(later, row(), as_of=date(2026, 7, 1))
    tell(house.settings, later)
    assert "Due 2026-07-04." in slack.requests[0].body.decode()
    house.release(later + timedelta(days=1), row(), as_of=date(2026, 7, 5))
    tell(house.settings, later + timedelta(days=1))
    assert heads(slack)[1] == "1 gap got worse"


def test_nobody_is_reminded_of_gaps_that_nobody_has_looked_at_since(house: Released, slack: Receiver) -> None:
    house.release(day(0), row(due_on=None))
    tell(house.settings, day(0))
    report = tell(house.settings, day(8))
    assert report.sent == 0 and "2026-07-01 06:00 UTC" in report.note
    assert tell(house.settings, day(8), evaluated_at=day(8)).sent == 1, "an equal release was not made again"
    assert heads(slack) == ["1 new gap", "1 gap still open"]


def test_an_old_release_that_is_met_for_the_first_time_is_told(house: Released, slack: Receiver) -> None:
    house.release(day(0), row())
    assert tell(house.settings, day(5)).sent == 1


def test_alerting_is_alive_for_26_hours_after_an_evaluation(house: Released) -> None:
    assert health_of(house.settings) is None
    house.release(day(0))
    tell(house.settings, day(0), channels=[])
    tell(house.settings, day(1), channels=[], evaluated_at=day(1))
    health = health_of(house.settings)
    assert health is not None and health.evaluated_at == day(1)
    assert health.is_alive(day(1) + timedelta(hours=26)) and not health.is_alive(
        day(1) + timedelta(hours=26, seconds=1)
    )


def test_a_preview_says_what_would_be_told_and_writes_nothing(house: Released, slack: Receiver) -> None:
    house.release(day(0), row())
    (message,) = preview_now(house.settings, day(0))
    assert message.subject == "1 new gap: Channel Ops, salesforce" and "Revenue at stake: EUR 125,000." in message.facts
    assert not house.settings.state.exists()
    tell(house.settings, day(0))
    before = memory_file(house.settings).read_bytes()
    assert preview_now(house.settings, day(0) + MINUTE) == ()
    house.release(day(1), row(state="resolved"))
    assert [message.kind for message in preview_now(house.settings, day(1))] == ["resolved"]
    assert memory_file(house.settings).read_bytes() == before
    assert len(slack.requests) == 1


def test_the_targets_are_those_of_the_settings(target: Receiver, tmp_path: Path) -> None:
    def names(**targets: str) -> list[str]:
        return [channel.name for channel in channels_of(load_settings(home=tmp_path, **targets))]

    assert names() == ["log"]
    assert names(slack_webhook_url=target.url, webhook_url=target.url, webhook_secret="key") == ["slack", "webhook"]


@pytest.mark.parametrize("url", ["http://hooks.example/s3cret", "ftp://s3cret", "s3cret", "https://[s3cret"])
@pytest.mark.parametrize("name", ["PARTNEROPS_SLACK_WEBHOOK_URL", "PARTNEROPS_WEBHOOK_URL"])
def test_an_unsafe_address_is_refused_without_repeating_it(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    monkeypatch.setenv(name, url)
    with pytest.raises(ConfigurationError, match=name) as refused:
        load_settings()
    assert "s3cret" not in str(refused.value)


def test_secrets_do_not_show(
    monkeypatch: pytest.MonkeyPatch, house: Released, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("PARTNEROPS_SLACK_WEBHOOK_URL", "PARTNEROPS_WEBHOOK_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/s3cret")
    monkeypatch.setenv("PARTNEROPS_WEBHOOK_SECRET", "s3cret")
    settings = house.settings
    house.release(day(0), row())
    report = tell(settings, day(0))
    assert report.problems == ["slack: Slack cannot be reached", "webhook: the webhook cannot be reached"]
    assert "s3cret" not in repr(settings) + repr(channels_of(settings)) + repr(report) + caplog.text


def test_a_channel_is_told_in_full_without_a_target(house: Released, caplog: pytest.LogCaptureFixture) -> None:
    house.release(day(0), row())
    tell(house.settings, day(0))
    assert "1 new gap: Channel Ops, salesforce\nDeal registration DR-1182" in caplog.text


def test_releases_of_ninety_clean_days_tell_nothing(house: Released) -> None:
    lines: list[str] = []
    channels: list[Channel] = [LogChannel(lines.append)]
    for number in range(0, 90, 9):
        house.release(day(number), row(state="resolved"))
        tell(house.settings, day(number), channels=channels)
    assert lines == []
