"""Every gap that the rules find in the demo is one that the event log says is there, and the other way round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from partnerops_pipeline.demo.program.events import EventLog, RecordSlipped
from partnerops_pipeline.demo.program.truth import gaps
from tests.end_to_end.house import House

Found = dict[tuple[str, str], str]


def found_in(house: House) -> Found:
    """Rule and entity → severity of every open gap, but for those of the files themselves."""
    rows = house.query("select rule_id, entity_id, severity from quality.dq_gaps where state = 'open'")
    keyed = {(row["rule_id"], row["entity_id"]): row["severity"] for row in rows if row["rule_id"] != "FI-03"}
    assert len(keyed) == sum(row["rule_id"] != "FI-03" for row in rows), "two gaps of one rule and entity"
    return keyed


def compare(house: House, log: EventLog, as_of: date, exports_on: date | None) -> Found:
    """Compare rule by rule; returns what was found."""
    found = found_in(house)
    truth = {(gap.rule_id, gap.entity_id): gap.severity for gap in gaps(log, as_of, exports_on=exports_on)}
    wrong = [f"{rule}: {entity} is missing" for rule, entity in sorted(truth.keys() - found.keys())]
    wrong += [f"{rule}: {entity} is none" for rule, entity in sorted(found.keys() - truth.keys())]
    for key in sorted(truth.keys() & found.keys()):
        if truth[key] not in (None, found[key]):
            wrong.append(f"{key}: {found[key]}, the truth is {truth[key]}")
    assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:40])
    return found


def test_every_gap_of_the_shared_demo_is_there_and_no_other(built_house: House, built_log: EventLog) -> None:
    found = compare(built_house, built_log, built_log.ends, built_log.ends)
    assert {rule for rule, _ in found} >= {"ID-01", "SY-01", "TI-01", "CO-03", "DR-02", "DR-06", "DR-07", "MD-04"}
    assert len(found) > 30


def test_every_rule_of_the_shared_demo_was_evaluated(built_house: House) -> None:
    states = built_house.query("select rule_id, state from quality.dq_rules order by rule_id")
    assert {row["state"] for row in states} == {"evaluated"}
    assert len(states) == 12


@pytest.mark.long
@pytest.mark.parametrize("seed", [3, 2026])
def test_other_programmes_have_the_gaps_of_their_logs(
    seed: int, make_house: Callable[..., tuple[House, EventLog]]
) -> None:
    house, log = make_house(seed=seed, partners=150)
    house.build(log.ends)
    compare(house, log, log.ends, log.ends)


@pytest.mark.long
def test_what_is_put_right_in_a_newer_export_is_no_gap_any_more(
    make_house: Callable[..., tuple[House, EventLog]],
) -> None:
    """The log without its slips gives the newer export; what only the CRM gets wrong stays."""
    house, log = make_house(seed=7)
    house.build(log.ends)
    before = compare(house, log, log.ends, log.ends)
    mended: Any = replace(
        log, events=[e for e in log.events if not (isinstance(e, RecordSlipped) and e.name == "amount_differs")]
    )
    house.drop(mended, date(2026, 7, 1))
    house.build(date(2026, 7, 1))
    after = compare(house, mended, date(2026, 7, 1), date(2026, 7, 1))
    assert {key for key in before if key[0] == "DR-06"} > {key for key in after if key[0] == "DR-06"}
