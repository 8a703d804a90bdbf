"""Several questions in one call."""

from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.composite import in_calls, parts_of
from partnerops_pipeline.salesforce.errors import MissingObject, QuotaSpent, UnusableAnswer
from partnerops_pipeline.salesforce.extract import extract_all
from partnerops_pipeline.salesforce.objects import load_objects

from .small_org import connected, lake_equals_org, small_org, spec

NAMES = [one.name for one in load_objects()]
DESCRIBE = "/services/data/v62.0/sobjects/{}/describe"


def test_all_objects_are_described_in_two_calls_and_each_call_counts_once(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=1) as org:
        ours = connected(org)
        ours.describe_all(NAMES)
        assert [len(one.subrequests) for one in org.requests("/composite?")] == [25, len(NAMES) - 25]
        assert org.requests("/describe") == []
        assert org.org.calls_spent() == 2
        assert ours.session.usage is not None and ours.session.usage.org.used == 2
        assert {ours.describe(name).name for name in NAMES} == set(NAMES)
        assert org.org.calls_spent() == 2


def test_a_description_that_is_refused_leaves_the_others_and_is_asked_for_by_itself(tmp_path: Path) -> None:
    refused = Fault("sobjects/Account/describe", "status", status=403, code="INSUFFICIENT_ACCESS", message="no")
    lake = Lake(str(tmp_path / "lake"))
    with small_org(tmp_path, opportunities=5, faults=[refused]) as org:
        org.store.hide_object("Lead")
        reports = {
            one.object: one.state
            for one in extract_all(connected(org), [spec("Account"), spec("Opportunity"), spec("Lead")], lake, tmp_path)
        }
        assert reports == {"Account": "failed", "Opportunity": "ok", "Lead": "absent"}
        assert {one.path for one in org.requests("/describe")} == {DESCRIBE.format("Account")}
        lake_equals_org(lake, org, spec("Opportunity"))


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/composite", "status", status=403, code="API_DISABLED_FOR_ORG", message="not here"),
        Fault("/composite", "status", status=404, code="NOT_FOUND", message="The requested resource does not exist"),
        Fault("/composite", "status", status=503, code="SERVER_UNAVAILABLE", message="busy"),
        Fault("/composite", "html"),
        Fault("/composite", "truncate", after_bytes=40),
    ],
)
def test_without_composite_requests_each_object_is_described_by_itself(tmp_path: Path, fault: Fault) -> None:
    with small_org(tmp_path, opportunities=1, faults=[fault]) as org:
        ours = connected(org)
        ours.describe_all(NAMES)
        assert {ours.describe(name).name for name in NAMES} == set(NAMES)
        assert len(org.requests("/describe")) == len(NAMES)
        assert len(org.requests("/composite?")) <= 10


def test_a_spent_quota_is_no_reason_to_ask_singly(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=1, daily_api_calls=10) as org:
        org.org.leave_calls(1)
        with pytest.raises(QuotaSpent):
            connected(org).describe_all(NAMES)
        assert org.requests("/describe") == []


def test_an_object_that_is_not_there_is_not_asked_for_again(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=1) as org:
        ours = connected(org)
        ours.describe_all(["Account", "Nothing__c"])
        with pytest.raises(MissingObject, match="Nothing__c does not exist"):
            ours.describe("Nothing__c")
        assert org.org.calls_spent() == 1


def test_queries_go_five_at_a_time_and_all_else_25_at_a_time() -> None:
    assert [len(some) for some in in_calls([f"/services/data/v62.0/queryAll?q={n}" for n in range(12)])] == [5, 5, 2]
    assert [len(some) for some in in_calls([DESCRIBE.format(n) for n in range(31)])] == [25, 6]
    assert list(in_calls([])) == []


@pytest.mark.parametrize("answer", [{}, [], {"compositeResponse": [{"referenceId": "r0"}]}, {"compositeResponse": []}])
def test_an_answer_that_lacks_requests_is_told(answer: object) -> None:
    with pytest.raises(UnusableAnswer, match="lacks requests"):
        parts_of(answer, 1, doing="describing")
