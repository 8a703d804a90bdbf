"""The one way in which people are told: the current release, the settings' targets, the memory under `state/`.

The command line calls it at the end of a run and a Dagster sensor every minute; they share the outbox, so that nobody
is told twice, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from partnerops_pipeline.alerts.channels.channel import Channel
from partnerops_pipeline.alerts.channels.configured import configured_channels
from partnerops_pipeline.alerts.deliver import Delivered, deliver_waiting, evaluate_and_deliver
from partnerops_pipeline.alerts.errors import NothingEvaluated
from partnerops_pipeline.alerts.from_release import Evaluation, read_evaluation
from partnerops_pipeline.alerts.memory import AlertState
from partnerops_pipeline.alerts.messages import Message
from partnerops_pipeline.alerts.observation import Observation, hold_unevaluated
from partnerops_pipeline.alerts.outbox import SILENT_AFTER, Health, open_outbox
from partnerops_pipeline.alerts.policy import Policy
from partnerops_pipeline.alerts.rehearsal import preview
from partnerops_pipeline.settings import Settings


def tell(
    settings: Settings,
    now: datetime,
    *,
    evaluated_at: datetime | None = None,
    channels: Sequence[Channel] | None = None,
) -> Delivered:
    """Take in the current release once, tell what is new, and send what waited.

    Without a release nothing happens. A target that fails makes a line in `problems`, no error.

    Args:
        now: the moment, in UTC.
        evaluated_at: when the rules were last evaluated, where that is later than the making of the release: a run
            that finds nothing new publishes nothing.
        channels: by default those of the settings.

    Raises:
        BadData: the release cannot be read.
        AlertMemoryUnreadable, ResourceExhausted: the memory of the alerts cannot be used.
    """
    targets = channels_of(settings) if channels is None else channels
    state, health = _memory(settings)
    try:
        evaluation = _current_evaluation(settings, state, health)
    except NothingEvaluated as error:
        if health is None:
            return Delivered(note=str(error))
        with open_outbox(memory_file(settings)) as outbox:
            report = deliver_waiting(now, Policy(), outbox, targets)
        return replace(report, note=str(error))
    with open_outbox(memory_file(settings)) as outbox:
        last = _last_evaluation(evaluation, outbox.health(), evaluated_at)
        report = evaluate_and_deliver(
            _believable(evaluation, outbox.health(), last, now),
            now,
            policy_for(evaluation, last),
            outbox,
            targets,
            evaluated_at=last,
            # A day in the future, set by mistake, must not make all days before it look like the past.
            as_of=min(evaluation.as_of, last.date()),
            wording=evaluation.wording,
        )
    if now - last > SILENT_AFTER:
        report.note = (
            f"The rules were last evaluated {last:%Y-%m-%d %H:%M} UTC, so nobody is reminded of what may be over."
        )
    return report


def preview_now(settings: Settings, now: datetime) -> tuple[Message, ...]:
    """What `tell` would say now; writes nothing and sends nothing. Messages that wait already are not among them.

    Raises:
        NothingEvaluated: there is no release with gaps, or it is one of the past.
        BadData: the release cannot be read.
    """
    state, health = _memory(settings)
    evaluation = _current_evaluation(settings, state, health)
    last = _last_evaluation(evaluation, health, None)
    believed = _believable(evaluation, health, last, now)
    return preview(state, believed, now, policy_for(evaluation, last), evaluation.wording)


def health_of(settings: Settings) -> Health | None:
    """Whether alerting is alive; None where it has never been used.

    Raises:
        AlertMemoryUnreadable: the memory is damaged.
    """
    return _memory(settings)[1]


def memory_file(settings: Settings) -> Path:
    """Where alerts remember what was told: outside the warehouse, so that they work while it is locked."""
    return settings.state / "alerts.sqlite"


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """The targets that are set; the log where none is."""
    slack, webhook, key = (
        secret.get_secret_value() if secret else ""
        for secret in (settings.slack_webhook_url, settings.webhook_url, settings.webhook_secret)
    )
    return configured_channels(slack_webhook_url=slack, webhook_url=webhook, webhook_secret=key)


def policy_for(evaluation: Evaluation, last: datetime) -> Policy:
    """The default policy, with deadlines judged by the as-of day and the days that have passed since."""
    return Policy(days_behind=(last.date() - evaluation.as_of).days)


def _current_evaluation(settings: Settings, state: AlertState, health: Health | None) -> Evaluation:
    """The current release, unless it shows the past: what was open then is no news, and may be over by now."""
    evaluation = read_evaluation(settings, state.gaps.keys())
    if evaluation.known_at is not None:
        raise NothingEvaluated(
            f"The current release shows what was known at {evaluation.known_at}, and alerts tell of the present.",
            "Make one of the present: partnerops run.",
        )
    if health is not None and health.as_of is not None and evaluation.as_of < health.as_of:
        raise NothingEvaluated(
            f"The current release is of {evaluation.as_of}, and alerts have told of {health.as_of} already.",
            "Make one of a later day: partnerops run.",
        )
    return evaluation


def _memory(settings: Settings) -> tuple[AlertState, Health | None]:
    """What is remembered; nothing, and no file is made, where alerts have never been used."""
    if not memory_file(settings).exists():
        return AlertState(), None
    with open_outbox(memory_file(settings)) as outbox:
        return outbox.state(), outbox.health()


def _last_evaluation(evaluation: Evaluation, health: Health | None, given: datetime | None) -> datetime:
    known = (evaluation.evaluated_at, health.evaluated_at if health else None, given)
    return max(instant for instant in known if instant is not None)


def _believable(
    evaluation: Evaluation, health: Health | None, last: datetime, now: datetime
) -> tuple[Observation, ...]:
    """The observations; held still where they are old and were taken in before, so that only time has passed.

    Nobody is reminded of a gap that may have been mended days ago. What a release says is told, however late.
    """
    taken_in = health.evaluated_at if health else None
    is_new = taken_in is None or taken_in < evaluation.evaluated_at
    if is_new or now - last <= SILENT_AFTER:
        return evaluation.observations
    return hold_unevaluated(evaluation.observations, {seen.rule_id for seen in evaluation.observations})
