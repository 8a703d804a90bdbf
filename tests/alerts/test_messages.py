"""Golden messages; see `message_cases`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from partnerops_pipeline.alerts.messages import Message
from tests.alerts.examples import gap
from tests.alerts.history import History
from tests.alerts.message_cases import CASE_MAKERS, CASES, files_of, messages, one_new


@pytest.mark.parametrize("make", CASE_MAKERS, ids=lambda make: make.__name__)
def test_people_read_these_words(make: Callable[[], list[Message]]) -> None:
    for name, text in files_of(make).items():
        assert text == (CASES / name).read_text(encoding="utf-8"), name


def test_every_golden_file_belongs_to_a_case() -> None:
    names = {make.__name__ for make in CASE_MAKERS}
    assert {file.name.split(".")[0] for file in CASES.iterdir()} == names


def test_two_gaps_of_one_deal_put_its_revenue_at_stake_once() -> None:
    same = {"entity": "DR-1", "revenue_at_stake": Decimal("100000")}
    other = gap("g3", entity="DR-2", revenue_at_stake=Decimal("0.50"))
    (message,) = messages(History(), 0, gap("g1", **same), gap("g2", rule_id="DR-01", **same), other)
    assert "Revenue at stake: USD 100,001." in message.facts


def test_a_longer_term_is_not_explained_by_a_shorter_one() -> None:
    assert [term for term, _ in one_new()[0].terms] == ["deal registration"]


def test_a_foreign_text_stays_on_one_line_without_marks_that_turn_it() -> None:
    (message,) = messages(History(), 0, gap(title="Contoso\r\n‮Ltd\x00 has\tno  owner\u2028"))
    assert message.sentence == "Contoso Ltd has no owner"


def test_an_endless_title_is_cut() -> None:
    (message,) = messages(History(), 0, gap(title="x" * 100_000))
    assert len(message.sentence) == 300
    assert message.sentence.endswith("…")


def test_overdue_is_told_from_due_by_the_day() -> None:
    def due(at: int) -> str:
        return next(
            fact
            for fact in messages(History(), at, gap(at=at, due_on=date(2026, 7, 4)))[0].facts
            if "ue " in fact and "Rev" not in fact
        )

    assert (due(3), due(4)) == ("Due 2026-07-04.", "Overdue since 2026-07-04.")
