from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from partnerops_pipeline.gaps.errors import BadWaiver, UnknownGap
from partnerops_pipeline.gaps.waivers import waive
from tests.gaps.gap_house import DAY, GapHouse, gap

SEPTEMBER = date(2026, 9, 30)
NOW = datetime(2027, 1, 1, tzinfo=UTC)
"""Long after the release's day: what was decided counts from the day that was looked at, not from the clock's."""


@pytest.fixture
def given(house: GapHouse) -> GapHouse:
    house.release(gap(1), gap(2, state="resolved"))
    return house


def test_a_waiver_lies_in_the_lake_with_author_and_reason(given: GapHouse) -> None:
    waiver = waive(given.settings, "dr-02", "DR-1", until=SEPTEMBER, author=" Ana ", reason="Agreed.", now=NOW)
    assert waiver.gap.gap_id == "g1" and waiver.given_on == DAY
    assert given.waiver_rows == [("DR-02", "DR-1", DAY, SEPTEMBER, "Ana", "Agreed.")]


def test_the_same_waiver_twice_is_one_and_another_is_added(given: GapHouse) -> None:
    for until in (SEPTEMBER, SEPTEMBER, date(2026, 7, 31)):
        waive(given.settings, "DR-02", "DR-1", until=until, author="Ana", reason="Agreed.")
    assert [row[3] for row in given.waiver_rows] == [SEPTEMBER, date(2026, 7, 31)]


@pytest.mark.parametrize(
    ("rule", "entity", "until", "reason", "error", "said"),
    [
        ("DR-2", "DR-1", SEPTEMBER, "Agreed.", UnknownGap, "Did you mean DR-02"),
        ("DR-02", "DR-11", SEPTEMBER, "Agreed.", UnknownGap, "Did you mean DR-1"),
        ("CO-03", "DR-1", SEPTEMBER, "Agreed.", UnknownGap, "partnerops gaps --rule CO-03"),
        ("DR-02", "DR-2", SEPTEMBER, "Agreed.", UnknownGap, "is resolved"),
        ("DR-02", "DR-1", DAY, "Agreed.", BadWaiver, "would be over"),
        ("DR-02", "DR-1", SEPTEMBER, "  ", BadWaiver, "--why"),
    ],
)
def test_a_waiver_that_makes_no_sense_is_refused(
    given: GapHouse, rule: str, entity: str, until: date, reason: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        waive(given.settings, rule, entity, until=until, author="Ana", reason=reason)
    assert given.waiver_rows == []
