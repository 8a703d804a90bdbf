from __future__ import annotations

import csv
import gzip
import io
from datetime import timedelta
from typing import Any

import pytest
import requests

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.server import running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.demo.salesforce.conftest import Client, client_of
from tests.demo.salesforce.small_org import account, opportunity

TEXT = "SELECT Id, Name, Amount, Account.Name, SystemModstamp, NextStep FROM Opportunity"


def parsed(answer: requests.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode())))


def walk(client: Client, job: dict[str, Any], **options: Any) -> list[requests.Response]:
    pages, locator = [], ""
    while locator != "null":
        params = options | ({"locator": locator} if locator else {})
        pages.append(client.results(job, params=params))
        assert pages[-1].status_code == 200, pages[-1].text
        locator = pages[-1].headers["Sforce-Locator"]
    return pages


def test_a_job_is_made_in_upload_complete_and_told_in_full_when_asked(client: Client) -> None:
    made = client.call("POST", "jobs/query", json={"operation": "queryAll", "query": TEXT}).json()
    assert (made["state"], made["object"], made["apiVersion"], made["columnDelimiter"]) == (
        "UploadComplete",
        "Opportunity",
        62.0,
        "COMMA",
    )
    assert made["id"].startswith("750")
    told = client.finished_job(TEXT)
    assert (told["state"], told["numberRecordsProcessed"], told["jobType"]) == ("JobComplete", 5, "V2Query")


def test_a_job_passes_through_in_progress_for_as_many_polls_as_the_org_is_slow(store: OrgStore) -> None:
    with running_org(store, polls_in_progress=2) as running:
        client = client_of(running)
        job = client.call("POST", "jobs/query", json={"operation": "query", "query": TEXT}).json()
        assert client.results(job).json()[0]["errorCode"] == "INVALIDJOBSTATE"
        states = [client.get(f"jobs/query/{job['id']}").json()["state"] for _ in range(2)]
        assert states == ["InProgress", "InProgress"]
        while (state := client.get(f"jobs/query/{job['id']}").json()["state"]) == "InProgress":
            pass
        assert state == "JobComplete"


def test_every_page_has_a_header_its_count_and_the_next_locator(client: Client) -> None:
    pages = walk(client, client.finished_job(TEXT))
    assert [page.headers["Sforce-NumberOfRecords"] for page in pages] == ["2", "2", "1"]
    assert [page.headers["Sforce-Locator"] == "null" for page in pages] == [False, False, True]
    assert all(
        parsed(page)[0] == ["Id", "Name", "Amount", "Account.Name", "SystemModstamp", "NextStep"] for page in pages
    )
    rows = [row for page in pages for row in parsed(page)[1:]]
    assert [row[1] for row in rows] == [f"Deal {n}" for n in range(1, 6)]
    assert rows[2] == [opportunity(3), "Deal 3", "", "", "2026-06-03T12:00:03.000Z", ""]
    assert rows[3][2] == "9999999999999999.99" and rows[3][5] == "call 🙂"


def test_every_value_is_quoted_and_quotes_and_line_breaks_survive(client: Client) -> None:
    job = client.finished_job("SELECT Name, BillingStreet, BillingPostalCode, IsPartner FROM Account", "query")
    body = "".join(page.content.decode().split("\n", 1)[1] for page in walk(client, job))
    assert body == '"Acme","1 Quay\nDock 4","00501","true"\n"NA","","","false"\n"He said ""no"", twice","","","false"\n'


def test_max_records_chooses_the_page_and_a_locator_can_be_used_again(client: Client) -> None:
    job = client.finished_job(TEXT)
    assert [len(parsed(page)) - 1 for page in walk(client, job, maxRecords=3)] == [3, 2]
    locator = client.results(job, params={"maxRecords": 1}).headers["Sforce-Locator"]
    first, second = (client.results(job, params={"locator": locator}).content for _ in range(2))
    assert first == second
    assert client.results(job, params={"locator": "bm9uc2Vuc2U"}).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert client.results(job, params={"maxRecords": "0"}).status_code == 400


