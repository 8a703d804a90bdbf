from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.simulate import programme, simulate
from partnerops_pipeline.demo.program.slips import NOISE, OWN_NUMBERS, RATES

SUBJECTS = {
    ("portal", "partner"): (ev.AccountCreated, "account"),
    ("marketplace", "deal"): (ev.RegistrationCreated, "registration"),
    ("portal", "claim"): (ev.MdfClaimed, "claim"),
    ("learning", "certification"): (ev.CertificationAwarded, "award"),
    ("crm", "partner"): (ev.AccountCreated, "account"),
    ("crm", "registration"): (ev.RegistrationCreated, "registration"),
}


@pytest.fixture(scope="module")
def sixty() -> EventLog:
    """The size and seed of the shared demo of the tests."""
    return simulate(7, 60)


def slips(log: EventLog, *names: str) -> list[ev.RecordSlipped]:
    return [e for e in log.events if isinstance(e, ev.RecordSlipped) and (not names or e.name in names)]


def told(log: EventLog) -> Counter[str]:
    """Every event without its number in the log."""
    return Counter(f"{line.split('|')[0]}|{line.split('|at=', 1)[1]}" for line in log.lines())


def test_every_slip_happens_in_the_demo(demo_log: EventLog) -> None:
    assert {(e.system, e.entity, e.name) for e in slips(demo_log)} == {
        (*where, name) for where, rates in RATES.items() for name in rates
    }


def test_a_slip_that_a_rule_must_find_happens_with_sixty_partners(sixty: EventLog) -> None:
    seen = {(e.entity, e.name) for e in slips(sixty)}
    assert seen >= {
        ("partner", "portal_only"), ("partner", "tier_differs"), ("partner", "status_differs"),
        ("partner", "crm_id_missing"), ("partner", "manager_missing"), ("partner", "manager_left"),
        ("deal", "external_key_missing"), ("deal", "amount_differs"), ("deal", "close_date_differs"),
        ("deal", "stage_behind"), ("claim", "crm_id_missing"), ("certification", "status_behind"),
        ("registration", "deal_link_lost"),
    }  # fmt: skip


def test_a_record_slips_no_earlier_than_it_exists_and_once_in_each_system(demo_log: EventLog) -> None:
    known: set[tuple[type, int]] = set()
    slipped: set[tuple[str, str, int]] = set()
    for event in demo_log.events:
        for kind, number in SUBJECTS.values():
            if isinstance(event, kind):
                known.add((kind, getattr(event, number)))
        if isinstance(event, ev.RecordSlipped):
            assert event.name in RATES[event.system, event.entity]
            if event.number > OWN_NUMBERS:
                assert event.name == "portal_only"
            else:
                assert (SUBJECTS[event.system, event.entity][0], event.number) in known, event
            key = (event.system, event.entity, event.number)
            assert key not in slipped or event.name == "merged_kept", event
            slipped.add(key)


def test_a_clean_programme_is_the_same_story_without_slips(sixty: EventLog) -> None:
    with_slips, clean = told(sixty), told(simulate(7, 60, clean=True))
    former = {e.user for e in sixty.events if isinstance(e, ev.UserHired)} - {
        e.user for e in simulate(7, 60, clean=True).events if isinstance(e, ev.UserHired)
    }
    only_clean, only_slipped = clean - with_slips, with_slips - clean
    assert {line.split("|")[0] for line in only_clean} == {"PartnerManagerAssigned", "RegistrationLinked"}
    assert {line.split("|")[0] for line in only_slipped} == {
        "RecordSlipped", "UserHired", "UserLeft", "PartnerManagerAssigned",
    }  # fmt: skip
    lost = [line for line in only_clean.elements() if line.startswith("RegistrationLinked")]
    assert len(lost) == len(slips(sixty, "deal_link_lost"))
    instead = [line for line in only_slipped.elements() if line.startswith("PartnerManagerAssigned")]
    assert {int(line.rpartition("=")[2]) for line in instead} <= former
    assert not slips(simulate(7, 60, clean=True))


def test_slips_of_the_crm_are_what_happened(demo_log: EventLog) -> None:
    manager = {e.account: e for e in demo_log.events if isinstance(e, ev.PartnerManagerAssigned)}
    left = {e.user: e.at for e in demo_log.events if isinstance(e, ev.UserLeft)}
    linked = {e.registration for e in demo_log.events if isinstance(e, ev.RegistrationLinked)}
    assert not {e.number for e in slips(demo_log, "manager_missing")} & manager.keys()
    assert not {e.number for e in slips(demo_log, "deal_link_lost")} & linked
    for slip in slips(demo_log, "manager_left"):
        assigned = manager[slip.number]
        assert assigned.at < left[assigned.user] == slip.at
    slipped = {e.number for e in slips(demo_log, "manager_left")}
    merged = {e.loser for e in demo_log.events if isinstance(e, ev.AccountsMerged)}
    stays = {e.account for e in manager.values() if e.user not in left}
    assert stays | slipped == manager.keys() and merged.isdisjoint(slipped)


def test_slips_happen_about_as_often_as_their_rates_say(demo_log: EventLog) -> None:
    counts = Counter((e.system, e.entity, e.name) for e in slips(demo_log))
    awards = sum(isinstance(e, ev.CertificationAwarded) for e in demo_log.events)
    signed = len(
        {e.account for e in demo_log.events if isinstance(e, ev.PartnerStatusChanged) and e.status == "active"}
    )
    brought = sum(isinstance(e, ev.RegistrationLinked) for e in demo_log.events)
    sizes = {("learning", "certification"): awards, ("crm", "partner"): signed, ("crm", "registration"): brought}
    for where, size in sizes.items():
        for name, rate in RATES[where].items():
            expected = size * rate
            assert abs(counts[*where, name] - expected) <= 4 * expected**0.5 + 2, (where, name, expected)


def test_an_earlier_last_day_has_the_slips_of_that_day(sixty: EventLog) -> None:
    early = programme(7, 60, date(2025, 3, 31))
    assert [(e.at, e.number, e.name) for e in slips(early)] == [
        (e.at, e.number, e.name) for e in slips(sixty)[: len(slips(early))]
    ]
    assert 0 < len(slips(early)) < len(slips(sixty))
    assert slips(sixty)[len(slips(early))].at > early.events[-1].at


def test_noise_is_a_part_of_the_slips() -> None:
    assert {name for rates in RATES.values() for name in rates} > NOISE
