from __future__ import annotations

from dataclasses import replace

import pytest

from partnerops_pipeline.demo.salesforce.schema import parse_field, parse_schema, shipped_schema, spaced


def test_every_object_of_the_demo_org_is_read_with_its_system_fields() -> None:
    schema = shipped_schema()
    assert len(schema.objects) == 31
    opportunity = schema.objects["Opportunity"]
    assert list(opportunity.fields)[:8] == [
        "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById",
        "SystemModstamp", "CurrencyIsoCode",
    ]  # fmt: skip
    assert "IsDeleted" not in schema.objects["User"].fields
    assert schema.objects["PartnerRole"].bulk is False
    assert schema.objects["OpportunityPartner"].replicated is False


def test_a_declaration_says_type_digits_and_flags() -> None:
    amount = parse_field("Amount", "currency(18,2) =")
    assert (amount.type, amount.precision, amount.scale, amount.calculated, amount.nillable) == (
        "currency",
        18,
        2,
        True,
        True,
    )
    stage = parse_field("StageName", "picklist(Open|Won) !*")
    assert (stage.values, stage.nillable, stage.restricted) == (("Open", "Won"), False, False)
    assert parse_field("Status", "picklist(A|B)").restricted
    assert parse_field("WhoId", "ref(Contact,Lead)").reference_to == ("Contact", "Lead")


@pytest.mark.parametrize("declaration", ["wonder", "string", "currency(18)", "string(80) ?", "picklist[A]"])
def test_a_declaration_that_cannot_be_read_is_refused(declaration: str) -> None:
    with pytest.raises(ValueError):
        parse_field("Field", declaration, where="Thing")


def test_relationships_are_named_as_salesforce_names_them() -> None:
    assert parse_field("OwnerId", "ref(User)").relationship_name == "Owner"
    assert parse_field("Partner_Account__c", "ref(Account)").relationship_name == "Partner_Account__r"
    assert parse_field("Name", "string(80)").relationship_name is None


def test_address_components_know_their_compound_field() -> None:
    account = shipped_schema().objects["Account"]
    parts = [f.name for f in account.components(account.fields["BillingAddress"])]
    assert parts == ["BillingStreet", "BillingCity", "BillingPostalCode", "BillingCountryCode"]
    assert shipped_schema().objects["User"].fields["CountryCode"].compound == "Address"


def test_hidden_fields_and_objects_cannot_be_found() -> None:
    schema = shipped_schema()
    account = replace(schema.objects["Account"], hidden=frozenset({"Partner_Tier__c"}))
    assert account.find("partner_tier__c") is None
    assert account.find("PARTNER_TYPE__C") is not None
    assert replace(schema, hidden=frozenset({"Lead"})).find("lead") is None


def test_an_object_may_keep_its_own_system_fields() -> None:
    schema = parse_schema(
        {
            "system": {"Id": "id !", "IsDeleted": "boolean !"},
            "objects": {"A": {"prefix": "0aa", "system": ["Id"], "fields": {}}},
        }
    )
    assert list(schema.objects["A"].fields) == ["Id"]


def test_labels_read_like_words() -> None:
    assert [spaced(name) for name in ("Deal_Registration__c", "AccountId", "SystemModstamp")] == [
        "Deal Registration",
        "Account ID",
        "System Modstamp",
    ]
