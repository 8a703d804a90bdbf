from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.schema import parse_field, shipped_schema
from partnerops_pipeline.demo.salesforce.server import running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.demo.salesforce.conftest import Client, client_of
from tests.demo.salesforce.small_org import STARTS


def batch(client: Client, *urls: str, **body: Any) -> Any:
    asked = {"batchRequests": [{"method": "GET", "url": url} for url in urls], **body}
    return client.call("POST", "composite/batch", json=asked)


def test_a_batch_holds_many_answers_and_each_costs_a_call(client: Client) -> None:
    answer = batch(
        client,
        "v62.0/sobjects/Account/describe",
        "v62.0/sobjects/Nothing/describe",
        "v62.0/query?q=SELECT+COUNT()+FROM+Account",
    )
    told = answer.json()
    assert told["hasErrors"] is True
    assert [one["statusCode"] for one in told["results"]] == [200, 404, 200]
    assert told["results"][0]["result"]["name"] == "Account"
    assert told["results"][1]["result"][0]["errorCode"] == "NOT_FOUND"
    assert told["results"][2]["result"]["totalSize"] == 3
    assert answer.headers["Sforce-Limit-Info"].startswith("api-usage=4/")


def test_a_batch_can_stop_at_the_first_refusal(client: Client) -> None:
    answer = batch(client, "v62.0/sobjects/Nothing/describe", "v62.0/sobjects/Account/describe", haltOnError=True)
    assert [one["statusCode"] for one in answer.json()["results"]] == [404]


def test_a_batch_holds_at_most_25_and_no_batch_inside(client: Client) -> None:
    assert batch(client, *["v62.0/limits"] * 25).status_code == 200
    assert batch(client, *["v62.0/limits"] * 26).status_code == 400
    assert batch(client).status_code == 400
    assert batch(client, "v62.0/composite/batch").json()["results"][0]["statusCode"] == 404


def composite(client: Client, *paths: str, **headers: str) -> Any:
    asked = [
        {"method": "GET", "url": f"/services/data/v62.0/{path}", "referenceId": f"r{at}", "httpHeaders": headers}
        for at, path in enumerate(paths)
    ]
    return client.call("POST", "composite", json={"compositeRequest": asked})


def test_a_composite_holds_many_answers_and_costs_one_call(client: Client) -> None:
    answer = composite(
        client,
        "sobjects/Account/describe",
        "sobjects/Nothing/describe",
        "query?q=SELECT+COUNT()+FROM+Account",
        "queryAll?q=SELECT+Nothing+FROM+Account",
    )
    parts = answer.json()["compositeResponse"]
    assert [(one["referenceId"], one["httpStatusCode"]) for one in parts] == [
        ("r0", 200),
        ("r1", 404),
        ("r2", 200),
        ("r3", 400),
    ]
    assert parts[0]["body"]["name"] == "Account" and parts[2]["body"]["totalSize"] == 3
    assert parts[3]["body"][0]["errorCode"] == "INVALID_FIELD"
    assert answer.headers["Sforce-Limit-Info"].startswith("api-usage=1/")
    assert (
        client.running.requests("/composite?")[0].subrequests[1] == "GET /services/data/v62.0/sobjects/Nothing/describe"
    )


def test_a_composite_holds_at_most_25_requests_and_five_queries(client: Client) -> None:
    def codes(*paths: str) -> set[str | int]:
        parts = composite(client, *paths).json()["compositeResponse"]
        return {one["body"][0]["errorCode"] if one["httpStatusCode"] >= 400 else 200 for one in parts}

    count = "query?q=SELECT+COUNT()+FROM+Account"
    assert codes(*["sobjects/Account"] * 20, *[count] * 5) == {200}
    assert codes(*["sobjects/Account"] * 26) == {"LIMIT_EXCEEDED"}
    assert codes(*[count] * 3, *[count.replace("query", "queryAll")] * 3) == {"LIMIT_EXCEEDED"}
    assert codes("composite/batch") == {"NOT_FOUND"}
    assert client.call("POST", "composite", json={"compositeRequest": []}).status_code == 400


def test_a_query_too_long_for_an_address_fits_into_a_composite_up_to_100000_characters(client: Client) -> None:
    def long(characters: int) -> str:
        text = "SELECT Id FROM Account WHERE Name = ''"
        return text[:-1] + "x" * (characters - len(text)) + "'"

    assert client.query(long(20_000)).status_code == 414
    for characters, status in ((20_000, 200), (100_000, 200), (100_001, 400)):
        part = composite(client, f"query?q={quote(long(characters))}").json()["compositeResponse"][0]
        assert part["httpStatusCode"] == status
    assert part["body"][0]["errorCode"] == "MALFORMED_QUERY"


def test_pages_of_wide_rows_are_shorter_than_was_asked_for(tmp_path: Path) -> None:
    wide = [f"Wide_{n}__c" for n in range(500)]
    shipped = shipped_schema()
    account = shipped.objects["Account"]
    fields = {**account.fields, **{name: parse_field(name, "string(20)") for name in wide}}
    schema = shipped.with_object(replace(account, fields=fields))  # `add_field` 500 times takes 6 s
    records = {"Account": [{"Id": made_id("001", n), "Name": f"A {n}"} for n in range(1, 1_001)]}
    with (
        OrgStore.create(tmp_path / "wide.sqlite", records, STARTS, schema=schema) as store,
        running_org(store) as running,
    ):
        client = client_of(running)
        first = composite(client, f"query?q=SELECT+Id,{','.join(wide)}+FROM+Account").json()
        page = first["compositeResponse"][0]["body"]
        sizes = [len(page["records"])]
        while not page["done"]:
            page = client.get(page["nextRecordsUrl"]).json()
            sizes.append(len(page["records"]))
        assert sizes == [399, 399, 202]


def test_a_fault_can_befall_one_request_inside_a_composite(client: Client) -> None:
    client.running.set_faults(Fault("Account/describe", "status", status=403, code="INSUFFICIENT_ACCESS"))
    parts = composite(client, "sobjects/Account/describe", "sobjects/Lead/describe").json()["compositeResponse"]
    assert [one["httpStatusCode"] for one in parts] == [403, 200]


def test_paths_may_end_in_a_slash(client: Client) -> None:
    for path in ("sobjects/", "sobjects/Account/describe/", "limits/", "jobs/query/"):
        assert client.get(path).status_code == 200


def test_names_are_found_in_any_letter_case(client: Client) -> None:
    assert client.get("sobjects/ACCOUNT/describe").json()["name"] == "Account"


def test_the_resources_of_a_version_are_listed(client: Client) -> None:
    assert client.get("").json()["limits"] == "/services/data/v62.0/limits"
