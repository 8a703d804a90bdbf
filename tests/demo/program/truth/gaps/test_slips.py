"""What slips in a whole programme is what the rules must find, and what is only ugly moves no number at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from partnerops_pipeline.demo.program.events import EventLog, RecordSlipped
from partnerops_pipeline.demo.program.simulate import simulate
from partnerops_pipeline.demo.program.slips import NOISE
from partnerops_pipeline.demo.program.truth import gaps, headline_metrics

SHOWN_BY = {
    "portal_only": {"ID-01"},
    "status_differs": {"SY-01", "ID-01"},  # of an applicant that was refused the portal may say that it is active
    "tier_differs": {"TI-01"},
    "external_key_missing": {"DR-01", "DR-02", "ID-01"},
    "amount_differs": {"DR-06"},  # of claims it shows in nothing
    "close_date_differs": {"DR-06"},
    "stage_behind": {"DR-06", "DR-07"},
    "status_behind": {"LC-01"},
}


@pytest.fixture(scope="module")
def log() -> EventLog:
    return simulate(7, 60)


def without(log: EventLog, *names: str) -> EventLog:
    return replace(log, events=[e for e in log.events if not (isinstance(e, RecordSlipped) and e.name in names)])


@pytest.mark.parametrize("name", SHOWN_BY)
def test_without_a_kind_of_slip_the_gaps_that_show_it_are_gone(name: str, log: EventLog) -> None:
    before, after = gaps(log, log.ends), gaps(without(log, name), log.ends)
    gone = {gap.rule_id for gap in before - after}
    assert gone
    assert gone <= SHOWN_BY[name]
    assert not after - before


def test_what_is_only_ugly_moves_neither_gaps_nor_metrics(log: EventLog) -> None:
    clean = without(log, *NOISE)
    assert len(clean.events) < len(log.events) - 50
    assert gaps(clean, log.ends) == gaps(log, log.ends)
    assert headline_metrics(clean, log.ends) == headline_metrics(log, log.ends)


def test_a_programme_without_slips_has_only_the_gaps_that_its_business_makes() -> None:
    log = simulate(7, 60, clean=True)
    assert {gap.rule_id for gap in gaps(log, log.ends)} <= {"DR-01", "DR-02", "DR-07", "MD-03", "MD-04"}


def test_the_order_in_which_a_log_is_handed_over_does_not_matter(log: EventLog) -> None:
    backwards = replace(log, events=log.events[::-1])
    assert gaps(backwards, log.ends) == gaps(log, log.ends)


def test_without_exports_only_the_crm_has_gaps(log: EventLog) -> None:
    alone = gaps(log, log.ends, exports_on=None)
    assert {gap.rule_id for gap in alone} <= {"CO-03", "DR-01", "DR-02", "DR-07", "MD-03", "MD-04"}
    assert not any(":" in gap.entity_id for gap in alone)
