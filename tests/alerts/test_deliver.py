from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from partnerops_pipeline.alerts.channels.channel import Channel, Ending, Outcome
from partnerops_pipeline.alerts.channels.log import LogChannel
from partnerops_pipeline.alerts.channels.slack import SlackChannel
from partnerops_pipeline.alerts.channels.webhook import WebhookChannel
from partnerops_pipeline.alerts.deliver import Delivered, deliver_waiting, evaluate_and_deliver
from partnerops_pipeline.alerts.messages import Message
from partnerops_pipeline.alerts.observation import Observation
from partnerops_pipeline.alerts.outbox import Outbox, open_outbox
from partnerops_pipeline.alerts.policy import Policy
from partnerops_pipeline.alerts.state_machine import step
from partnerops_pipeline.errors import ConfigurationError
from tests.alerts.examples import day, gap
from tests.alerts.receiver import Answer, Receiver

MINUTE = timedelta(minutes=1)


def no_waiting(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} s")


@dataclass
class Waiter:
    waited: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.waited.append(seconds)


@dataclass
class Scripted:
    """A channel that ends its attempts as told, and remembers the subjects that it was given."""

    endings: list[Outcome] = field(default_factory=list)
    name: str = "scripted"
    recognises_repeats: bool = False
    pause: timedelta = timedelta(0)
    heard: list[str] = field(default_factory=list)

    def send(self, message: Message, now: datetime) -> Outcome:
        self.heard.append(f"{message.kind.value} {' '.join(message.gap_ids)}")
        return self.endings.pop(0) if self.endings else Outcome(Ending.SENT)


@pytest.fixture
def run(outbox: Outbox) -> Callable[..., Delivered]:
    """Evaluate and deliver on a moment: a day number or an instant."""

    def runs(at: int | datetime, observations: list[Observation], *channels: Channel, **other: object) -> Delivered:
        now = at if isinstance(at, datetime) else day(at)
        options = {"wait": no_waiting, **other}
        return evaluate_and_deliver(observations, now, Policy(), outbox, channels, **options)  # type: ignore[arg-type]

    return runs


def slack(target: Receiver, seconds: float = 5) -> SlackChannel:
    return SlackChannel(target.url, timeout_seconds=seconds, pause=timedelta(0))


def test_a_gap_opens_and_closes_in_slack_with_one_message_each(run: Callable[..., Delivered], target: Receiver) -> None:
    reports = [run(0, [gap()], slack(target)), run(1, [gap(at=1)], slack(target))]
    reports += [run(2, [gap(at=2, state="resolved")], slack(target))]
    reports += [run(3, [gap(at=3, state="resolved")], slack(target))]
    assert [report.sent for report in reports] == [1, 0, 1, 0]
    assert [text.split(":")[0] for text in target.texts()] == ["1 new gap", "1 gap resolved"]


def test_ninety_clean_days_send_nothing(run: Callable[..., Delivered], outbox: Outbox, target: Receiver) -> None:
    for at in range(90):
        run(at, [gap("g1", at, "resolved")], slack(target))
        run(at, [], slack(target), evaluated_at=day(at))
    assert target.requests == []
    assert outbox.health().evaluated_at == day(89)


def test_too_many_requests_waits_as_long_as_slack_asks(run: Callable[..., Delivered], target: Receiver) -> None:
    target.will_answer(Answer(429, "rate_limited", {"Retry-After": "90"}))
    report = run(0, [gap()], slack(target))
    assert (report.sent, report.waiting, report.next_attempt_at) == (0, 1, day(0) + 90 * timedelta(seconds=1))
    assert report.problems == ["slack: Slack answered 429 (rate_limited)"]
    assert run(day(0) + timedelta(seconds=89), [gap()], slack(target)).sent == 0
    assert len(target.requests) == 1
    assert run(day(0) + timedelta(seconds=90), [gap()], slack(target)).sent == 1
    assert len(target.requests) == 2


def test_patience_waits_within_the_run(run: Callable[..., Delivered], target: Receiver) -> None:
    target.will_answer(Answer(429, headers={"Retry-After": "2"}), Answer(503))
    waiter = Waiter()
    report = run(0, [gap()], slack(target), patience=timedelta(minutes=5), wait=waiter)
    assert (report.sent, report.waiting) == (1, 0)
    assert waiter.waited == [2, 120]


