from __future__ import annotations

from decimal import Decimal

import pytest

from partnerops_pipeline.gaps.errors import NoGaps, UnknownGap
from partnerops_pipeline.gaps.listing import list_gaps, open_gaps, summary
from tests.gaps.gap_house import DAY, GapHouse, gap


def ids(gaps: list) -> list[str]:  # type: ignore[type-arg]
    return [one.gap_id for one in gaps]


def test_the_weightiest_gap_comes_first(house: GapHouse) -> None:
    house.release(
        gap(1, severity="medium", revenue_at_stake=Decimal(900)),
        gap(2, revenue_at_stake=None),
        gap(3, revenue_at_stake=Decimal(5)),
        gap(4, revenue_at_stake=Decimal(5), is_breached=True),
        gap(5, revenue_at_stake=Decimal(7)),
        gap(6, severity="critical", revenue_at_stake=None),
        gap(7, severity="critical", state="resolved"),
    )
    assert ids(open_gaps(house.settings)) == ["g6", "g5", "g4", "g3", "g2", "g1"]


def test_gaps_are_chosen_by_rule_partner_and_state(house: GapHouse) -> None:
    house.release(
        gap(1), gap(2, rule_id="CO-03"), gap(3, partner_id=None), gap(4, state="waived"), gap(5, state="resolved")
    )
    assert ids(list_gaps(house.settings)) == ["g1", "g2", "g3", "g4"]
    assert ids(list_gaps(house.settings, rule="co-03")) == ["g2"]
    assert ids(list_gaps(house.settings, partner="conTO")) == ["g1", "g2", "g4"]
    assert ids(list_gaps(house.settings, partner="P-1", states=("resolved",))) == ["g5"]
    assert list_gaps(house.settings, partner="P-") == []
    with pytest.raises(UnknownGap, match=r"no rule DR-2\..*DR-02"):
        list_gaps(house.settings, rule="DR-2")


def test_the_summary_counts_open_gaps_and_names_what_nobody_looked_at(house: GapHouse) -> None:
    house.release(
        gap(1, severity="low"),
        gap(2, severity="critical"),
        gap(3, severity="critical", state="waived"),
        gap(4),
        gap(5, severity="medium"),
        rules={"CO-03": "not_evaluated", "DR-02": "evaluated"},
    )
    said = summary(house.settings)
    assert dict(said.by_severity) == {"critical": 1, "high": 1, "medium": 1, "low": 1}
    assert list(said.by_severity) == ["critical", "high", "medium", "low"]
    assert ids(list(said.weightiest)) == ["g2", "g4", "g5"]
    assert (said.as_of, said.open_gaps) == (DAY, 4)
    assert [(rule.rule_id, rule.reason) for rule in said.not_evaluated] == [("CO-03", "acme/tier was never written")]


def test_without_a_release_the_sentence_says_what_to_do(house: GapHouse) -> None:
    with pytest.raises(NoGaps, match="partnerops run"):
        summary(house.settings)
