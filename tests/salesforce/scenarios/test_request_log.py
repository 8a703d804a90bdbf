"""What the org was asked, by its own log: no needless calls, bounded log-ins and retries, the allowed concurrency."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.org import LoggedRequest
from partnerops_pipeline.salesforce.errors import QuotaSpent, Unreachable
from partnerops_pipeline.salesforce.pages import ATTEMPTS_PER_PAGE, PAGE_THREADS
from partnerops_pipeline.salesforce.session import ATTEMPTS, FIRST_ATTEMPTS
from tests.salesforce.scenarios.stage import Stage, stage

EVERY_KIND = ("Account", "Opportunity", "OpportunityPartner", "PartnerRole", "Contact", "User", "Deal_Registration__c")
"""By REST and by Bulk, with and without rows, with and without a log of deletions, read whole every time."""
PAGE = "GET .*/results"
LONG = pytest.mark.long
"""The same with other numbers."""


def asked(on: Stage) -> Counter[str]:
    """How often each address was asked for, by itself or within another request; polls are as many as it takes."""
    told = [one for request in on.requests() for one in questions(request)]
    return Counter(one for one in told if not (one.startswith("GET") and is_poll(one.split("?")[0])))


def questions(request: LoggedRequest) -> Sequence[str]:
    """What a request asks: what is within it, or itself."""
    return request.subrequests or [f"{request.method} {request.path}?{request.query}"]


def is_poll(address: str) -> bool:
    return "/jobs/query/750" in address and address.count("/") == 6


def test_a_run_asks_nothing_twice(calm: Stage) -> None:
    """Only a window is counted twice, before it is read and after."""
    assert {one.state for one in calm.run(*EVERY_KIND).values()} == {"ok"}
    counted = {one: times for one, times in asked(calm).items() if "SELECT%20COUNT" in one}
    others = {one: times for one, times in asked(calm).items() if "SELECT%20COUNT" not in one}
    assert max(counted.values()) == 2 and min(counted.values()) == 1, "an empty window is counted once"
    assert {one: times for one, times in others.items() if times > 1} == {}
    assert calm.log_ins == 1 and all(one.status < 300 for one in calm.requests())


def test_a_run_without_changes_asks_one_count_and_one_log_for_each_object(calm: Stage) -> None:
    calm.run(*EVERY_KIND)
    before = len(calm.requests())
    calm.run(*EVERY_KIND)
    for one in calm.requests()[before:]:
        needless = [kind for kind in ("jobs/query", "/query/01g", "/describe") if kind in one.path]
        assert not needless, one
    told = [one for request in calm.requests()[before:] for one in questions(request)]
    logged = sum(calm.org.store.schema.objects[name].replicated for name in EVERY_KIND)
    assert sum("/deleted" in one for one in told) == logged
    # PartnerRole has no stamp: it is counted before and after, and read
    assert sum("COUNT" in one for one in told) == len(EVERY_KIND) + 1


@pytest.mark.parametrize("threads", [pytest.param(1, marks=LONG), 4])
def test_each_end_of_a_session_costs_one_log_in_however_many_threads_it_meets(calm: Stage, threads: int) -> None:
    calm.faults(Fault("GET .*(results|queryAll|/query/01g)", "expire_session", every=9, times=2))
    calm.run(*EVERY_KIND, threads=threads)
    ended = calm.org.org.faults.fired()
    assert ended == 2 and calm.log_ins <= 1 + ended
    refused = [one for one in calm.requests() if one.status == 401]
    assert len(refused) <= ended * threads * (PAGE_THREADS + 1), "a call is replayed, not begun again and again"
    calm.is_org("Account", "Opportunity")


@pytest.mark.parametrize(
    ("fault", "most"),
    [
        pytest.param(Fault(PAGE, "status", status=503), ATTEMPTS, marks=LONG),
        pytest.param(Fault(PAGE, "drop"), ATTEMPTS, marks=LONG),
        (Fault(PAGE, "drop", after_bytes=100), ATTEMPTS_PER_PAGE),
        (Fault(PAGE, "html"), FIRST_ATTEMPTS),
        (Fault(PAGE, "status", status=400, code="MALFORMED_QUERY", message="no"), 1),
    ],
    ids=["503", "dropped", "broken off", "web page", "refused"],
)
def test_what_does_not_get_better_is_asked_for_a_few_times_and_no_more(calm: Stage, fault: Fault, most: int) -> None:
    calm.faults(fault)
    with contextlib.suppress(Unreachable):
        assert calm.run("Opportunity")["Opportunity"].state == "failed"
    of_pages = Counter(one.query for one in calm.requests("/results?"))
    assert of_pages and max(of_pages.values()) <= most, of_pages
    calm.faults()
    calm.later_run("Opportunity")
    calm.is_org("Opportunity")


@pytest.mark.parametrize("threads", [1, pytest.param(3, marks=LONG)])
def test_no_more_than_the_allowed_requests_are_under_way_at_once(tmp_path: Path, threads: int) -> None:
    """For each object that is read at a time two pages, and the list of them."""
    with stage(tmp_path, opportunities=30, accounts=15) as on:
        on.faults(Fault("GET ", "delay", seconds=0.05))
        cursors = [0]
        on.org.org.on_request = lambda _: cursors.append(len(on.org.org.state.cursors))
        on.run("Opportunity", "Account", "Deal_Registration__c", "OpportunityPartner", "Contact", threads=threads)
        assert len(on.requests("/results")) == 10
        assert 2 <= on.org.org.most_at_once <= threads * (PAGE_THREADS + 1)
        assert max(cursors) <= 10, "Salesforce closes the oldest of more than ten cursors"


@pytest.mark.parametrize("per_app_usage", [False, True], ids=["org alone", "org and app"])
def test_below_the_reserve_nothing_of_an_object_is_asked(tmp_path: Path, per_app_usage: bool) -> None:
    """`Sforce-Limit-Info` has two forms; Meltano's tap understands one, and its guard is off with the other."""
    with stage(tmp_path, daily_api_calls=1_000, per_app_usage=per_app_usage) as on:
        on.org.org.leave_calls(90)
        ours = on.connect()
        ours.session.reserve = 0.1
        with pytest.raises(QuotaSpent, match="reserved for others"):
            on.run(org=ours)
        told = [one.path.split("/")[-1] for one in on.requests()]
        assert told == ["token", "userinfo", "query"], "only an answer of the API tells how much is left"


def test_below_the_reserve_of_the_connected_app_nothing_is_asked_though_the_org_has_plenty(tmp_path: Path) -> None:
    with stage(tmp_path, daily_app_calls=250) as on:
        on.org.org.leave_app_calls(24)
        ours = on.connect()
        ours.session.reserve = 0.1
        with pytest.raises(
            QuotaSpent, match=r"Of the connected app partnerops-demo's 250 API calls a day 2\d are left"
        ):
            on.run(org=ours)
        assert [one.path.split("/")[-1] for one in on.requests()] == ["token", "userinfo", "query"]


def test_a_budget_is_a_share_of_what_the_connected_app_may_use_and_a_later_run_goes_on(tmp_path: Path) -> None:
    with stage(tmp_path, opportunities=30, daily_app_calls=64) as on:
        ours = on.connect()
        ours.session.budget = 0.25
        with pytest.raises(QuotaSpent, match="16 of the connected app partnerops-demo's 64 calls"):
            on.run("Opportunity", org=ours)
        assert len(on.requests()) == 16
        assert on.later_run("Opportunity")["Opportunity"].resumed
        on.is_org("Opportunity")
