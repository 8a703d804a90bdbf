from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.faults import ACTIONS, Fault, Faults, load_faults
from partnerops_pipeline.errors import ConfigurationError


def struck(rules: Faults, request: str, times: int) -> list[int]:
    """Which of so many equal requests were struck, from 1."""
    return [n for n in range(1, times + 1) if rules.for_request(request) is not None]


def test_a_rule_strikes_every_request_it_matches_and_no_other() -> None:
    rules = Faults([Fault("GET .*/results", "drop")])
    assert struck(rules, "GET /services/data/v62.0/jobs/query/1/results?locator=x", 3) == [1, 2, 3]
    assert struck(rules, "POST /services/data/v62.0/jobs/query", 3) == []


def test_nth_every_and_times_choose_among_the_matches() -> None:
    assert struck(Faults([Fault("GET", "drop", nth=3)]), "GET /", 9) == [3]
    assert struck(Faults([Fault("GET", "drop", every=3)]), "GET /", 9) == [3, 6, 9]
    assert struck(Faults([Fault("GET", "drop", every=2, times=2)]), "GET /", 9) == [2, 4]
    assert struck(Faults([Fault("GET", "drop", times=1)]), "GET /", 9) == [1]


def test_chance_is_seeded() -> None:
    first, second = (struck(Faults([Fault("GET", "drop", probability=0.3)], seed=11), "GET /", 200) for _ in range(2))
    other = struck(Faults([Fault("GET", "drop", probability=0.3)], seed=12), "GET /", 200)
    assert first == second != other
    assert 30 < len(first) < 90


def test_the_first_rule_wins_but_all_count() -> None:
    rules = Faults([Fault("GET", "drop", nth=1), Fault("GET", "html", nth=2)])
    actions = [fault.action if (fault := rules.for_request("GET /")) else None for _ in range(3)]
    assert actions == ["drop", "html", None]
    assert rules.fired() == 2


def test_setting_rules_begins_counting_anew() -> None:
    rules = Faults([Fault("GET", "drop", nth=1)])
    rules.for_request("GET /")
    rules.set([Fault("GET", "drop", nth=1)])
    assert (rules.fired(), struck(rules, "GET /", 3)) == (0, [1])


def test_a_file_of_rules_is_read(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(
        "rules:\n  - {match: 'GET .*/results', action: drop, nth: 2, after_bytes: 1000}\n"
        "  - {match: limits, action: status, status: 503}\n"
    )
    assert load_faults(file) == [
        Fault("GET .*/results", "drop", nth=2, after_bytes=1000),
        Fault("limits", "status", status=503),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "rules: 5",
        "rules: [5]",
        "rules: [{match: x}]",
        "rules: [{match: x, action: explode}]",
        "rules: [{match: '(', action: drop}]",
        "rules: [{match: x, action: drop, nth: 1, every: 2}]",
        "rules: [{match: x, action: drop, wrong: 1}]",
        "rules: [{match: x, action: change, changes: [{object: Account}]}]",
        "rules: [{match: x, action: change, changes: {do: purge}}]",
    ],
)
def test_a_file_that_holds_no_rules_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_faults(file)
    assert refused.value.message.endswith(".") and refused.value.do


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.yaml"):
        load_faults(tmp_path / "nothing.yaml")


def test_every_action_is_explained() -> None:
    assert all(ACTIONS.values())
