from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal

import pytest

from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.chance import last_second
from partnerops_pipeline.demo.program.events import EventLog
from partnerops_pipeline.demo.program.simulate import moved, programme, simulate
from partnerops_pipeline.errors import ConfigurationError

PRINT_DIGEST = """
import hashlib
from partnerops_pipeline.demo.program.simulate import simulate
print(hashlib.sha256("\\n".join(simulate(7, 60).lines()).encode()).hexdigest())
"""

# Which event brings the thing into being that a field refers to.
KINDS = {
    "user": ev.UserHired, "owner": ev.UserHired, "manager": ev.UserHired, "account": ev.AccountCreated,
    "partner": ev.AccountCreated, "customer": ev.AccountCreated, "parent": ev.AccountCreated,
    "loser": ev.AccountCreated, "survivor": ev.AccountCreated, "contact": ev.ContactAdded,
    "opportunity": ev.OpportunityCreated, "lead": ev.LeadSubmitted, "registration": ev.RegistrationCreated,
    "campaign": ev.CampaignCreated, "budget": ev.MdfBudgetSet, "request": ev.MdfRequested, "claim": ev.MdfClaimed,
}  # fmt: skip
OWN_NUMBER = {
    ev.UserHired: "user", ev.AccountCreated: "account", ev.ContactAdded: "contact", ev.LeadSubmitted: "lead",
    ev.OpportunityCreated: "opportunity", ev.RegistrationCreated: "registration", ev.CampaignCreated: "campaign",
    ev.MdfBudgetSet: "budget", ev.MdfRequested: "request", ev.MdfClaimed: "claim", ev.PartnerLinked: "link",
    ev.CampaignMemberAdded: "member", ev.ActivityLogged: "activity", ev.AgreementSigned: "agreement",
    ev.CertificationAwarded: "award",
}  # fmt: skip
DELETABLE = {
    "opportunity": ev.OpportunityCreated, "link": ev.PartnerLinked, "registration": ev.RegistrationCreated,
    "lead": ev.LeadSubmitted, "activity": ev.ActivityLogged, "campaign_member": ev.CampaignMemberAdded,
    "contact": ev.ContactAdded, "account": ev.AccountCreated,
}  # fmt: skip


