from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from partnerops_pipeline.demo.salesforce.server import RunningOrg, running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.demo.salesforce.small_org import STARTS, small_records


@dataclass
class Client:
    """Plain HTTP with a token, for paths below `/services/data/v62.0`."""

    running: RunningOrg
    http: requests.Session

    def call(self, method: str, path: str, *, version: str = "62.0", **options: Any) -> requests.Response:
        root = "" if path.startswith("/") else f"/services/data/v{version}/"
        return self.http.request(method, self.running.url + root + path, timeout=20, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def query(self, soql: str, resource: str = "query", **options: Any) -> requests.Response:
        return self.get(resource, params={"q": soql}, **options)

    def records(self, soql: str, resource: str = "query") -> list[dict[str, Any]]:
        answer = self.query(soql, resource)
        assert answer.status_code == 200, answer.text
        return answer.json()["records"]

    def refusal(self, soql: str) -> tuple[int, str, str]:
        answer = self.query(soql)
        return answer.status_code, answer.json()[0]["errorCode"], answer.json()[0]["message"]

    def finished_job(self, soql: str, operation: str = "queryAll", **body: Any) -> dict[str, Any]:
        made = self.call("POST", "jobs/query", json={"operation": operation, "query": soql, **body})
        assert made.status_code == 200, made.text
        for _ in range(400):
            info = self.get(f"jobs/query/{made.json()['id']}").json()
            if info["state"] in ("JobComplete", "Failed", "Aborted"):
                return info
        raise AssertionError("the job never ended")

    def results(self, job: dict[str, Any], **options: Any) -> requests.Response:
        return self.get(f"jobs/query/{job['id']}/results", **options)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OrgStore]:
    with OrgStore.create(tmp_path / "org.sqlite", small_records(), STARTS) as made:
        yield made


@pytest.fixture
def running(store: OrgStore) -> Iterator[RunningOrg]:
    with running_org(store, rest_page_rows=2, bulk_page_rows=2) as started:
        yield started


def client_of(running: RunningOrg) -> Client:
    http = requests.Session()
    http.headers["Authorization"] = f"Bearer {running.token}"
    http.trust_env = False
    return Client(running, http)


@pytest.fixture
def client(running: RunningOrg) -> Iterator[Client]:
    made = client_of(running)
    yield made
    made.http.close()