def test_a_target_that_always_says_now_is_not_asked_for_ever(run: Callable[..., Delivered], target: Receiver) -> None:
    target.will_answer(*[Answer(429, headers={"Retry-After": "0"})] * 50)
    run(0, [gap()], slack(target), patience=timedelta(seconds=5), wait=Waiter())
    assert len(target.requests) == 6


def test_failures_pause_longer_and_longer(run: Callable[..., Delivered], target: Receiver) -> None:
    target.will_answer(*[Answer(500)] * 9)
    now, pauses = day(0), []
    for _ in range(9):
        at = run(now, [gap()], slack(target)).next_attempt_at
        assert at is not None
        pauses.append((at - now) / MINUTE)
        now = at
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert run(now, [gap()], slack(target)).sent == 1


def test_a_message_that_waits_tells_what_is_true_when_it_goes(run: Callable[..., Delivered]) -> None:
    channel = Scripted([Outcome(Ending.LATER, "down")])
    run(0, [gap("g1"), gap("g2")], channel)
    report = run(1, [gap("g1", 1, "resolved"), gap("g2", 1)], channel)
    assert channel.heard == ["opened g1 g2", "opened g2"]
    assert (report.sent, report.superseded) == (1, 1)


def test_nobody_hears_of_a_gap_that_came_and_went_while_the_target_was_down(run: Callable[..., Delivered]) -> None:
    channel = Scripted([Outcome(Ending.LATER, "down")])
    run(0, [gap()], channel)
    report = run(1, [gap(at=1, state="resolved")], channel)
    assert channel.heard == ["opened g1"]
    assert (report.sent, report.superseded, report.waiting) == (0, 2, 0)


def test_a_gap_that_went_and_came_back_while_the_target_was_down_is_told_once(
    run: Callable[..., Delivered], outbox: Outbox
) -> None:
    channel = Scripted([Outcome(Ending.LATER, "down")])
    run(0, [gap()], channel)
    mended = [gap(at=1, state="resolved")]
    outbox.decide(
        lambda state: step(state, mended, day(1), Policy()), ["scripted"], day(1)
    )  # and killed before sending
    report = run(2, [gap(at=2)], channel)
    assert channel.heard == ["opened g1", "opened g1"]
    assert (report.sent, report.superseded, report.waiting) == (1, 2, 0)


def test_the_end_is_told_of_a_gap_that_has_left_a_message_which_may_have_arrived(run: Callable[..., Delivered]) -> None:
    channel = Scripted([Outcome(Ending.PERHAPS, "no answer")])
    run(0, [gap("g1"), gap("g2")], channel)
    run(1, [gap("g1", 1, "resolved"), gap("g2", 1)], channel)
    assert channel.heard == ["opened g1 g2", "opened g2", "resolved g1"]


def test_two_channels_of_one_name_are_refused(run: Callable[..., Delivered], outbox: Outbox) -> None:
    with pytest.raises(ConfigurationError, match="`scripted`"):
        run(0, [gap()], Scripted(), Scripted())
    assert outbox.health().waiting == 0


def test_the_end_is_told_when_the_start_may_have_arrived(run: Callable[..., Delivered]) -> None:
    channel = Scripted([Outcome(Ending.PERHAPS, "no answer")])
    run(0, [gap()], channel)
    run(1, [gap(at=1, state="resolved")], channel)
    assert channel.heard == ["opened g1", "resolved g1"]


def test_a_target_that_cannot_tell_repeats_hears_nothing_three_times(run: Callable[..., Delivered]) -> None:
    channel = Scripted([Outcome(Ending.PERHAPS, "no answer")] * 5)
    reports = [run(day(0) + at * timedelta(minutes=10), [gap()], channel) for at in range(5)]
    assert channel.heard == ["opened g1"] * 2
    assert sum(report.unheard for report in reports) == 1
    run(1, [gap(at=1, state="resolved")], channel)
    assert channel.heard[-1] == "resolved g1"