def test_result_pages_list_addresses_for_parallel_download(store: OrgStore) -> None:
    for number in range(12):
        store.insert("Contact", {"LastName": f"n{number:02}"})
    with running_org(store, bulk_page_rows=1) as running:
        client = client_of(running)
        job = client.finished_job("SELECT LastName FROM Contact")
        listed, address = [], f"/services/data/v62.0/jobs/query/{job['id']}/resultPages"
        sizes = []
        while address:
            answer = client.call("GET", address).json()
            sizes.append(len(answer["resultPages"]))
            listed += [entry["resultUrl"] for entry in answer["resultPages"]]
            address = answer["nextRecordsUrl"]
        assert (sizes, answer["done"]) == ([5, 5, 2], True)
        names = [parsed(client.call("GET", url))[1][0] for url in listed]
    assert names == [f"n{number:02}" for number in range(12)]


def test_result_pages_came_with_version_58(client: Client) -> None:
    job = client.call("POST", "jobs/query", version="57.0", json={"operation": "query", "query": TEXT}).json()
    assert client.get(f"jobs/query/{job['id']}/resultPages", version="57.0").status_code == 404


def test_an_empty_result_is_one_page_with_a_header(client: Client) -> None:
    job = client.finished_job(TEXT + " WHERE Name = 'none'")
    answer = client.results(job)
    assert (answer.headers["Sforce-NumberOfRecords"], answer.headers["Sforce-Locator"], len(parsed(answer))) == (
        "0",
        "null",
        1,
    )
    listed = client.get(f"jobs/query/{job['id']}/resultPages").json()
    assert len(listed["resultPages"]) == 1 and listed["done"]


def test_results_do_not_change_with_the_org(client: Client) -> None:
    job = client.finished_job(TEXT)
    client.running.store.update("Opportunity", opportunity(1), {"Name": "Changed"})
    assert parsed(client.results(job))[1][1] == "Deal 1"


def test_query_leaves_out_the_recycle_bin_and_conditions_are_honoured(client: Client) -> None:
    assert client.finished_job("SELECT Id FROM Account", "query")["numberRecordsProcessed"] == 3
    assert client.finished_job("SELECT Id FROM Account", "queryAll")["numberRecordsProcessed"] == 4
    assert (
        client.finished_job(f"SELECT Id FROM Opportunity WHERE AccountId = '{account(1)}'")["numberRecordsProcessed"]
        == 2
    )


def test_other_delimiters_and_line_endings_are_spoken(client: Client) -> None:
    job = client.finished_job(
        "SELECT Name, Website FROM Account WHERE Name = 'Acme'", columnDelimiter="PIPE", lineEnding="CRLF"
    )
    assert client.results(job).content == b'"Name"|"Website"\r\n"Acme"|""\r\n'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "insert", "query": TEXT}, "INVALIDJOB"),
        ({"operation": "query"}, "INVALIDJOB"),
        ({"operation": "query", "query": TEXT, "columnDelimiter": "DOT"}, "INVALIDJOB"),
        ({"operation": "query", "query": "SELECT Id FROM PartnerRole"}, "INVALIDENTITY"),
        ({"operation": "query", "query": "SELECT Wrong FROM Account"}, "INVALID_FIELD"),
        ({"operation": "query", "query": "SELECT Id FROM Wrong"}, "INVALID_TYPE"),
    ],
)
def test_a_job_that_cannot_be_is_refused_when_it_is_made(client: Client, body: dict[str, str], code: str) -> None:
    refused = client.call("POST", "jobs/query", json=body)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, code)
    assert client.get("jobs/query").json()["records"] == []


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    assert client.call("POST", "jobs/query", data=b"{").json()[0]["errorCode"] == "JSON_PARSER_ERROR"


def test_results_are_read_with_the_version_that_made_the_job(client: Client) -> None:
    job = client.finished_job(TEXT)
    assert client.get(f"jobs/query/{job['id']}/results", version="61.0").status_code == 409


def test_an_aborted_job_ends_as_such_and_a_finished_one_cannot_be_aborted(store: OrgStore) -> None:
    with running_org(store, polls_in_progress=50) as running:
        client = client_of(running)
        job = client.call("POST", "jobs/query", json={"operation": "query", "query": TEXT}).json()
        assert client.call("PATCH", f"jobs/query/{job['id']}", json={"state": "Aborted"}).json()["state"] == "Aborted"
        assert client.get(f"jobs/query/{job['id']}").json()["state"] == "Aborted"
        assert client.call("DELETE", f"jobs/query/{job['id']}").status_code == 204
    with running_org(store) as running:
        client = client_of(running)
        job = client.finished_job(TEXT)
        assert client.call("PATCH", f"jobs/query/{job['id']}", json={"state": "Aborted"}).status_code == 400


