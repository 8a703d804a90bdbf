"""The most used Python client works against the emulator unchanged; curl does too."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce, SalesforceLogin
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from partnerops_pipeline.demo.salesforce.server import RunningOrg
from tests.demo.salesforce.small_org import account, opportunity


class ToLoopback(HTTPAdapter):
    """simple-salesforce hard-codes https and salesforce.com: lead every request to the emulator."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        assert request.url is not None
        path = "/" + request.url.split("/", 3)[3]
        request.url = self._url + path
        return super().send(request, *args, **options)


@pytest.fixture
def http(running: RunningOrg) -> requests.Session:
    session = requests.Session()
    session.mount("https://", ToLoopback(running.url))
    return session


@pytest.fixture
def salesforce(running: RunningOrg, http: requests.Session) -> Salesforce:
    return Salesforce(
        session_id=running.token, instance_url="https://partnerops-demo.my.salesforce.com", session=http, version="62.0"
    )


def test_it_queries_pages_and_describes(salesforce: Salesforce) -> None:
    found = salesforce.query_all("SELECT Name, Account.Name FROM Opportunity ORDER BY Name", include_deleted=True)
    assert [(r["Name"], (r["Account"] or {}).get("Name")) for r in found["records"]][:3] == [
        ("Deal 1", "Acme"),
        ("Deal 2", "NA"),
        ("Deal 3", None),
    ]
    assert found["totalSize"] == 5
    assert salesforce.Opportunity.describe()["name"] == "Opportunity"
    assert any(one["name"] == "Deal_Registration__c" for one in salesforce.describe()["sobjects"])


def test_it_creates_changes_and_deletes(salesforce: Salesforce) -> None:
    made = salesforce.Account.create({"Name": "By client"})
    assert salesforce.Account.update(made["id"], {"Name": "Changed"}) == 204
    assert salesforce.Account.get(made["id"])["Name"] == "Changed"
    assert salesforce.Account.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        salesforce.Account.get(made["id"])


def test_it_reads_deletions(salesforce: Salesforce, running: RunningOrg) -> None:
    now = running.clock.now()
    running.store.delete("Account", account(1))
    told = salesforce.Account.deleted(now - timedelta(hours=1), now + timedelta(hours=1))
    assert [one["id"] for one in told["deletedRecords"]] == [account(1)]


def test_its_bulk_api_2_reads_every_page(salesforce: Salesforce) -> None:
    pages = list(salesforce.bulk2.Opportunity.query("SELECT Id, Name FROM Opportunity", max_records=3, wait=0))
    text = "".join(page.split("\n", 1)[1] for page in pages)
    assert len(pages) == 2 and text.count("\n") == 4 and f'"{opportunity(4)}","Deal 4"' in text


def test_its_errors_are_salesforces(salesforce: Salesforce, running: RunningOrg) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Wrong'"):
        salesforce.query("SELECT Wrong FROM Account")
    running.expire_sessions()
    with pytest.raises(SalesforceExpiredSession):
        salesforce.query("SELECT Id FROM Account")


def test_its_log_ins_work(running: RunningOrg, http: requests.Session) -> None:
    by_app: Mapping[str, str] = {"consumer_key": running.client_id, "consumer_secret": running.client_secret}
    token, _ = SalesforceLogin(domain="partnerops-demo.my", session=http, **by_app)
    by_soap, _ = SalesforceLogin(
        username="integration@harbourline.example",
        password="demo-password",
        security_token="demo-token",
        session=http,
        sf_version="62.0",
    )
    for session_id in (token, by_soap):
        client = Salesforce(
            session_id=session_id, instance_url="https://x.my.salesforce.com", session=http, version="62.0"
        )
        assert client.query("SELECT COUNT() FROM Account")["totalSize"] == 3


def test_curl_logs_in_and_queries(running: RunningOrg) -> None:
    def curl(*arguments: str) -> Any:
        done = subprocess.run(
            ["curl", "-s", "--compressed", *arguments], capture_output=True, text=True, timeout=20, check=True
        )
        return json.loads(done.stdout)

    form = f"grant_type=client_credentials&client_id={running.client_id}&client_secret={running.client_secret}"
    token = curl(f"{running.url}/services/oauth2/token", "-d", form)["access_token"]
    query = f"{running.url}/services/data/v62.0/query?q=SELECT+Name+FROM+Account+ORDER+BY+Name+LIMIT+1"
    assert curl(query, "-H", f"Authorization: Bearer {token}")["records"][0]["Name"] == "Acme"