def test_same_seed_gives_the_same_bytes_whatever_the_machine_says() -> None:
    digests = set()
    for hash_seed, zone in (("0", "UTC"), ("12345", "America/Los_Angeles")):
        env = os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": "C"}
        env["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
        done = subprocess.run([sys.executable, "-c", PRINT_DIGEST], env=env, capture_output=True, text=True, check=True)
        digests.add(done.stdout.strip())
    digests.add(hashlib.sha256("\n".join(simulate(7, 60).lines()).encode()).hexdigest())
    assert len(digests) == 1


def test_another_seed_gives_another_programme() -> None:
    assert simulate(1, 3).lines() != simulate(2, 3).lines()


def test_events_are_in_order_and_numbered_without_gaps(demo_log: EventLog) -> None:
    keys = [(e.at, e.seq) for e in demo_log.events]
    assert keys == sorted(keys)
    assert [e.seq for e in demo_log.events] == list(range(1, len(keys) + 1))
    assert all(e.at.microsecond == 0 and e.at.utcoffset() == timedelta(0) for e in demo_log.events)
    assert demo_log.events[-1].at <= last_second(demo_log.ends)


def test_nothing_is_mentioned_before_it_exists_and_no_number_is_given_twice(demo_log: EventLog) -> None:
    known: set[tuple[type, int]] = set()
    for event in demo_log.events:
        own = OWN_NUMBER.get(type(event))
        for field in fields(event):
            value = getattr(event, field.name)
            kind = KINDS.get(field.name)
            if kind is not None and value is not None and field.name != own:
                assert (kind, value) in known, f"{field.name} of {event}"
        if isinstance(event, ev.RecordDeleted):
            assert (DELETABLE[event.kind], event.number) in known, event
        if own is not None:
            assert (type(event), getattr(event, own)) not in known, event
            known.add((type(event), getattr(event, own)))


def test_an_earlier_last_day_is_the_same_story_cut_short() -> None:
    whole, short = programme(7, 12), programme(7, 12, as_of=date(2025, 3, 31))
    assert short.ends == date(2025, 3, 31)
    assert short.lines() == whole.lines()[: len(short.events)]
    assert whole.events[len(short.events)].at > last_second(short.ends) >= short.events[-1].at


def test_the_default_last_day_is_the_programmes_own() -> None:
    assert programme(7, 2).ends == date(2026, 6, 30)
    assert programme(7, 2, as_of=date(2026, 6, 30)).lines() == programme(7, 2).lines()
    assert programme(7, 2, as_of=date(2026, 12, 31)).ends == date(2026, 12, 31)


def test_one_more_partner_changes_nothing_for_the_others() -> None:
    def told(log: EventLog) -> Counter[str]:
        return Counter(line.split("|at=", 1)[1] for line in log.lines())

    fewer, more = told(simulate(7, 20)), told(simulate(7, 21))
    assert fewer - more == Counter()
    assert (more - fewer).total() > 50


def test_the_size_follows_the_number_of_partners(demo_log: EventLog, small_log: EventLog) -> None:
    counts = Counter(type(e) for e in demo_log.events)
    assert 7_500 < counts[ev.OpportunityCreated] < 8_500
    assert 1_200 < counts[ev.RegistrationCreated] < 2_200
    assert 2_400 < counts[ev.LeadSubmitted] < 3_600
    assert 18_000 < counts[ev.OpportunityCreated] + counts[ev.OpportunityChanged] < 23_000
    small = Counter(type(e) for e in small_log.events)
    assert 8 < counts[ev.OpportunityCreated] / small[ev.OpportunityCreated] < 12.5


def test_fifty_partners_have_all_types_tiers_and_regions(small_log: EventLog) -> None:
    applied = [e for e in small_log.events if isinstance(e, ev.PartnerApplied)]
    assert len({e.partner_type for e in applied}) == 6
    assert {e.region for e in applied} == {"na", "latam", "emea", "apac"}
    assert len({e.tier for e in small_log.events if isinstance(e, ev.TierAssigned)}) == 4


def test_thousands_of_partners_are_simulated_within_seconds() -> None:
    began = time.process_time()
    log = simulate(3, 1_000)
    assert len(log.events) > 120_000
    assert time.process_time() - began < 20  # measured: 2.6 s on one core


def test_moving_an_event_changes_it_alone_and_leaves_the_log_it_came_from(small_log: EventLog) -> None:
    before = small_log.lines()
    first = next(e for e in small_log.events if isinstance(e, ev.OpportunityCreated))
    other = moved(small_log, ev.OpportunityCreated, amount=Decimal("1.00"))
    assert small_log.lines() == before
    assert [a != b for a, b in zip(before, other.lines(), strict=True)].count(True) == 1
    assert f"opportunity={first.opportunity}|" in next(b for a, b in zip(before, other.lines(), strict=True) if a != b)


def test_an_event_moved_in_time_takes_its_new_place(small_log: EventLog) -> None:
    last = [e for e in small_log.events if isinstance(e, ev.OpportunityChanged)][-1]
    earlier = moved(small_log, ev.OpportunityChanged, lambda e: e.seq == last.seq, at=last.at - timedelta(days=1))
    keys = [(e.at, e.seq) for e in earlier.events]
    assert keys == sorted(keys)
    assert len(keys) == len(small_log.events)


def test_moving_an_event_that_is_not_there_is_refused(small_log: EventLog) -> None:
    with pytest.raises(LookupError, match="no OpportunityCreated in the log fits"):
        moved(small_log, ev.OpportunityCreated, lambda e: e.opportunity == -1, amount=None)


@pytest.mark.parametrize(
    ("partners", "ends"), [(0, date(2026, 6, 30)), (100_000, date(2026, 6, 30)), (5, date(2023, 7, 9))]
)
def test_impossible_sizes_are_refused_with_a_sentence(partners: int, ends: date) -> None:
    with pytest.raises(ConfigurationError, match=r"\. Choose .*\.$"):
        simulate(7, partners, ends=ends)


def test_a_day_before_the_programme_is_refused_with_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="starts on 2023-07-01, so there is nothing to show as of 2020-01-01"):
        programme(7, 2, as_of=date(2020, 1, 1))
