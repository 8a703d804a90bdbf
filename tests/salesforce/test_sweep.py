"""A comparison of all ids that was stopped goes on where it stopped."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.errors import QuotaSpent
from partnerops_pipeline.salesforce.extract import ObjectReport, extract_object
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.passes import JOB_LIFE

from .small_org import USER, connected, current_in_lake, lake_equals_org, small_org, spec

OPPORTUNITY = spec("Opportunity").model_copy(update={"api": "bulk"})
PAIRS = [
    pytest.param(spec(name).model_copy(update={"api": "bulk"}), id=name)
    for name in ("OpportunityPartner", "AccountPartner")
]
NEW_JOB = "POST /services/data/v62.0/jobs/query"
DAY = timedelta(days=1)
CHILD = """
import sys
from pathlib import Path
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.extract import extract_object
from partnerops_pipeline.salesforce.login import FixedToken
from partnerops_pipeline.salesforce.objects import load_objects
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession
url, token, home, name = sys.argv[1:]
spec = next(one for one in load_objects() if one.name == name).model_copy(update={"api": "bulk"})
extract_object(Org(OrgSession(url, FixedToken(token))), spec, Lake(home + "/lake"), Path(home) / "spool")
"""


def run(org: RunningOrg, home: Path, of: ObjectSpec = OPPORTUNITY) -> ObjectReport:
    return extract_object(connected(org), of, Lake(str(home / "lake")), home / "spool")


def stop_in_the_middle(org: RunningOrg, home: Path, of: ObjectSpec = OPPORTUNITY) -> None:
    """The quota is spent after two pages of ids."""
    spent = Fault(
        "GET .*/results", "status", nth=4, status=403, code="REQUEST_LIMIT_EXCEEDED", message="Limit exceeded."
    )
    org.set_faults(spent)
    with pytest.raises(QuotaSpent):
        run(org, home, of)
    org.set_faults()


def served(org: RunningOrg, since: int) -> Counter[str]:
    """How often each page of results was sent whole."""
    pages = [one for one in org.request_log[since:] if "/results" in one.path and "/resultPages" not in one.path]
    return Counter(f"{one.path}?{one.query}" for one in pages if one.status == 200)


def pairs(org: RunningOrg, of: ObjectSpec, count: int = 30) -> list[str]:
    first = "OpportunityId" if of.name == "OpportunityPartner" else "AccountFromId"
    prefix = "006" if of.name == "OpportunityPartner" else "001"
    return [
        org.store.insert(of.name, {first: made_id(prefix, n), "AccountToId": made_id("001", n), "CreatedById": USER})
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("of", PAIRS)
def test_ids_of_an_object_without_a_log_go_on_at_the_same_job_and_page(tmp_path: Path, of: ObjectSpec) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=40, bulk_page_rows=5) as org:
        made = pairs(org, of)
        org.clock.advance(timedelta(minutes=30))
        run(org, tmp_path, of)
        org.store.hard_delete(of.name, made[7])
        org.clock.advance(DAY)
        asked = len(org.request_log)
        jobs = len(org.requests(NEW_JOB))
        stop_in_the_middle(org, tmp_path, of)
        org.clock.advance(timedelta(minutes=20))
        report = run(org, tmp_path, of)
        assert (report.buried, report.source_rows) == (1, 29)
        assert len(org.requests(NEW_JOB)) - jobs == 1
        assert set(served(org, asked).values()) == {1} and len(served(org, asked)) == 6
        lake_equals_org(lake, org, of)
        org.clock.advance(timedelta(minutes=20))
        assert run(org, tmp_path, of).source_rows is None  # once a day
        assert [left.name for left in (tmp_path / "spool" / of.lake_table).iterdir()] == ["lock"]


@pytest.mark.parametrize("moment", ["/resultPages", "/results?"])
def test_ids_that_a_killed_run_was_reading_go_on(tmp_path: Path, moment: str) -> None:
    lake = Lake(str(tmp_path / "lake"))
    slow = Fault("GET .*/results", "delay", seconds=0.15)
    with small_org(tmp_path, opportunities=200, bulk_page_rows=10) as org:
        run(org, tmp_path)
        org.store.set_calculated("Opportunity", made_id("006", 30), {"Days_Open__c": Decimal(999)})
        org.clock.advance(DAY)
        org.set_faults(slow)
        before, asked = len(org.requests(moment)), len(org.request_log)
        jobs = len(org.requests(NEW_JOB))
        child = subprocess.Popen([sys.executable, "-c", CHILD, org.url, org.token, str(tmp_path), "Opportunity"])
        deadline = time.monotonic() + 60
        while len(org.requests(moment)) < before + 3:
            assert time.monotonic() < deadline, "the run never came so far"
            assert child.poll() is None, "the run ended before"
            time.sleep(0.001)
        child.kill()
        child.wait()
        org.set_faults()
        report = run(org, tmp_path)
        assert (report.refreshed, report.source_rows) == (1, 200)
        assert len(org.requests(NEW_JOB)) - jobs == 1, "the job was known, and gone on with"
        again = [page for page, times in served(org, asked).items() if times > 1]
        assert len(again) <= 3, "only pages that were under way come again"
        lake_equals_org(lake, org, OPPORTUNITY)


def test_ids_after_a_gap_in_the_log_go_on_too(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=40, bulk_page_rows=5) as org:
        run(org, tmp_path)
        org.store.hard_delete("Opportunity", made_id("006", 3))
        org.clock.advance(DAY * 20)
        jobs = len(org.requests(NEW_JOB))
        stop_in_the_middle(org, tmp_path)
        org.clock.advance(timedelta(minutes=20))
        report = run(org, tmp_path)
        assert (report.deletion_gap, report.buried, report.source_rows) == (True, 1, 39)
        assert len(org.requests(NEW_JOB)) - jobs == 1
        org.store.hard_delete("Opportunity", made_id("006", 4))
        org.clock.advance(timedelta(minutes=20))
        report = run(org, tmp_path)
        assert (report.deletion_gap, report.buried) == (False, 1)
        lake_equals_org(lake, org, OPPORTUNITY)


def test_ids_of_an_earlier_moment_say_nothing_of_what_the_lake_learned_since(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    fresh = made_id("006", 5)
    with small_org(tmp_path, opportunities=40, bulk_page_rows=5) as org:
        run(org, tmp_path)
        org.clock.advance(DAY)
        org.store.update("Opportunity", fresh, {"Name": "just now"})
        org.clock.advance(timedelta(minutes=5))
        stop_in_the_middle(org, tmp_path)
        inserted = org.store.insert("Opportunity", {"Name": "new", "StageName": "Prospecting", "OwnerId": USER})
        org.store.update("Opportunity", made_id("006", 6), {"Name": "later"})
        org.store.hard_delete("Opportunity", made_id("006", 7))
        org.store.set_calculated("Opportunity", fresh, {"Days_Open__c": Decimal(777)})
        org.clock.advance(timedelta(minutes=5))
        run(org, tmp_path)
        assert current_in_lake(lake, OPPORTUNITY)[fresh]["Days_Open__c"] == Decimal(777)
        assert current_in_lake(lake, OPPORTUNITY)[inserted]["_is_deleted"] is False
        lake_equals_org(lake, org, OPPORTUNITY)


@pytest.mark.parametrize("reason", ["too old", "other fields"])
def test_ids_that_are_of_no_use_any_more_are_given_up_with_their_job(tmp_path: Path, reason: str) -> None:
    with small_org(tmp_path, opportunities=40, bulk_page_rows=5) as org:
        run(org, tmp_path)
        org.clock.advance(DAY)
        stop_in_the_middle(org, tmp_path)
        jobs = len(org.requests(NEW_JOB))
        if reason == "too old":
            org.clock.advance(JOB_LIFE)
        else:
            org.store.hide_field("Opportunity", "Days_Open__c")
            org.clock.advance(timedelta(minutes=20))
        run(org, tmp_path)
        assert len(org.requests(NEW_JOB)) == jobs + 1
        assert len(org.requests("DELETE ")) == len(org.requests(NEW_JOB))
        lake_equals_org(Lake(str(tmp_path / "lake")), org, OPPORTUNITY)
