from __future__ import annotations

from typing import Any

from tests.demo.salesforce.conftest import Client


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


def test_paths_may_end_in_a_slash(client: Client) -> None:
    for path in ("sobjects/", "sobjects/Account/describe/", "limits/", "jobs/query/"):
        assert client.get(path).status_code == 200


def test_names_are_found_in_any_letter_case(client: Client) -> None:
    assert client.get("sobjects/ACCOUNT/describe").json()["name"] == "Account"


def test_the_resources_of_a_version_are_listed(client: Client) -> None:
    assert client.get("").json()["limits"] == "/services/data/v62.0/limits"
