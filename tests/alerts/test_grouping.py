from __future__ import annotations

from datetime import timedelta

from partnerops_pipeline.alerts.policy import Policy
from tests.alerts.examples import gap
from tests.alerts.history import History


def gaps(numbers: range, at: int, state: str = "open", **other: object) -> list:
    return [gap(f"g{number:02}", at, state, **other) for number in numbers]


def test_gaps_of_one_owner_and_source_make_one_message() -> None:
    told = History().on(
        0,
        gap("g1"),
        gap("g2"),
        gap("g3", source="impartner"),
        gap("g4", owner_team="Finance"),
    )
    assert [(n.owner_team, n.source, len(n.items), n.standing) for n in told] == [
        ("Channel Ops", "impartner", 1, 1),
        ("Channel Ops", "salesforce", 2, 2),
        ("Finance", "salesforce", 1, 1),
    ]


def test_many_gaps_of_several_owners_make_one_digest() -> None:
    many = gaps(range(20), 0) + gaps(range(20, 30), 0, owner_team="Finance")
    (digest,) = History().on(0, *many)
    assert digest.is_digest
    assert (len(digest.items), digest.standing) == (30, 30)


def test_many_gaps_of_one_owner_stay_that_owner_s_message() -> None:
    (message,) = History().on(0, *gaps(range(40), 0))
    assert (message.owner_team, len(message.items)) == ("Channel Ops", 40)


def test_a_group_is_not_reminded_every_day_of_gaps_that_opened_on_different_days() -> None:
    history = History(Policy(remind_after=timedelta(days=7)))
    reminders = {}
    for at in range(21):
        for notification in history.on(at, *gaps(range(min(at + 1, 4)), at)):
            if notification.kind == "reminder":
                reminders[at] = len(notification.items)
    assert reminders == {7: 1, 14: 4}


def test_a_group_whose_open_gaps_double_escalates_with_the_new_ones() -> None:
    history = History()
    history.on(0, *gaps(range(6), 0))
    assert history.told(1, *gaps(range(11), 1)) == ["opened g06 g07 g08 g09 g10"]
    (escalated,) = history.on(2, *gaps(range(12), 2))
    assert (escalated.kind, escalated.doubled_from, escalated.standing) == ("escalated", 6, 12)
    assert [item.seen.gap_id for item in escalated.items] == ["g11"]
    assert history.told(3, *gaps(range(13), 3)) == ["opened g12"]


def test_a_small_group_does_not_escalate_by_doubling() -> None:
    history = History()
    history.on(0, *gaps(range(1), 0))
    assert history.told(1, *gaps(range(4), 1)) == ["opened g01 g02 g03"]


def test_a_group_that_shrank_is_compared_with_its_smaller_self() -> None:
    history = History()
    history.on(0, *gaps(range(20), 0))
    history.on(1, *gaps(range(6), 1), *gaps(range(6, 20), 1, "resolved"))
    (escalated,) = history.on(2, *gaps(range(6), 2), *gaps(range(30, 36), 2))
    assert (escalated.kind, escalated.doubled_from) == ("escalated", 6)
