from __future__ import annotations

from typing import Any

from partnerops_pipeline.demo.salesforce.describe import describe_object, global_describe
from partnerops_pipeline.demo.salesforce.schema import shipped_schema
from tests.demo.salesforce.conftest import Client


def fields(name: str) -> dict[str, dict[str, Any]]:
    return {f["name"]: f for f in describe_object(shipped_schema().objects[name], "62.0")["fields"]}


def test_a_money_field_tells_its_digits_and_a_text_its_length() -> None:
    amount, name = fields("Opportunity")["Amount"], fields("Opportunity")["Name"]
    assert (amount["type"], amount["soapType"], amount["precision"], amount["scale"], amount["length"]) == (
        "currency",
        "xsd:double",
        18,
        2,
        0,
    )
    assert (name["type"], name["length"], name["nillable"], name["nameField"]) == ("string", 120, False, True)


def test_calculated_custom_and_system_fields_are_told_apart() -> None:
    described = fields("Opportunity")
    assert (
        described["Days_Open__c"]["calculated"]
        and not described["Days_Open__c"]["updateable"]
        and described["Days_Open__c"]["custom"]
    )
    assert not described["SystemModstamp"]["createable"]
    assert described["NextStep"]["updateable"] and not described["NextStep"]["calculated"]


def test_references_name_their_targets_and_relationship() -> None:
    assert fields("Task")["WhoId"]["referenceTo"] == ["Contact", "Lead"]
    assert fields("Task")["WhoId"]["polymorphicForeignKey"] is True
    assert fields("Opportunity")["Fulfillment_Partner__c"]["relationshipName"] == "Fulfillment_Partner__r"


def test_picklists_list_their_values_and_say_whether_others_may_occur() -> None:
    stage, status = fields("Opportunity")["StageName"], fields("PartnerFundClaim")["Status"]
    assert [v["value"] for v in stage["picklistValues"]][:2] == ["Prospecting", "Qualification"]
    assert (stage["restrictedPicklist"], status["restrictedPicklist"]) == (False, True)


def test_compound_fields_and_their_components_refer_to_each_other() -> None:
    described = fields("Account")
    assert described["BillingAddress"]["type"] == "address"
    assert described["BillingCity"]["compoundFieldName"] == "BillingAddress"
    assert described["Phone"]["compoundFieldName"] is None


def test_the_list_of_objects_tells_what_each_can_do() -> None:
    listed = {one["name"]: one for one in global_describe(shipped_schema(), "62.0")["sobjects"]}
    assert len(listed) == 31
    assert listed["Deal_Registration__c"]["custom"] and listed["Deal_Registration__c"]["keyPrefix"] == "a0D"
    assert not listed["OpportunityPartner"]["replicateable"] and listed["Opportunity"]["replicateable"]
    assert listed["Account"]["mergeable"] and not listed["Opportunity"]["mergeable"]


def test_describe_over_the_wire_follows_the_schema_as_it_changes(client: Client) -> None:
    store = client.running.store
    store.hide_field("Account", "Partner_Tier__c")
    store.add_field("Account", "Score__c", "double(5,1)")
    names = [f["name"] for f in client.get("sobjects/account/describe").json()["fields"]]
    assert "Partner_Tier__c" not in names and names[-1] == "Score__c"
    store.hide_object("Account")
    assert client.get("sobjects/Account/describe").status_code == 404
    assert "Account" not in [one["name"] for one in client.get("sobjects").json()["sobjects"]]


def test_an_unchanged_schema_is_answered_304(client: Client) -> None:
    first = client.get("sobjects/Account/describe")
    again = client.get("sobjects/Account/describe", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