def test_a_target_that_recognises_repeats_is_asked_until_it_answers(run: Callable[..., Delivered]) -> None:
    channel = Scripted([Outcome(Ending.PERHAPS, "no answer")] * 5, recognises_repeats=True)
    reports = [run(0 * MINUTE + day(0) + at * timedelta(hours=1), [gap()], channel) for at in range(6)]
    assert channel.heard == ["opened g1"] * 6
    assert reports[-1].sent == 1


def test_a_message_that_the_target_never_takes_does_not_hold_up_the_next(
    run: Callable[..., Delivered], target: Receiver
) -> None:
    target.will_answer(Answer(400, "invalid_blocks"))
    report = run(0, [gap("g1"), gap("g2", source="impartner")], slack(target))
    assert (report.sent, report.unheard, report.waiting) == (1, 1, 0)
    assert report.problems == ["slack: Slack answered 400 (invalid_blocks)"]


def test_a_revoked_webhook_keeps_its_messages_until_the_setting_is_mended(
    run: Callable[..., Delivered], target: Receiver
) -> None:
    target.will_answer(Answer(404, "no_service"))
    report = run(0, [gap()], slack(target))
    assert report.next_attempt_at == day(0) + timedelta(hours=1)
    assert run(day(0) + timedelta(hours=1), [gap()], slack(target)).sent == 1


def test_a_failing_channel_does_not_hold_up_another(run: Callable[..., Delivered], target: Receiver) -> None:
    target.will_answer(Answer(500))
    lines: list[str] = []
    report = run(0, [gap()], slack(target), LogChannel(lines.append))
    assert (report.sent, report.waiting, len(lines)) == (1, 1, 1)


def test_a_channel_keeps_the_pause_that_its_target_demands(run: Callable[..., Delivered]) -> None:
    channel, waiter = Scripted(pause=timedelta(seconds=1)), Waiter()
    run(0, [gap("g1"), gap("g2", source="impartner"), gap("g3", owner_team="Finance")], channel, wait=waiter)
    assert (len(channel.heard), waiter.waited) == (3, [1, 1])


def test_a_channel_added_later_hears_no_end_without_a_start(run: Callable[..., Delivered]) -> None:
    early, late = Scripted(name="early"), Scripted(name="late")
    run(0, [gap()], early)
    run(1, [gap(at=1, state="resolved")], early, late)
    assert (early.heard, late.heard) == (["opened g1", "resolved g1"], [])


@pytest.mark.parametrize("answer", [Answer(hang=True), Answer(reset=True)], ids=["time-out", "reset"])
def test_an_answer_that_never_comes_makes_one_more_message_at_most(
    run: Callable[..., Delivered], target: Receiver, answer: Answer
) -> None:
    target.will_answer(answer, answer, answer)
    for hour in range(4):
        run(day(0) + timedelta(hours=hour), [gap()], slack(target, 0.3))
    assert len(target.requests) == 2


def test_a_webhook_gets_the_same_id_again_after_a_time_out(run: Callable[..., Delivered], target: Receiver) -> None:
    target.will_answer(Answer(hang=True), Answer(reset=True))
    channel = WebhookChannel(target.url, timeout_seconds=1.5)
    reports = [run(day(0) + timedelta(hours=hour), [gap()], channel) for hour in range(3)]
    assert [report.sent for report in reports] == [0, 0, 1]
    assert len({request.headers["Idempotency-Key"] for request in target.requests}) == 1


def test_two_runs_at_once_send_each_message_once(outbox_file: Path, target: Receiver) -> None:
    reports: list[Delivered] = []
    together = threading.Barrier(3)

    def run_once() -> None:
        with open_outbox(outbox_file) as mine:
            together.wait()
            observations = [gap("g1"), gap("g2", source="impartner")]
            reports.append(evaluate_and_deliver(observations, day(0), Policy(), mine, [slack(target)]))

    threads = [threading.Thread(target=run_once) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(reports), len(target.requests), sum(report.sent for report in reports)) == (3, 2, 2)


def test_what_waits_goes_without_a_new_evaluation(
    run: Callable[..., Delivered], outbox: Outbox, target: Receiver
) -> None:
    target.will_answer(Answer(503))
    run(0, [gap()], slack(target))
    report = deliver_waiting(day(0) + MINUTE, Policy(), outbox, [slack(target)])
    assert (report.sent, report.decided) == (1, ())
