"""Faults as a client on the wire meets them, the address limit, and the request log."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import requests

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.server import running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.demo.salesforce.conftest import Client, client_of


def test_a_status_fault_answers_in_salesforces_shape_and_executes_nothing(client: Client) -> None:
    client.running.set_faults(Fault("POST .*sobjects/Account", "status", times=1, status=503, retry_after=7))
    refused = client.call("POST", "sobjects/Account", json={"Name": "x"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "7")
    assert refused.json() == [{"message": "Server unavailable", "errorCode": "SERVER_UNAVAILABLE"}]
    assert client.running.store.count("Account") == 4
    assert client.call("POST", "sobjects/Account", json={"Name": "x"}).status_code == 201


def test_an_html_fault_is_a_web_page_with_status_200(client: Client) -> None:
    client.running.set_faults(Fault("limits", "html"))
    page = client.get("limits")
    assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (200, "text/html")


def test_a_dropped_connection_breaks_before_the_answer_or_in_its_middle(client: Client) -> None:
    client.running.set_faults(Fault("limits$", "drop"))
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get("limits")
    client.running.set_faults(Fault("sobjects$", "drop", after_bytes=500))
    with pytest.raises(requests.exceptions.RequestException), client.get("sobjects", stream=True) as answer:
        assert answer.status_code == 200
        _ = answer.content
    assert client.get("limits").status_code == 200


def test_a_result_page_can_break_in_its_middle_whether_compressed_or_not(client: Client) -> None:
    store = client.running.store
    with store.writing():
        for number in range(200):
            store.insert("Contact", {"LastName": f"n{number}", "Email": f"n{number}@x.example"})
    job = client.finished_job("SELECT Id, LastName, Email, SystemModstamp FROM Contact")
    for encoding in ("gzip", "identity"):
        client.running.set_faults(Fault("/results", "drop", nth=1, after_bytes=1000))
        options = {"params": {"maxRecords": 500}, "headers": {"Accept-Encoding": encoding}}
        with pytest.raises(requests.exceptions.RequestException):
            _ = client.results(job, **options).content
        assert client.results(job, **options).content.count(b"\n") == 201


def test_a_delayed_answer_is_late_and_right(client: Client) -> None:
    client.running.set_faults(Fault("limits", "delay", seconds=0.3))
    before = time.monotonic()
    assert client.get("limits").status_code == 200
    assert time.monotonic() - before >= 0.3


def test_a_session_can_end_in_the_middle_of_a_download(client: Client) -> None:
    job = client.finished_job("SELECT Id FROM Opportunity")
    client.running.set_faults(Fault("/results", "expire_session", nth=2))
    assert client.results(job).status_code == 200
    assert client.results(job).json()[0]["errorCode"] == "INVALID_SESSION_ID"


def test_an_address_beyond_16384_bytes_is_refused(client: Client) -> None:
    fits = "SELECT Id FROM Account WHERE Name = '" + "x" * 15_000 + "'"
    assert client.query(fits).status_code == 200
    assert client.query(fits.replace("xx", "xxx")).status_code == 414


def test_a_spent_quota_refuses_every_call_until_the_day_is_over(store: OrgStore) -> None:
    with running_org(store, daily_api_calls=3) as running:
        client = client_of(running)
        assert [client.get("limits").status_code for _ in range(5)] == [200, 200, 200, 403, 403]
        refused = client.get("limits")
        assert refused.json() == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
        assert refused.headers["Sforce-Limit-Info"] == "api-usage=3/3"
        running.clock.advance(timedelta(hours=24, seconds=1))
        assert client.get("limits").status_code == 200


def test_usage_per_app_is_told_when_the_org_has_it(store: OrgStore) -> None:
    with running_org(store, per_app_usage=True) as running:
        header = client_of(running).get("limits").headers["Sforce-Limit-Info"]
    assert header == "api-usage=1/100000; per-app-api-usage=1/100000(appName=partnerops-demo)"


def test_the_log_tells_every_request_and_what_became_of_it(client: Client) -> None:
    client.running.set_faults(Fault("limits", "drop", nth=2))
    client.get("limits?x=1")
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get("limits")
    client.get("nothing")
    told = [
        (one.method, one.path.rsplit("/", 1)[1], one.query, one.status, one.fault) for one in client.running.request_log
    ]
    assert told == [
        ("GET", "limits", "x=1", 200, None),
        ("GET", "limits", "", 0, "drop"),
        ("GET", "nothing", "", 404, None),
    ]
    assert client.running.request_log[0].bytes_sent > 100
    assert len(client.running.requests("GET /services/data/v62.0/limits")) == 2