def test_a_deleted_job_is_gone_and_its_answer_is_empty(client: Client) -> None:
    job = client.finished_job(TEXT)
    gone = client.call("DELETE", f"jobs/query/{job['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get(f"jobs/query/{job['id']}").status_code == 404
    assert client.results(job).status_code == 404


def test_jobs_and_their_results_live_seven_days(client: Client) -> None:
    job = client.finished_job(TEXT)
    client.running.clock.advance(timedelta(days=6, hours=23))
    assert client.results(job).status_code == 200
    client.running.clock.advance(timedelta(hours=2))
    assert client.results(job).status_code == 404
    assert client.get("jobs/query").json()["records"] == []


def test_the_days_jobs_are_limited_and_the_next_day_begins_anew(store: OrgStore) -> None:
    with running_org(store, daily_bulk_jobs=2) as running:
        client = client_of(running)
        client.finished_job(TEXT), client.finished_job(TEXT)
        refused = client.call("POST", "jobs/query", json={"operation": "query", "query": TEXT})
        assert refused.json()[0]["message"] == "Max bulk v2 query jobs (2) per 24 hrs has been reached"
        running.clock.advance(timedelta(hours=24, minutes=1))
        assert client.finished_job(TEXT)["state"] == "JobComplete"


def test_results_are_compressed_only_when_asked_for(client: Client) -> None:
    store = client.running.store
    store.update("Opportunity", opportunity(1), {"Description": "line\n" * 5000})
    job = client.finished_job("SELECT Id, Description FROM Opportunity")
    plain = client.results(job, headers={"Accept-Encoding": "identity"})
    packed = client.results(job, headers={"Accept-Encoding": "gzip"}, stream=True)
    raw = packed.raw.read(decode_content=False)
    assert "Content-Encoding" not in plain.headers and int(plain.headers["Content-Length"]) == len(plain.content)
    assert packed.headers["Content-Encoding"] == "gzip" and len(raw) < len(plain.content) / 5
    assert gzip.decompress(raw) == plain.content


def test_a_large_result_streams_from_disk_and_is_complete(store: OrgStore) -> None:
    store.add_field("Contact", "Notes__c", "textarea(131072)")
    with store.writing():
        for number in range(300):
            store.insert("Contact", {"LastName": f"n{number}", "Notes__c": "é" * 30_000})
    with running_org(store) as running:
        client = client_of(running)
        answer = client.results(client.finished_job("SELECT LastName, Notes__c FROM Contact"))
        csv.field_size_limit(1 << 20)
        rows = parsed(answer)
    assert len(answer.content) > 16 << 20
    assert len(rows) == 301 and all(row[1] == "é" * 30_000 for row in rows[1:])


def test_faults_end_a_job_as_failed_or_aborted_or_never(store: OrgStore) -> None:
    rules = [
        Fault("POST .*/jobs/query$", "fail_job", nth=1, message="InvalidBatch : Retried more than fifteen times"),
        Fault("POST .*/jobs/query$", "abort_job", nth=2),
        Fault("POST .*/jobs/query$", "stuck_job", nth=3),
    ]
    with running_org(store, faults=rules) as running:
        client = client_of(running)
        failed, aborted = client.finished_job(TEXT), client.finished_job(TEXT)
        assert (failed["state"], failed["errorMessage"]) == ("Failed", "InvalidBatch : Retried more than fifteen times")
        assert client.results(failed).status_code == 400
        assert aborted["state"] == "Aborted" and "errorMessage" not in aborted
        stuck = client.call("POST", "jobs/query", json={"operation": "query", "query": TEXT}).json()
        assert {client.get(f"jobs/query/{stuck['id']}").json()["state"] for _ in range(20)} == {"InProgress"}


def test_a_short_page_announces_more_rows_than_it_has(store: OrgStore) -> None:
    with running_org(store, faults=[Fault("/results", "short", nth=1, rows=1)]) as running:
        client = client_of(running)
        job = client.finished_job(TEXT)
        short, whole = client.results(job), client.results(job)
    assert (short.headers["Sforce-NumberOfRecords"], len(parsed(short)) - 1) == ("5", 1)
    assert (whole.headers["Sforce-NumberOfRecords"], len(parsed(whole)) - 1) == ("5", 5)
