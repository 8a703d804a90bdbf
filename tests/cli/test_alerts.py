"""`partnerops alerts`, and what `status`, `doctor` and the end of a run say of alerts; on releases written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from partnerops_pipeline.alerts.tell import memory_file, tell
from partnerops_pipeline.cli.alerts import tell_after_run
from partnerops_pipeline.cli.doctor import examine
from partnerops_pipeline.cli.main import main
from partnerops_pipeline.cli.status import show_status
from partnerops_pipeline.settings import Settings, load_settings
from tests.alerts.examples import day
from tests.alerts.receiver import Answer, Receiver, receiver
from tests.alerts.released import Released, row

NOW = datetime.now(UTC)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Released:
    monkeypatch.setenv("PARTNEROPS_HOME", str(tmp_path))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return Released(tmp_path)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as target:
        monkeypatch.setenv("PARTNEROPS_SLACK_WEBHOOK_URL", target.url)
        yield target


def call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def status_lines(settings: Settings, now: datetime, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    capsys.readouterr()
    well = show_status(settings, now)
    return well, capsys.readouterr().out


def test_a_test_message_goes_to_each_target(slack: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNEROPS_WEBHOOK_URL", slack.url)
    done = call("alerts", "test")
    assert (done.exit_code, done.output) == (
        0,
        "slack: the test message arrived.\nwebhook: the test message arrived.\n",
    )
    assert len(slack.requests) == 2


def test_a_target_that_does_not_take_the_test_message_is_named_with_the_reason(slack: Receiver) -> None:
    slack.will_answer(Answer(404, "no_service"))
    done = call("alerts", "test")
    assert done.exit_code == 1
    assert done.stderr == "partnerops: slack: Slack answered 404 (no_service).\n"


def test_without_a_target_the_test_says_where_alerts_appear() -> None:
    done = call("alerts", "test")
    assert done.exit_code == 0 and "No target is set" in done.output and "PARTNEROPS_SLACK_WEBHOOK_URL" in done.output


def test_a_preview_prints_what_would_be_said_and_sends_and_writes_nothing(house: Released, slack: Receiver) -> None:
    house.release(NOW, row(due_on=None))
    done = call("alerts", "preview")
    assert done.exit_code == 0 and done.output.startswith("1 new gap: Channel Ops, salesforce\nDeal registration")
    assert not memory_file(house.settings).exists() and slack.requests == []
    tell(house.settings, NOW)
    assert call("alerts", "preview").output == "Nothing would be said now.\n"


def test_a_preview_without_a_release_says_what_to_do(house: Released) -> None:
    done = call("alerts", "preview")
    assert done.exit_code == 1 and "There is no release yet" in done.stderr and "partnerops run" in done.stderr


def test_status_says_when_gaps_were_evaluated_and_is_well(house: Released, capsys: pytest.CaptureFixture[str]) -> None:
    house.release(day(0), row())
    tell(house.settings, day(0), channels=[])
    well, shown = status_lines(house.settings, day(0) + timedelta(hours=26), capsys)
    assert well and "gaps          last evaluated 2026-07-01 06:00 UTC\n" in shown and "no message waits" in shown


def test_status_is_amiss_when_gaps_were_not_evaluated_for_26_hours(
    house: Released, capsys: pytest.CaptureFixture[str]
) -> None:
    house.release(day(0), row())
    tell(house.settings, day(0), channels=[])
    well, shown = status_lines(house.settings, day(0) + timedelta(hours=26, minutes=1), capsys)
    assert not well and "NOT EVALUATED for more than 26 hours" in shown


def test_status_is_amiss_when_nobody_has_ever_looked(house: Released, capsys: pytest.CaptureFixture[str]) -> None:
    house.release(NOW, row())
    well, shown = status_lines(house.settings, NOW, capsys)
    assert not well and "NEVER EVALUATED" in shown


def test_status_is_amiss_when_the_release_was_made_without_rules(
    house: Released, capsys: pytest.CaptureFixture[str]
) -> None:
    house.release(NOW, tables=[])
    well, shown = status_lines(house.settings, NOW, capsys)
    assert not well and "before there were rules" in shown


def test_status_is_amiss_when_the_memory_is_damaged(house: Released, capsys: pytest.CaptureFixture[str]) -> None:
    house.release(NOW, row())
    memory_file(house.settings).parent.mkdir()
    memory_file(house.settings).write_bytes(b"not a database, but long enough for one" * 40)
    well, shown = status_lines(house.settings, NOW, capsys)
    assert not well and "Move the file away" in shown


def test_status_counts_the_messages_that_wait(
    house: Released, slack: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.will_answer(Answer(500), Answer(500))
    house.release(day(0), row(1), row(2, owner_team="Finance"))
    tell(house.settings, day(0))
    well, shown = status_lines(house.settings, day(0), capsys)
    assert well and "2 messages wait since 2026-07-01 06:00 UTC" in shown


def test_the_end_of_a_run_tells_and_says_so(
    house: Released, slack: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    house.release(NOW, row(due_on=None))
    tell_after_run(load_settings(), evaluated=True)
    assert capsys.readouterr().out == "Alert to slack: 1 new gap: Channel Ops, salesforce.\n"
    tell_after_run(load_settings(), evaluated=True)
    assert capsys.readouterr() == ("", "")
    assert len(slack.requests) == 1


def test_an_alert_that_does_not_arrive_is_a_warning_and_no_failure(
    house: Released, slack: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.will_answer(Answer(500))
    house.release(NOW, row(due_on=None))
    tell_after_run(load_settings(), evaluated=True)
    said = capsys.readouterr().err
    assert "Warning: an alert did not arrive: slack: Slack answered 500." in said and "1 message waits" in said


def test_a_damaged_memory_is_a_warning_and_no_failure(house: Released, capsys: pytest.CaptureFixture[str]) -> None:
    house.release(NOW, row())
    memory_file(house.settings).parent.mkdir()
    memory_file(house.settings).write_bytes(b"not a database, but long enough for one" * 40)
    tell_after_run(load_settings(), evaluated=True)
    assert "Warning: nobody was told of the gaps. The memory of the alerts" in capsys.readouterr().err


def test_a_run_that_found_nothing_new_counts_as_an_evaluation(
    house: Released, capsys: pytest.CaptureFixture[str]
) -> None:
    house.release(NOW - timedelta(days=2), row(due_on=None))
    tell_after_run(load_settings(), evaluated=False)
    assert "NOT EVALUATED" in status_lines(load_settings(), NOW, capsys)[1]
    tell_after_run(load_settings(), evaluated=True)
    assert "NOT EVALUATED" not in status_lines(load_settings(), NOW, capsys)[1]


@pytest.mark.parametrize(
    ("targets", "level", "said"),
    [
        ({}, "ok", "Alerts appear in the log. To be told in Slack"),
        ({"slack_webhook_url": "https://s.example/s3cret"}, "ok", "Alerts go to slack. Try: partnerops alerts test."),
        ({"webhook_url": "https://w.example/s3cret"}, "warn", "the webhook gets them unsigned"),
        ({"webhook_url": "https://w.example/", "webhook_secret": "s3cret"}, "ok", "Alerts go to webhook."),
        ({"webhook_secret": "s3cret"}, "warn", "PARTNEROPS_WEBHOOK_SECRET is set, but no webhook."),
    ],
    ids=["none", "slack", "unsigned", "signed", "a secret alone"],
)
def test_doctor_says_where_alerts_go(tmp_path: Path, targets: dict[str, str], level: str, said: str) -> None:
    findings = list(examine(load_settings(home=tmp_path, **targets)))
    found = [f for f in findings if said in f"{f.what} {f.do}"]
    assert [f.level for f in found] == [level]
    assert "s3cret" not in repr(findings)
