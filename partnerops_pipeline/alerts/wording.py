"""The single sentences of a message."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from partnerops_pipeline.alerts.memory import GroupKey
from partnerops_pipeline.alerts.notification import Item, Kind, Notification, Reason

_LONGEST_TEXT = 300
_MOST_NAMES = 3


def clean(text: str, longest: int = _LONGEST_TEXT) -> str:
    """A text of a foreign system on one line, without control or direction marks, cut to `longest` characters."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") else c for c in text)
    return cut(" ".join(visible.split()), longest)


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def subject(notification: Notification) -> str:
    """The message in one line: how many gaps, what became of them, whose."""
    count = len(notification.items)
    what = {
        Kind.OPENED: f"{count} new {_gaps(count)}",
        Kind.ESCALATED: f"{count} {_gaps(count)} got worse",
        Kind.REMINDER: f"{count} {_gaps(count)} still open",
        Kind.RESOLVED: f"{count} {_gaps(count)} resolved",
    }[notification.kind]
    if notification.kind is Kind.ESCALATED and notification.doubled_from is not None:
        what = f"Open gaps doubled from {notification.doubled_from} to {notification.standing}"
    if notification.is_digest:
        return f"{what}, of several owners"
    return f"{what}: {clean(notification.owner_team, 60)}, {clean(notification.source, 40)}"


def sentence(worst: Item, count: int, *, over: bool) -> str:
    """What is wrong, or was: the title of the only gap, or of the worst."""
    title = clean(worst.seen.title)
    if over:
        return f"No longer true{', among others' if count > 1 else ''}: {title}"
    return title if count == 1 else f"The worst: {title}"


def why_again(notification: Notification) -> Iterable[str]:
    """Why people hear of gaps that they know already."""
    sentences = {
        Reason.SEVERITY_ROSE: ("became more severe", "became more severe"),
        Reason.DEADLINE_BREACHED: ("has passed its due date", "have passed their due dates"),
        Reason.WAIVER_ENDED: ("is back because its waiver has ended", "are back because their waivers have ended"),
    }
    new = sum(item.kind is Kind.OPENED for item in notification.items)
    if notification.kind is Kind.ESCALATED and new:
        yield f"{new} of these {_are(new)} new."
    again = sum(item.kind is Kind.OPENED and item.episode > 1 for item in notification.items)
    if again:
        yield f"{again} had been resolved and {_are(again)} open again."
    for reason, (one, many) in sentences.items():
        count = sum(reason in item.reasons for item in notification.items)
        if count:
            yield f"{count} {one if count == 1 else many}."


def cost(items: Sequence[Item], currency: str, *, over: bool) -> str:
    """The revenue at stake, counted once per entity: two gaps of one deal do not put it at stake twice."""
    at_stake: dict[tuple[str, str], Decimal] = {}
    for item in items:
        if item.seen.revenue_at_stake is not None:
            key = (item.seen.source, item.seen.entity)
            at_stake[key] = max(item.seen.revenue_at_stake, at_stake.get(key, item.seen.revenue_at_stake))
    label = "Revenue no longer at stake" if over else "Revenue at stake"
    if not at_stake:
        return f"{label}: none recorded."
    silent = sum(item.seen.revenue_at_stake is None for item in items)
    tail = f" ({silent} of {len(items)} without a recorded amount)" if silent else ""
    return f"{label}: {money(sum(at_stake.values(), Decimal(0)), currency)}{tail}."


def owner(team: str, names: Iterable[str]) -> str:
    """The owner team, and who in it the records name."""
    people = sorted({clean(name, 60) for name in names if name.strip()})
    shown = ", ".join(people[:_MOST_NAMES])
    rest = f" and {len(people) - _MOST_NAMES} more" if len(people) > _MOST_NAMES else ""
    return f"Owner: {clean(team, 60)}{f' ({shown}{rest})' if people else ''}."


def deadline(due_dates: Iterable[date | None], today: date) -> str:
    """Until when."""
    dates = sorted(day for day in due_dates if day is not None)
    if not dates:
        return "No due date is set."
    overdue = sum(day < today for day in dates)
    if len(dates) == 1:
        return f"{due(dates[0], today).capitalize()}."
    return f"First due: {dates[0].isoformat()}{f'; overdue: {overdue}' if overdue else ''}."


def due(day: date, today: date) -> str:
    return f"overdue since {day.isoformat()}" if day < today else f"due {day.isoformat()}"


def silenced(count: int) -> str:
    stay = "stays" if count == 1 else "stay"
    return f"Until this is solved, {count} other open {_gaps(count)} cannot be judged and {stay} silent."


def standing(notification: Notification) -> str:
    whose = "altogether" if notification.is_digest else "for this owner and source"
    count = notification.standing
    if notification.kind is Kind.RESOLVED:
        return f"Still open {whose}: {count}." if count else f"Nothing {whose} is open any more."
    return f"Open {whose}: {count}."


def severities(items: Iterable[Item]) -> str:
    """How many of each severity, the worst first: `3 critical, 29 high`."""
    counts = Counter(item.seen.severity for item in items)
    return ", ".join(f"{counts[severity]} {severity.word}" for severity in sorted(counts, reverse=True))


def group_line(key: GroupKey, items: Sequence[Item]) -> str:
    whose = f"{clean(key.owner_team, 60)}, {clean(key.source, 40)}: {len(items)} {_gaps(len(items))}"
    kinds = {item.seen.severity for item in items}
    if len(kinds) > 1:
        return f"{whose} ({severities(items)})."
    return f"{whose}, {'all ' if len(items) > 1 else ''}{kinds.pop().word}."


def money(amount: Decimal, currency: str) -> str:
    """Whole units with thousands separators, the same in every locale: `USD 125,000`; `125,000` without a currency."""
    return f"{currency} {amount.quantize(Decimal(1), ROUND_HALF_UP):,f}".lstrip()


def terms_used(text: str, glossary: Mapping[str, str], most: int) -> tuple[tuple[str, str], ...]:
    """The terms of the glossary that a text uses, in order of appearance; `deal registration` is not also `deal`."""
    if not glossary:
        return ()
    by_key = {term.casefold(): term for term in sorted(glossary)}
    longest_first = sorted(by_key, key=lambda term: (-len(term), term))
    pattern = re.compile(rf"\b({'|'.join(re.escape(term) for term in longest_first)})(?:s|es)?\b")
    found = dict.fromkeys(by_key[match.group(1)] for match in pattern.finditer(text.casefold()))
    return tuple((term, clean(glossary[term])) for term in list(found)[:most])


def _gaps(count: int) -> str:
    return "gap" if count == 1 else "gaps"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
