"""What all objects are asked beforehand, and what comes of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.extract import ObjectReport, extract_all

from .small_org import connected, current_in_lake, lake_equals_org, small_org, spec

NAMES = ("Account", "Contact", "Opportunity", "OpportunityPartner", "Lead", "PartnerRole", "User")
SPECS = [spec(name) for name in NAMES]
HOUR = timedelta(hours=1)


def run(org: RunningOrg, home: Path) -> dict[str, ObjectReport]:
    reports = extract_all(connected(org), SPECS, Lake(str(home / "lake")), home / "spool")
    assert {one.state for one in reports} == {"ok"}
    return {one.object: one for one in reports}


@contextmanager
def read_before(home: Path) -> Iterator[RunningOrg]:
    """An org that was read twice, so that watermarks and logs of deletions are known."""
    with small_org(home, accounts=8, opportunities=8) as org:
        run(org, home)
        org.clock.advance(HOUR)
        run(org, home)
        org.clock.advance(HOUR)
        yield org


def test_where_nothing_changed_objects_are_asked_together_and_the_reports_add_up_to_what_it_cost(
    tmp_path: Path,
) -> None:
    with read_before(tmp_path) as org:
        asked, spent = len(org.request_log), org.org.calls_spent()
        reports = run(org, tmp_path)
        inside = [len(one.subrequests) for one in org.request_log[asked:] if one.subrequests]
        logged = sum(org.store.schema.objects[name].replicated for name in NAMES)
        assert inside == [len(NAMES), 5, 1, logged]  # describes, counts of all but PartnerRole, logs
        singly = [f"{one.path}?{one.query}" for one in org.request_log[asked:] if not one.subrequests]
        assert all("PartnerRole" in one or "Organization" in one or "oauth2" in one for one in singly)
        assert sum(one.calls for one in reports.values()) == org.org.calls_spent() - spent == 4 + 2 + 3
        assert {one.committed for one in reports.values()} == {0}
        assert {one.verdict for one in reports.values()} == {"complete"}


def test_only_objects_with_something_new_are_read(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with read_before(tmp_path) as org:
        org.store.update("Account", made_id("001", 3), {"Name": "renamed"})
        org.store.hard_delete("Opportunity", made_id("006", 4))
        org.clock.advance(HOUR)
        asked = len(org.request_log)
        reports = run(org, tmp_path)
        assert (reports["Account"].committed, reports["Opportunity"].buried) == (1, 1)
        counted = [one.query for one in org.request_log[asked:] if "COUNT" in one.query]
        assert len(counted) == 2 + 2 and all("Account" in one or "PartnerRole" in one for one in counted)
        for one in SPECS:
            lake_equals_org(lake, org, one)


def test_what_happens_after_it_was_asked_comes_with_the_next_run(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    changes = (
        {"do": "update", "object": "Account", "id": made_id("001", 3), "values": {"Name": "meanwhile"}},
        {"do": "hard-delete", "object": "Opportunity", "id": made_id("006", 4)},
        {"do": "delete", "object": "Opportunity", "id": made_id("006", 5)},
    )
    with read_before(tmp_path) as org:
        org.set_faults(Fault("queryAll.*PartnerRole", "change", nth=1, changes=changes))
        reports = run(org, tmp_path)
        assert org.org.faults.fired() == 1
        assert (reports["Account"].committed, reports["Opportunity"].buried) == (0, 0)
        org.set_faults()
        org.clock.advance(HOUR)
        reports = run(org, tmp_path)
        assert (reports["Account"].committed, reports["Opportunity"].buried) == (1, 1)
        assert current_in_lake(lake, spec("Opportunity"))[made_id("006", 5)]["_is_deleted"] is True
        for one in SPECS:
            lake_equals_org(lake, org, one)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/composite", "status", status=403, code="API_DISABLED_FOR_ORG", message="not here"),
        Fault("queryAll.*COUNT.*Account", "status", status=400, code="QUERY_TIMEOUT", message="too long", times=1),
        Fault("Opportunity/deleted", "status", status=503, message="busy", times=1),
        Fault("/composite", "truncate", after_bytes=30),
    ],
    ids=["no composite", "one count", "one log", "cut off"],
)
def test_what_was_not_answered_together_is_asked_singly(tmp_path: Path, fault: Fault) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with read_before(tmp_path) as org:
        org.store.update("Account", made_id("001", 3), {"Name": "renamed"})
        org.store.hard_delete("Opportunity", made_id("006", 4))
        org.clock.advance(HOUR)
        org.set_faults(fault)
        reports = run(org, tmp_path)
        assert org.org.faults.fired() >= 1
        assert (reports["Account"].committed, reports["Opportunity"].buried) == (1, 1)
        for one in SPECS:
            lake_equals_org(lake, org, one)


def test_a_lake_that_was_put_back_is_read_from_where_it_ends(tmp_path: Path) -> None:
    """The window that was asked for beforehand belongs to a newer lake."""
    lake = Lake(str(tmp_path / "lake"))
    with read_before(tmp_path) as org:
        shutil.copytree(tmp_path / "lake", tmp_path / "older")
        org.store.update("Account", made_id("001", 3), {"Name": "renamed"})
        org.clock.advance(HOUR)
        run(org, tmp_path)
        shutil.rmtree(tmp_path / "lake")
        shutil.move(tmp_path / "older", tmp_path / "lake")
        org.clock.advance(HOUR)
        run(org, tmp_path)
        for one in SPECS:
            lake_equals_org(lake, org, one)
