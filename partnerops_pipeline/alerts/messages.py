"""From facts to the words that a person can act on; the same words for every channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from partnerops_pipeline.alerts import wording
from partnerops_pipeline.alerts.current_truth import CurrentTruth
from partnerops_pipeline.alerts.memory import GroupKey
from partnerops_pipeline.alerts.notification import Item, Kind, Notification
from partnerops_pipeline.alerts.observation import Severity

MOST_EXAMPLES = 5
_MOST_GROUPS = 10
_MOST_TERMS = 5


@dataclass(frozen=True)
class Example:
    """One gap in a message, with the address of its record (empty where it has none)."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Message:
    """A rendered notification, free of any channel's markup.

    Attributes:
        id: the notification's.
        subject: the whole message in one short line.
        sentence: what is wrong.
        facts: cost, owner, deadline and what else matters, one line each.
        more: how many gaps the examples leave out; empty where none.
        terms: partner terms that the message uses, with their definitions.
    """

    id: str
    kind: Kind
    severity: Severity
    owner_team: str
    source: str
    subject: str
    sentence: str
    facts: tuple[str, ...]
    examples: tuple[Example, ...]
    more: str
    terms: tuple[tuple[str, str], ...]
    gap_ids: tuple[str, ...]
    decided_at: datetime


def render(truth: CurrentTruth, *, today: date, currency: str, glossary: Mapping[str, str]) -> Message:
    """Put a notification into words.

    Args:
        today: the day that tells overdue from due.
        currency: of `revenue_at_stake`, as an ISO code.
        glossary: partner terms and their definitions, in plain sentences; those that the message uses are added.
    """
    notification = truth.notification
    items = sorted(notification.items, key=_worst_first)
    over = notification.kind is Kind.RESOLVED
    sentence = wording.sentence(items[0], len(items), over=over)
    if len(items) == 1:
        examples = [Example(wording.clean(items[0].seen.entity), items[0].seen.record_url)]
    else:
        examples = [Example(_example(item, currency, today), item.seen.record_url) for item in items[:MOST_EXAMPLES]]
    facts = [*_facts(truth, items, today, currency), *_groups(notification)]
    left_out = len(items) - len(examples)
    used = " ".join([sentence, *(example.text for example in examples)])
    return Message(
        id=notification.id,
        kind=notification.kind,
        severity=max(item.seen.severity for item in items),
        owner_team=notification.owner_team,
        source=notification.source,
        subject=wording.subject(notification),
        sentence=sentence,
        facts=tuple(facts),
        examples=tuple(examples),
        more=_left_out(left_out, over=over),
        terms=wording.terms_used(used, glossary, _MOST_TERMS),
        gap_ids=tuple(item.seen.gap_id for item in notification.items),
        decided_at=notification.decided_at,
    )


def plain_text(message: Message) -> str:
    """The message for a log, a terminal or a mail without markup; ends without a line break."""
    lines = [message.subject, message.sentence, *message.facts]
    for example in filter(lambda example: example.text or example.url, message.examples):
        lines.append(f"- {example.text}{': ' if example.text and example.url else ''}{example.url}")
    if message.more:
        lines.append(message.more)
    lines += [f"({term}: {definition})" for term, definition in message.terms]
    return "\n".join(line for line in lines if line)


def _facts(truth: CurrentTruth, items: list[Item], today: date, currency: str) -> Iterable[str]:
    notification = truth.notification
    over = notification.kind is Kind.RESOLVED
    if len(items) == 1:
        yield f"Severity {items[0].seen.severity.word}, rule {wording.clean(items[0].seen.rule_id)}."
    if len(items) > MOST_EXAMPLES:
        yield f"By severity: {wording.severities(items)}."
    yield from wording.why_again(notification)
    yield wording.cost(items, currency, over=over)
    if not notification.is_digest:
        yield wording.owner(notification.owner_team, [item.seen.owner_name for item in items])
    if not over:
        yield wording.deadline([item.seen.due_on for item in items], today)
    if truth.silenced:
        yield wording.silenced(truth.silenced)
    yield wording.standing(notification)


def _groups(notification: Notification) -> Iterable[str]:
    """In a digest: who has how many."""
    if not notification.is_digest:
        return
    groups: dict[GroupKey, list[Item]] = {}
    for item in notification.items:
        groups.setdefault(GroupKey.of(item.seen), []).append(item)
    ordered = sorted(groups, key=lambda key: (-len(groups[key]), key))
    for key in ordered[:_MOST_GROUPS]:
        yield wording.group_line(key, groups[key])
    if len(ordered) > _MOST_GROUPS:
        yield f"and {len(ordered) - _MOST_GROUPS} more owners and sources."


def _example(item: Item, currency: str, today: date) -> str:
    seen = item.seen
    tail = []
    if item.kind is not Kind.RESOLVED and seen.due_on is not None:
        tail.append(wording.due(seen.due_on, today))
    if seen.owner_name:
        tail.append(wording.clean(seen.owner_name))
    if seen.revenue_at_stake is not None:
        tail.append(wording.money(seen.revenue_at_stake, currency))
    return f"[{seen.severity.word}, {wording.clean(seen.rule_id)}] {wording.clean(seen.title)}" + (
        f" ({', '.join(tail)})" if tail else ""
    )


def _left_out(count: int, *, over: bool) -> str:
    if not count:
        return ""
    return f"and {count} more." if over else f"and {count} more. All that are open: partnerops gaps --open"


def _worst_first(item: Item) -> tuple[object, ...]:
    seen = item.seen
    return (-seen.severity, -(seen.revenue_at_stake or 0), seen.due_on or date.max, seen.gap_id)
