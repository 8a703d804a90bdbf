"""The golden messages: `cases/<name>.txt` and `cases/<name>.slack.json` are what people see.

After changing the wording: `python -m tests.alerts.message_cases`, then read the difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from partnerops_pipeline.alerts.channels.slack_blocks import payload
from partnerops_pipeline.alerts.current_truth import current_truth
from partnerops_pipeline.alerts.messages import Message, plain_text, render
from partnerops_pipeline.alerts.observation import Observation, Severity
from tests.alerts.examples import AMOUNT, DUE, day, gap, stale_source
from tests.alerts.history import History

CASES = Path(__file__).parent / "cases"
GLOSSARY = {
    "deal registration": "A partner's claim to a deal, which protects the partner's margin while it is approved.",
    "deal": "A sale that is being worked on.",
    "claim": "A partner's bill for a marketing activity that was agreed on.",
}


def messages(history: History, at: int, *observations: Observation) -> list[Message]:
    rendered = []
    for notification in history.on(at, *observations):
        truth = current_truth(notification, history.state, lambda item: True)
        assert truth is not None
        rendered.append(render(truth, today=day(at).date(), currency="USD", glossary=GLOSSARY))
    return rendered


def deals(numbers: range, at: int, state: str = "open") -> list[Observation]:
    names = ["Ada Example", "Ben Example", "", "Cleo Example", "Dan Example"]
    return [
        gap(
            f"DR-{number}",
            at,
            state,
            severity=Severity.CRITICAL if number % 4 == 0 else Severity.HIGH,
            owner_name=names[number % 5],
            due_on=DUE + timedelta(days=number) if number % 3 else None,
            revenue_at_stake=AMOUNT / number if number % 2 else None,
        )
        for number in numbers
    ]


def one_new() -> list[Message]:
    return messages(History(), 0, gap("DR-1182", due_on=DUE, owner_name="Ada Example", revenue_at_stake=AMOUNT))


def many_new() -> list[Message]:
    return messages(History(), 0, *deals(range(1, 13), 0))


def got_worse() -> list[Message]:
    history = History()
    history.on(0, *deals(range(1, 7), 0))
    return messages(history, 5, *deals(range(1, 13), 5))


def still_open() -> list[Message]:
    history = History()
    history.on(10, *deals(range(1, 4), 10))
    return messages(history, 17, *deals(range(1, 4), 17))


def waiver_ended() -> list[Message]:
    history = History()
    history.on(0, gap())
    history.on(1, gap(at=1, state="waived"))
    return messages(history, 2, gap(at=2))


def resolved() -> list[Message]:
    history = History()
    history.on(0, *deals(range(1, 4), 0))
    return messages(history, 1, *deals(range(1, 3), 1, "resolved"), *deals(range(3, 4), 1))


def open_again() -> list[Message]:
    history = History()
    history.on(0, gap())
    history.on(1, gap(at=1, state="resolved"))
    return messages(history, 2, gap(at=2))


def all_resolved() -> list[Message]:
    history = History()
    history.on(0, gap())
    return messages(history, 1, gap(at=1, state="resolved"))


def root_cause() -> list[Message]:
    history = History()
    history.on(0, *deals(range(1, 4), 0))
    return messages(history, 1, stale_source(1, owner_team="RevOps", severity=Severity.CRITICAL, record_url=""))


def digest() -> list[Message]:
    finance = [
        gap(f"MC-{number:02}", owner_team="Finance", rule_id="MD-03", title=f"Claim MC-{number:02} is unpaid")
        for number in range(20)
    ]
    return messages(History(), 0, *deals(range(1, 13), 0), *finance)


def first_run() -> list[Message]:
    """The first look at an org that nobody has watched: hundreds of gaps, one message."""
    waits, lacks = (
        "waits for a decision since 2026-06-24",
        "was approved on 2026-06-20 and has no Salesforce opportunity",
    )
    kinds = [
        ("DR-01", "Channel Ops", "salesforce", 61, f"Deal registration {{}} of Contoso {waits}"),
        ("DR-02", "Channel Ops", "salesforce", 17, f"Deal registration {{}} of Contoso {lacks}"),
        ("DR-06", "Channel Ops", "partnerstack", 48, "Deal registration {} differs from its copy in PartnerStack"),
        ("MD-03", "Finance", "impartner", 33, "The claim {} of Contoso is unpaid 51 days after it was submitted"),
        ("CO-03", "Partner Management", "salesforce", 74, "The active partner {} has no partner manager"),
        ("LC-01", "Enablement", "lms", 79, "The certification {} has expired and still counts as active"),
    ]
    found = [
        gap(
            f"{rule}-{number:03}",
            rule_id=rule,
            owner_team=team,
            source=source,
            severity=list(Severity)[number * 7 % 10 // 3],
            title=title.format(f"{rule[:2]}{number:03}"),
            due_on=DUE - timedelta(days=number % 9) if number % 4 else None,
            revenue_at_stake=AMOUNT / (number + 3) if rule[:2] in ("DR", "MD") else None,
        )
        for rule, team, source, count, title in kinds
        for number in range(count)
    ]
    return messages(History(), 0, *found)


CASE_MAKERS: list[Callable[[], list[Message]]] = [
    one_new, many_new, got_worse, still_open, waiver_ended, resolved, open_again, all_resolved, root_cause, digest,
    first_run,
]  # fmt: skip


def files_of(make: Callable[[], list[Message]]) -> dict[str, str]:
    """The texts of a case by file name."""
    (message,) = make()
    return {
        f"{make.__name__}.txt": plain_text(message) + "\n",
        f"{make.__name__}.slack.json": json.dumps(payload(message), indent=2, ensure_ascii=False) + "\n",
    }


if __name__ == "__main__":
    for make in CASE_MAKERS:
        for name, text in files_of(make).items():
            (CASES / name).write_text(text, encoding="utf-8")
