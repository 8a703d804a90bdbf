"""From observations to messages that arrived: decide, write down, send, mark."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from partnerops_pipeline.alerts.channels.channel import Channel, Ending, Outcome
from partnerops_pipeline.alerts.current_truth import CurrentTruth, current_truth
from partnerops_pipeline.alerts.errors import AnotherSender
from partnerops_pipeline.alerts.messages import render
from partnerops_pipeline.alerts.notification import Kind, Notification
from partnerops_pipeline.alerts.observation import Observation
from partnerops_pipeline.alerts.outbox import Delivery, Outbox
from partnerops_pipeline.alerts.policy import Policy
from partnerops_pipeline.alerts.state_machine import step
from partnerops_pipeline.errors import ConfigurationError

_SHORTEST_PAUSE = timedelta(seconds=1)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
_MOST_UNSURE_ATTEMPTS = 2
"""Once, and once more: a target that cannot tell repeats hears nothing three times."""


@dataclass
class Delivered:
    """What came of it.

    Attributes:
        decided: the notifications that this evaluation gave rise to.
        sent: messages that arrived, over all channels, older ones that waited included.
        superseded: messages that were not sent because nothing in them was true any more.
        waiting: messages that wait for another attempt.
        unheard: messages that ended in this run without anybody knowing that they arrived.
        next_attempt_at: when the next waiting message may go; None where none waits.
        problems: one clause per failed attempt, without secrets: "slack: Slack answered 429 (rate_limited)".
        note: why nothing could be evaluated, or why that counts for little; empty where all is well.
    """

    decided: tuple[Notification, ...] = ()
    sent: int = 0
    superseded: int = 0
    waiting: int = 0
    unheard: int = 0
    next_attempt_at: datetime | None = None
    problems: list[str] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class Wording:
    """What the messages need besides the facts: the currency of the revenue, and the glossary of partner terms."""

    currency: str = "USD"
    glossary: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Time:
    """The moment of the run; moves only by what we wait ourselves, so that a run is a function of its `now`."""

    now: datetime
    until: datetime
    wait: Callable[[float], None]

    def pass_by(self, pause: timedelta) -> None:
        if pause > timedelta(0):
            self.wait(pause.total_seconds())
            self.now += pause


def evaluate_and_deliver(
    observations: Iterable[Observation],
    now: datetime,
    policy: Policy,
    outbox: Outbox,
    channels: Sequence[Channel],
    *,
    evaluated_at: datetime | None = None,
    as_of: date | None = None,
    wording: Wording = Wording(),
    patience: timedelta = timedelta(0),
    wait: Callable[[float], None] = time.sleep,
) -> Delivered:
    """Take in an evaluation and send what it gives rise to, and what waited from before.

    Safe to repeat and to kill at any point: a message is lost nowhere, arrives once in a channel that recognises
    repeats, and at most once more in one that does not. A target that fails holds up only its own channel.

    Args:
        now: the moment, in UTC.
        channels: with different names; messages are written down for exactly these.
        evaluated_at: when the rules were evaluated, so that a clean programme, which has no observations, counts as
            evaluated too; by default when the newest observation was.
        as_of: the day that the evaluation was of.
        patience: how long to wait, in all, for targets that ask to be called again; what is left waits for the next
            run. The pause that a channel demands between two messages is always kept.
        wait: waits for so many seconds.

    Raises:
        BadData: `now` is not in UTC.
        ConfigurationError: two channels have one name.
    """
    _must_differ(channels)
    seen = tuple(observations)
    decided = outbox.decide(
        lambda state: step(state, seen, now, policy),
        [channel.name for channel in channels],
        now,
        evaluated_at or max((observation.evaluated_at for observation in seen), default=None),
        as_of,
    )
    report = deliver_waiting(now, policy, outbox, channels, wording=wording, patience=patience, wait=wait)
    report.decided = decided
    return report


def deliver_waiting(
    now: datetime,
    policy: Policy,
    outbox: Outbox,
    channels: Sequence[Channel],
    *,
    wording: Wording = Wording(),
    patience: timedelta = timedelta(0),
    wait: Callable[[float], None] = time.sleep,
) -> Delivered:
    """Send what waits, without a new evaluation: what a sensor does between two. Arguments as above."""
    report = Delivered()
    try:
        with outbox.sending():
            for channel in channels:
                moment = _Time(now, now + patience, wait)
                _drain(channel, outbox, policy, wording, moment, report)
    except AnotherSender as error:
        report.problems.append(error.message)
    report.waiting = outbox.health().waiting
    return report


def _must_differ(channels: Sequence[Channel]) -> None:
    names = [channel.name for channel in channels]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(
            f"Two alert channels are called `{twice[0]}`.", "Give each a name of its own: it says what was sent where."
        )


def _drain(
    channel: Channel, outbox: Outbox, policy: Policy, wording: Wording, moment: _Time, report: Delivered
) -> None:
    """Send in the order of deciding; a failed message holds up those behind it: no end comes before its start."""
    has_sent = False
    while (delivery := outbox.next_waiting(channel.name)) is not None:
        if delivery.unsure_attempts >= _MOST_UNSURE_ATTEMPTS and not channel.recognises_repeats:
            _give_up(delivery, outbox, moment.now, "it may have arrived twice already", report)
            continue
        truth = current_truth(delivery.notification, outbox.state(), lambda item: outbox.has_heard(channel.name, item))
        if truth is None:
            may_have_heard = delivery.notification.items if delivery.unsure_attempts else ()
            outbox.end(delivery, "superseded", moment.now, told=may_have_heard)
            report.superseded += 1
            continue
        if delivery.next_attempt_at > moment.now:
            if delivery.next_attempt_at > moment.until:
                earliest = report.next_attempt_at or delivery.next_attempt_at
                report.next_attempt_at = min(earliest, delivery.next_attempt_at)
                return
            moment.pass_by(delivery.next_attempt_at - moment.now)
        if has_sent:
            moment.pass_by(channel.pause)
        has_sent = True
        _attempt(channel, delivery, truth, outbox, policy, wording, moment, report)


def _attempt(
    channel: Channel,
    delivery: Delivery,
    truth: CurrentTruth,
    outbox: Outbox,
    policy: Policy,
    wording: Wording,
    moment: _Time,
    report: Delivered,
) -> None:
    message = render(truth, today=policy.day_of(moment.now), currency=wording.currency, glossary=wording.glossary)
    outbox.begin(delivery)
    outcome = channel.send(message, moment.now)
    if outcome.ending is Ending.SENT:
        # An attempt before this one may have told gaps that have left the message since.
        heard = delivery.notification if delivery.unsure_attempts else truth.notification
        is_over = heard.kind is Kind.RESOLVED
        outbox.end(delivery, "sent", moment.now, told=() if is_over else heard.items)
        report.sent += 1
        return
    report.problems.append(f"{channel.name}: {outcome.why}")
    if outcome.ending is Ending.REFUSED:
        outbox.end(delivery, "refused", moment.now, outcome.why)
        report.unheard += 1
        return
    unsure = outcome.ending is Ending.PERHAPS
    outbox.put_off(delivery, moment.now + _pause(delivery, outcome), outcome.why, unsure=unsure)


def _give_up(delivery: Delivery, outbox: Outbox, now: datetime, why: str, report: Delivered) -> None:
    outbox.end(delivery, "unsure", now, why, told=delivery.notification.items)
    report.unheard += 1
    report.problems.append(f"{delivery.channel}: message {delivery.notification.id} is not sent again: {why}")


def _pause(delivery: Delivery, outcome: Outcome) -> timedelta:
    """What the target asks for, else a minute that doubles up to an hour."""
    if outcome.after is not None:
        return max(outcome.after, _SHORTEST_PAUSE)
    if outcome.ending is Ending.BROKEN:
        return _LONGEST_PAUSE  # a person must mend the setting; asking every minute mends nothing
    return min(_FIRST_PAUSE * 2 ** min(delivery.attempts, 10), _LONGEST_PAUSE)
