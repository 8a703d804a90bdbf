"""What goes wrong with data while it is read: pages that lie, work that is lost, an org that moves or changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
import requests

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.server import running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.demo.salesforce.conftest import Client, client_of
from tests.demo.salesforce.small_org import account, opportunity

OPPORTUNITIES = "SELECT Id FROM Opportunity"


def page_of(client: Client, fault: Fault) -> tuple[int, int]:
    """Announced and real rows of one Bulk page that holds all five opportunities when nothing is wrong."""
    job = client.finished_job(OPPORTUNITIES)
    client.running.set_faults(fault)
    page = client.results(job, params={"maxRecords": 10})
    assert page.headers["Sforce-Locator"] == "null"
    return int(page.headers["Sforce-NumberOfRecords"]), len(page.text.splitlines()) - 1


@pytest.mark.parametrize(
    ("action", "rows", "announced", "real"),
    [("short", 3, 5, 3), ("lose", 2, 3, 3), ("repeat", 2, 7, 7), ("miscount", 1, 6, 5), ("miscount", -1, 4, 5)],
)
def test_a_bulk_page_can_lie(client: Client, action: str, rows: int, announced: int, real: int) -> None:
    assert page_of(client, Fault("/results", action, rows=rows)) == (announced, real)
    assert page_of(client, Fault("/nothing", action, rows=rows)) == (5, 5)


@pytest.mark.parametrize(
    ("action", "rows", "announced", "real"),
    [("short", 1, 4, 3), ("repeat", 1, 4, 5), ("miscount", 2, 6, 4), ("miscount", -1, 3, 4)],
)
def test_a_rest_page_can_lie(client: Client, action: str, rows: int, announced: int, real: int) -> None:
    client.running.set_faults(Fault("GET .*/query", action, nth=1, rows=rows))
    page = client.query(OPPORTUNITIES).json()
    total, found = page["totalSize"], len(page["records"])
    while not page["done"]:
        page = client.get(page["nextRecordsUrl"]).json()
        found += len(page["records"])
    assert (total, found) == (announced, real)


def test_a_job_can_report_another_number_of_records_than_it_holds(client: Client) -> None:
    client.running.set_faults(Fault("GET .*/jobs/query/750[^/]*$", "miscount", rows=4))
    job = client.finished_job(OPPORTUNITIES)
    assert job["numberRecordsProcessed"] == 9


def test_a_query_over_too_many_rows_fails_by_rest_and_by_bulk(client: Client) -> None:
    message = "Your query request was running for too long."
    client.running.set_faults(Fault("query", "too_large", rows=3, code="QUERY_TIMEOUT", message=message))
    assert client.refusal(OPPORTUNITIES) == (400, "QUERY_TIMEOUT", message)
    failed = client.finished_job(OPPORTUNITIES)
    assert (failed["state"], failed["errorMessage"]) == ("Failed", message)
    assert client.finished_job(f"{OPPORTUNITIES} WHERE Amount > 0")["state"] == "JobComplete"
    assert len(client.records(f"{OPPORTUNITIES} WHERE Amount > 0")) == 2


def test_a_truncated_answer_ends_as_if_it_were_whole(client: Client) -> None:
    job = client.finished_job("SELECT Id, Description FROM Opportunity")
    whole = client.results(job, params={"maxRecords": 10})
    client.running.set_faults(Fault("/results", "truncate", after_bytes=120))
    for encoding in ("identity", "gzip"):
        part = client.results(job, params={"maxRecords": 10}, headers={"Accept-Encoding": encoding}, stream=True)
        assert part.status_code == 200
        assert part.headers["Sforce-NumberOfRecords"] == whole.headers["Sforce-NumberOfRecords"] == "5"
        assert len(part.raw.read()) == 120
    cut = client.results(job, params={"maxRecords": 10}, headers={"Accept-Encoding": "identity"}).content
    assert whole.content.startswith(cut) and len(cut) == 120


def test_forgotten_cursors_and_jobs_are_unknown(client: Client) -> None:
    job = client.finished_job(OPPORTUNITIES)
    following = client.query(OPPORTUNITIES).json()["nextRecordsUrl"]
    client.running.set_faults(Fault("limits", "forget"))
    client.get("limits")
    assert client.get(following).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert client.results(job).status_code == 404
    assert client.get(f"jobs/query/{job['id']}").status_code == 404


def test_records_and_schema_can_change_while_they_are_read(client: Client) -> None:
    changes = (
        {"do": "delete", "object": "Account", "id": account(1)},
        {"do": "schema", "change": "hide_field", "object": "Account", "field": "Industry"},
    )
    client.running.set_faults(Fault("GET .*/query", "change", nth=2, changes=changes))
    assert [one["Id"] for one in client.records("SELECT Id, Industry FROM Account")] == [account(1), account(2)]
    assert client.refusal("SELECT Id, Industry FROM Account")[1] == "INVALID_FIELD"
    assert (client.running.store.get("Account", account(1)) or {})["IsDeleted"] is True


def test_an_org_that_moved_serves_no_session_at_its_old_address(store: OrgStore) -> None:
    with running_org(store, addresses=2) as running:
        client = client_of(running)
        assert client.get("limits").status_code == 200
        running.set_faults(Fault("limits", "migrate", nth=1))
        assert client.get("limits").json()[0]["errorCode"] == "INVALID_SESSION_ID"
        form = {
            "grant_type": "client_credentials",
            "client_id": running.client_id,
            "client_secret": running.client_secret,
        }
        grant = requests.post(f"{running.url}/services/oauth2/token", data=form, timeout=10).json()
        assert grant["instance_url"] == running.org.addresses[1] != running.url
        client.http.headers["Authorization"] = f"Bearer {grant['access_token']}"
        assert client.get("limits").status_code == 401
        moved = client.http.get(f"{grant['instance_url']}/services/data/v62.0/limits", timeout=10)
        assert moved.status_code == 200


def test_an_org_at_one_address_cannot_move(client: Client) -> None:
    refused = requests.post(f"{client.running.url}/emulator/migrate", json={}, timeout=10)
    assert (refused.status_code, "one address" in refused.text) == (400, True)


def test_the_quota_can_be_nearly_used_by_others(client: Client) -> None:
    told = requests.post(f"{client.running.url}/emulator/quota", json={"left": 2}, timeout=10).json()
    assert told == {"calls": 99_998}
    assert [client.get("limits").status_code for _ in range(3)] == [200, 200, 403]
    client.running.clock.advance(timedelta(hours=25))
    assert client.get("limits").status_code == 200


def test_who_watches_is_told_of_every_request_before_it_is_answered(client: Client) -> None:
    told: list[str] = []
    client.running.org.on_request = told.append
    client.running.set_faults(Fault("limits", "drop"))
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get("limits")
    assert told == ["GET /services/data/v62.0/limits"]


def test_a_late_row_is_stamped_before_it_can_be_seen(client: Client) -> None:
    earlier = client.running.clock.now_to_the_second() - timedelta(minutes=5)
    client.running.store.update("Opportunity", opportunity(1), {"Amount": Decimal(1)}, at=earlier)
    assert (client.running.store.get("Opportunity", opportunity(1)) or {})["SystemModstamp"] == earlier


def test_a_change_that_cannot_be_made_is_told_to_who_wrote_the_rule(client: Client) -> None:
    for wrong in ({"do": "explode"}, {"do": "delete", "object": "Account", "id": account(99)}, {"do": "delete"}):
        client.running.set_faults(Fault("limits", "change", changes=(wrong,)))
        refused = client.get("limits")
        assert (refused.status_code, "cannot be made" in refused.text) == (500, True)


def test_requests_that_are_answered_at_the_same_time_are_counted(client: Client) -> None:
    assert client.get("limits").status_code == 200
    assert client.running.org.most_at_once == 1
    client.running.set_faults(Fault("limits", "delay", seconds=1.0))
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: client_of(client.running).get("limits").status_code, range(3)))
    assert (answers, client.running.org.most_at_once) == ([200, 200, 200], 3)
