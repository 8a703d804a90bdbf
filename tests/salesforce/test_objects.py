from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.lake.columns import META
from partnerops_pipeline.salesforce.objects import ORG_IDENTITY_TABLE, contract, load_objects, snake_case

SCHEMA = Path(__file__).parents[2] / "partnerops_pipeline" / "demo" / "salesforce" / "schema.yaml"


def test_the_shipped_file_covers_every_object_and_field_of_the_demo_org() -> None:
    schema = yaml.safe_load(SCHEMA.read_text())
    specs = {spec.name: spec for spec in load_objects()}
    assert set(specs) == set(schema["objects"])
    for name, described in schema["objects"].items():
        fields = {field: schema["system"][field] for field in described.get("system", schema["system"])}
        fields |= described["fields"]
        extracted = {field for field, kind in fields.items() if not kind.startswith(("address", "location", "base64"))}
        if described.get("currency"):
            extracted.add("CurrencyIsoCode")
        assert set(specs[name].fields) == extracted, name


@pytest.mark.parametrize(
    ("object_name", "api_name", "column"),
    [
        ("Account", "Partner_Manager__c", "partner_manager_id"),
        ("Opportunity", "Fulfillment_Partner__c", "fulfillment_partner_id"),
        ("Lead", "Accepted_Date__c", "accepted_at"),
        ("Task", "Partner_Account__c", "partner_account_id"),
        ("Deal_Registration__c", "Expiration_Date__c", "protection_end_date"),
        ("Deal_Registration__c", "Opportunity__c", "opportunity_id"),
        ("PartnerFundClaim", "Paid_Amount__c", "paid_amount"),
    ],
)
def test_custom_fields_have_the_names_that_dbt_uses(object_name: str, api_name: str, column: str) -> None:
    spec = next(spec for spec in load_objects() if spec.name == object_name)
    columns = {api: alias for api, alias, _ in contract([spec])[spec.lake_table]}
    assert columns[api_name] == column


def test_the_contract_promises_declared_types_meta_columns_and_the_identity() -> None:
    promised = contract(load_objects())
    assert ("Amount", "amount", "DECIMAL(18,2)") in promised["salesforce/opportunity"]
    assert ("SystemModstamp", "system_modstamp", "TIMESTAMPTZ") in promised["salesforce/deal_registration"]
    assert promised["salesforce/opportunity"][-5:] == [(one.name, one.name, one.type) for one in META]
    assert promised[ORG_IDENTITY_TABLE][0] == ("organization_id", "organization_id", "VARCHAR")


def test_increments_go_by_the_best_stamp_that_an_object_has() -> None:
    cursors = {spec.name: spec.cursor_field for spec in load_objects()}
    assert cursors["Opportunity"] == "SystemModstamp"
    assert cursors["OpportunityFieldHistory"] == "CreatedDate"
    assert cursors["DatedConversionRate"] is None


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("objects:\n  Account:\n    fields:\n      Id: text\n      Amount: money\n", 5, "unknown type 'money'"),
        ("objects:\n  Account:\n    fields:\n      Id: text\n    requird: true\n", 5, "there is no such key"),
        (
            "objects:\n  Account:\n    fields:\n      Id: text\n      Name: {type: text, az: n}\n",
            5,
            "there is no such key",
        ),
        ("objects:\n  Account:\n    fields:\n      Name: text\n", 3, "Id is missing"),
        ("objects:\n  Account:\n    required: true\n", 2, "this key is missing"),
        ("objects:\n  Account:\n    fields:\n      Id: text\n      Id: text\n", 5, "given twice"),
        ("objects:\n  Account:\n    since: 2026-13-45\n", 1, "a value in it cannot be: month must be in 1..12"),
        ("objects:\n  Account:\n    fields:\n      Id: text\n      A b: text\n", 3, "not a Salesforce API name"),
        ("objects:\n  Acc ount:\n    fields:\n      Id: text\n", 2, "not a Salesforce API name"),
        (
            "objects:\n  Account:\n    fields:\n      Id: text\n      X__c: {type: text, as: id}\n",
            3,
            "both be the column id",
        ),
        (
            "objects:\n  Account:\n    fields:\n      Id: text\n      X__c: {type: text, as: Not Good}\n",
            5,
            "lower snake case",
        ),
        ("objects:\n  Account:\n    cursor: SystemModstamp\n    fields:\n      Id: text\n", 2, "not among the fields"),
        ("objects:\n  Deal__c:\n    fields: {Id: text}\n  Deal:\n    fields: {Id: text}\n", 4, "table name deal"),
        ("objects:\n  Account:\n   fields:\n  - x\n", 4, "not YAML"),
        ("objects: [", 1, "not YAML"),
        ("", 1, "exactly one key"),
        ("things: {}\n", 1, "exactly one key"),
        ("objects:\n  Account: text\n", 2, "needs a mapping"),
        ("objects:\n  Account:\n    fields:\n      Id: text\n      X: decimal(2,4)\n", 5, "unknown type"),
    ],
)
def test_a_broken_file_is_told_with_its_line_and_what_to_write(tmp_path: Path, text: str, line: int, says: str) -> None:
    file = tmp_path / "objects.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_objects(file)
    assert f"{file}, line {line}," in str(caught.value)
    assert says in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml cannot be read"):
        load_objects(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("api_name", "column"),
    [
        ("IsDeleted", "is_deleted"),
        ("CurrencyIsoCode", "currency_iso_code"),
        ("Pricebook2Id", "pricebook2_id"),
        ("ARPEType", "arpe_type"),
        ("Deal_Registration__c", "deal_registration"),
        ("ns__Obj__c", "ns_obj"),
        ("Id", "id"),
        ("TotalApprovedFcs", "total_approved_fcs"),
    ],
)
def test_api_names_become_lower_snake_case(api_name: str, column: str) -> None:
    assert snake_case(api_name) == column
