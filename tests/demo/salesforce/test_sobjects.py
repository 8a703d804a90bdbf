from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.demo.salesforce.conftest import Client
from tests.demo.salesforce.small_org import account, opportunity, user


def test_a_record_is_read_by_its_id_with_all_or_some_fields(client: Client) -> None:
    whole = client.get(f"sobjects/Account/{account(1)}").json()
    assert (
        whole["Name"] == "Acme"
        and whole["BillingAddress"]["city"] == "Köln"
        and whole["attributes"]["type"] == "Account"
    )
    some = client.get(f"sobjects/Account/{account(1)[:15]}?fields=Name,AnnualRevenue").json()
    assert (some["Name"], some["AnnualRevenue"], "Phone" in some) == ("Acme", 250000, False)


def test_a_record_can_be_made_changed_and_deleted(client: Client) -> None:
    made = client.call("POST", "sobjects/Account", json={"Name": "New", "AnnualRevenue": 12.7, "IsPartner": True})
    assert made.status_code == 201 and made.json()["success"] is True
    key = made.json()["id"]
    assert client.call("PATCH", f"sobjects/Account/{key}", json={"Name": "Newer", "Website": ""}).status_code == 204
    found = client.running.store.get("Account", key)
    assert found is not None
    assert (found["Name"], found["AnnualRevenue"], found["IsPartner"], found["CurrencyIsoCode"]) == (
        "Newer",
        Decimal(13),
        True,
        "USD",
    )
    assert client.call("DELETE", f"sobjects/Account/{key}").status_code == 204
    assert client.records(f"SELECT Id FROM Account WHERE Id = '{key}'") == []
    assert client.records(f"SELECT Id, IsDeleted FROM Account WHERE Id = '{key}'", "queryAll")[0]["IsDeleted"] is True
    again = client.call("DELETE", f"sobjects/Account/{key}")
    assert (again.status_code, again.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("Account", {}, "REQUIRED_FIELD_MISSING"),
        ("Account", {"Name": "x", "Wrong": 1}, "INVALID_FIELD"),
        ("Account", {"Name": "x", "SystemModstamp": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Account", {"Name": "x", "Open_Opportunities__c": 5}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Account", {"Name": "x" * 256}, "STRING_TOO_LONG"),
        ("Account", {"Name": "x", "ParentId": "nonsense"}, "MALFORMED_ID"),
        ("Account", {"Name": "x", "NumberOfEmployees": "many"}, "JSON_PARSER_ERROR"),
        (
            "PartnerFundClaim",
            {"Title": "x", "RequestId": account(1), "Status": "Odd"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ),
        ("OpportunityHistory", {"OpportunityId": opportunity(1)}, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
    ],
)
def test_a_record_that_salesforce_would_refuse_is_refused(
    client: Client, name: str, body: dict[str, Any], code: str
) -> None:
    before = client.running.store.count(name)
    refused = client.call("POST", f"sobjects/{name}", json=body)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, code)
    assert client.running.store.count(name) == before


def test_a_required_field_cannot_be_emptied(client: Client) -> None:
    refused = client.call("PATCH", f"sobjects/Account/{account(1)}", json={"Name": None})
    assert refused.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_a_custom_value_of_an_open_picklist_is_taken(client: Client) -> None:
    made = client.call(
        "POST", "sobjects/Account", json={"Name": "x", "Partner_Tier__c": "Titanium", "OwnerId": user(2)}
    )
    assert made.status_code == 201


@pytest.mark.parametrize(
    "path", ["sobjects/Account/001000000000000AAA", "sobjects/Account/short", "sobjects/Account/001'OR'1'='1000"]
)
def test_an_unknown_record_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.call("DELETE", path).status_code == 404


def test_partners_of_opportunities_are_made_and_deleted_but_never_changed(client: Client) -> None:
    made = client.call(
        "POST", "sobjects/OpportunityPartner", json={"OpportunityId": opportunity(1), "AccountToId": account(2)}
    )
    assert made.status_code == 201
    refused = client.call("PATCH", f"sobjects/OpportunityPartner/{made.json()['id']}", json={"Role": "Reseller"})
    assert refused.json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
