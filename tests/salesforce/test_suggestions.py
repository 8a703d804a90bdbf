"""What an org has beyond the objects file, and that the suggested lines work when they are pasted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.schema import ObjectSchema, parse_field
from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.demo.salesforce.tables import column_definition, quoted
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.describe import Field
from partnerops_pipeline.salesforce.doctor import examine
from partnerops_pipeline.salesforce.extract import extract_all
from partnerops_pipeline.salesforce.objects import SHIPPED_FILE, ObjectSpec, contract, load_objects
from partnerops_pipeline.salesforce.pasting import fields_to_paste, object_to_paste
from partnerops_pipeline.salesforce.suggestions import Suggestion, sounds_like_partners, suggest

from .small_org import account, connected, current_in_lake, lake_equals_org, opportunity, small_org, spec

SYSTEM = ("Id", "IsDeleted", "CreatedDate", "SystemModstamp")


def add_object(org: RunningOrg, name: str, **fields: str) -> None:
    contact = org.store.schema.objects["Contact"].fields
    declared = {one: contact[one] for one in SYSTEM} | {one: parse_field(one, text) for one, text in fields.items()}
    made = ObjectSchema(name=name, prefix="a1X", fields=declared)
    with org.store.writing() as connection:
        columns = ", ".join(column_definition(field) for field in made.stored)
        connection.execute(f"CREATE TABLE {quoted(name)} ({columns}) WITHOUT ROWID")
        org.store.change_schema(org.store.schema.with_object(made))


def pasted(found: Suggestion, into: str) -> str:
    """The objects file with the suggestion where the message says that it goes."""
    if found.is_new_object:
        return into + found.yaml
    head, at, tail = into.partition(f"\n  {found.object}:\n")
    before, fields, after = tail.partition("    fields:\n")
    return head + at + before + fields + found.yaml + after


@pytest.mark.parametrize(
    ("name", "label", "sounds"),
    [
        ("Reseller__c", "", True),
        ("ns__Partner__c", "", True),
        ("PartnerAccountId", "", True),
        ("X1__c", "MDF amount", True),
        ("X2__c", "Deal Reg. number", True),
        ("DealRegistration__c", "", True),
        ("Co_Sell_Status__c", "", True),
        ("Sales_Channels__c", "", True),
        ("Frontier__c", "Frontier", False),
        ("Registration_Number__c", "Registration number", False),
        ("Variance__c", "Variance", False),
        ("Funding__c", "Deal funding", False),
    ],
)
def test_words_are_looked_for_as_words(name: str, label: str, sounds: bool) -> None:
    assert sounds_like_partners(name, label) is sounds


def test_the_demo_org_has_nothing_that_is_not_taken(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        assert suggest(connected(org), load_objects()) == []


def test_suggested_fields_and_objects_load_and_are_extracted_when_pasted(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        org.store.add_field("Opportunity", "Reseller__c", "ref(Account)")
        org.store.add_field("Opportunity", "ns__Partner__c", "ref(Account)")
        org.store.add_field("Opportunity", "Partner_Fee__c", "currency(18,2)")
        org.store.add_field("Opportunity", "Frontier__c", "string(20)")
        add_object(org, "ns__Partner_Share__c", ns__Share__c="percent(5,2)", ns__Partner__c="ref(Account)")
        values = {"Reseller__c": made_id("001", 3), "ns__Partner__c": made_id("001", 6), "Partner_Fee__c": Decimal(7)}
        org.store.insert("Opportunity", opportunity(99, **values))
        org.store.insert(
            "ns__Partner_Share__c", {"ns__Share__c": Decimal("12.50"), "ns__Partner__c": made_id("001", 3)}
        )

        found = suggest(connected(org), load_objects())
        assert [(one.object, one.names, one.is_new_object) for one in found] == [
            ("Opportunity", ("Reseller__c", "ns__Partner__c", "Partner_Fee__c"), False),
            ("ns__Partner_Share__c", ("ns__Partner_Share__c",), True),
        ]
        assert found[0].yaml == (
            "      Reseller__c: {type: text, as: reseller_id}\n"
            "      ns__Partner__c: {type: text, as: ns_partner_id}\n"
            "      Partner_Fee__c: decimal(18,2)\n"
        )
        text = SHIPPED_FILE.read_text(encoding="utf-8")
        for one in found:
            text = pasted(one, text)
        own = tmp_path / "objects.yaml"
        own.write_text(text, encoding="utf-8")
        specs = load_objects(own)
        assert suggest(connected(org), specs) == []

        wanted = [one for one in specs if one.name in ("Opportunity", "ns__Partner_Share__c")]
        org.clock.advance(timedelta(hours=1))
        lake = Lake(str(tmp_path / "lake"))
        assert {one.state for one in extract_all(connected(org), wanted, lake, tmp_path / "spool")} == {"ok"}
        for of in wanted:
            lake_equals_org(lake, org, of)
        deals = current_in_lake(lake, wanted[0]).values()
        assert [deal["ns__Partner__c"] for deal in deals if deal["Reseller__c"]] == [values["ns__Partner__c"]]
        promised = {api: column for api, column, _ in contract(wanted)["salesforce/ns_partner_share"]}
        assert promised["ns__Share__c"] == "ns_share" and promised["ns__Partner__c"] == "ns_partner_id"


def test_a_lookup_with_an_innocent_name_that_leads_to_partner_accounts_is_found(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        org.store.add_field("Opportunity", "Bought_Through__c", "ref(Account)")
        org.store.add_field("Opportunity", "Ship_To__c", "ref(Account)")
        partner, customer = made_id("001", 3), made_id("001", 4)
        assert account(3)["IsPartner"] and not account(4)["IsPartner"]
        org.store.insert("Opportunity", opportunity(99, Bought_Through__c=partner, Ship_To__c=customer))
        (found,) = suggest(connected(org), [spec("Opportunity"), spec("Account")])[:1]
        assert found.names == ("Bought_Through__c",)
        assert len(org.requests("Bought_Through__r.IsPartner")) <= 1


def test_objects_without_records_and_copies_of_objects_are_left_alone(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        for name in ("Reseller_Empty__c", "Reseller__History", "Reseller__Share"):
            add_object(org, name, Name="string(10)")
        org.store.insert("Reseller__History", {"Name": "x"})
        org.store.insert("Reseller__Share", {"Name": "x"})
        assert suggest(connected(org), load_objects()) == []


def test_the_doctor_gives_a_hint_with_the_lines(tmp_path: Path) -> None:
    with small_org(tmp_path, opportunities=5) as org:
        org.store.add_field("Lead", "Referral__c", "boolean")
        (hint,) = [one for one in examine(connected(org), load_objects()) if one.level == "hint"]
        assert hint.what == "Lead: Referral__c may be partner data, and the objects file does not take it."
        assert hint.do == "To read it, paste this under `fields:` of Lead in the objects file:"
        assert hint.paste == "      Referral__c: boolean\n"


def test_what_cannot_be_looked_for_is_no_failure(tmp_path: Path) -> None:
    forbidden = Fault("GET .*/sobjects$", "status", status=403, code="INSUFFICIENT_ACCESS")
    with small_org(tmp_path, opportunities=5, faults=[forbidden]) as org:
        (warning,) = [one for one in examine(connected(org), load_objects()) if one.level != "ok"]
        assert warning.level == "warn"
        assert warning.what.startswith("What else the org has could not be looked for: Salesforce does not permit")


def test_pasted_names_never_clash_with_those_that_are_taken() -> None:
    of = ObjectSpec(name="Deal", fields={"Id": {"type": "text"}, "A__c": {"type": "text", "as": "tier"}})  # type: ignore[dict-item]
    fields = [
        Field("Tier__c", "string"),
        Field("ns__Tier__c", "double", 0, 0),
        Field("Tier", "reference", reference_to=("Account",)),
    ]
    assert fields_to_paste(of, fields) == (
        "      Tier__c: {type: text, as: tier_2}\n"
        "      ns__Tier__c: decimal(38,9)\n"
        "      Tier: {type: text, as: tier_id}\n"
    )
    text, table = object_to_paste("ns__Deal__c", [Field("Id", "id")], {"ns_deal", "ns_deal_2"})
    assert table == "ns_deal_3"
    assert text == "  ns__Deal__c:\n    table: ns_deal_3\n    fields:\n      Id: {type: text, required: true}\n"
    long = "X" * 76 + "__c"
    assert fields_to_paste(of, [Field(long, "double", 30, 4)]).startswith(
        f'      {long}: {{type: "decimal(38,4)", as: x'
    )
