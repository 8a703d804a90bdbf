"""Ranked failure modes 7, 10, 13, 15: a schema that moves, awkward objects, addresses, namespaces."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.faults import Fault
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.schema import ObjectSchema, parse_field
from partnerops_pipeline.salesforce.objects import ObjectSpec, load_objects
from tests.salesforce.scenarios.stage import Stage, stage
from tests.salesforce.small_org import current_in_lake


def open_ended(on: Stage, name: str = "Account") -> ObjectSpec:
    return on.spec(name, also=("*__c",))


def test_a_hidden_optional_field_leaves_its_object_readable_and_is_named(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("Account")
        on.org.store.hide_field("Account", "Industry")
        on.org.store.update("Account", made_id("001", 1), {"Name": "changed"})
        report = on.later_run("Account")["Account"]
        assert (report.state, report.committed) == ("ok", 1)
        assert "Industry" in report.absent_fields
        on.is_org("Account")


def test_a_hidden_required_field_fails_its_object_alone_and_it_catches_up(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run()
        on.org.store.hide_field("Opportunity", "Amount")
        on.org.store.update("Opportunity", made_id("006", 1), {"Amount": Decimal(5)})
        on.org.store.update("Account", made_id("001", 1), {"Name": "changed"})
        told = on.later_run()
        assert (told["Opportunity"].state, told["Account"].state) == ("failed", "ok")
        assert "Grant read permission on Amount" in told["Opportunity"].message
        on.org.store.show_field("Opportunity", "Amount")
        on.later_run()
        on.is_org()


def test_a_field_that_vanishes_between_describe_and_query_fails_only_its_object_and_only_once(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        hide = ({"do": "schema", "change": "hide_field", "object": "Account", "field": "Industry"},)
        on.faults(Fault("GET .*/queryAll", "change", nth=1, changes=hide))
        on.run(threads=1)
        on.faults()
        assert on.later_run()["Account"].state == "ok"
        on.is_org()


def test_an_object_without_licence_is_absent_and_the_rest_is_read(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        for name in ("PartnerFundClaim", "PartnerFundRequest"):
            on.org.store.hide_object(name)
        told = on.run("PartnerFundClaim", "PartnerFundRequest", "Account")
        assert [one.state for one in told.values()] == ["absent", "absent", "ok"]
        assert "does not exist in this org" in told["PartnerFundClaim"].message


def test_an_object_that_disappears_keeps_what_was_read_and_comes_back(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("Contact", "Account")
        on.org.store.hide_object("Contact")
        assert on.later_run("Contact", "Account")["Contact"].state == "absent"
        on.org.store.show_object("Contact")
        assert on.later_run("Contact", "Account")["Contact"].state == "ok"
        on.is_org("Contact", "Account")


NEW = {
    "Money__c": ("currency(16,2)", Decimal("12345678901234.56")),
    "Flag__c": ("boolean !", True),
    "Day__c": ("date", date(2031, 2, 28)),
    "Many__c": ("multipicklist(a|b)", "a;b"),
    "Clock__c": ("time", "23:59:59.999Z"),
    "Share__c": ("percent(5,2)", Decimal("12.5")),
}


def test_a_new_custom_field_comes_with_its_type_and_all_its_values(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run(open_ended(on))
        for name, (declaration, _) in NEW.items():
            on.org.store.add_field("Account", name, declaration)
        on.org.store.update("Account", made_id("001", 2), {name: value for name, (_, value) in NEW.items()})
        on.later_run(open_ended(on))
        on.is_org(open_ended(on))


def test_a_renamed_field_arrives_under_its_new_name_with_its_old_values(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.org.store.add_field("Account", "Score__c", "double(5,1)")
        on.org.store.update("Account", made_id("001", 1), {"Score__c": Decimal("7.5")})
        on.run(open_ended(on))
        on.org.store.rename_field("Account", "Score__c", "Rating__c")
        on.later_run(open_ended(on))
        on.is_org(open_ended(on))


def test_a_removed_field_keeps_its_history(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.org.store.add_field("Account", "Score__c", "double(5,1)")
        on.org.store.update("Account", made_id("001", 1), {"Score__c": Decimal("7.5")})
        on.run(open_ended(on))
        on.org.store.remove_field("Account", "Score__c")
        on.org.store.update("Account", made_id("001", 2), {"Name": "changed"})
        assert on.later_run(open_ended(on))["Account"].state == "ok"
        on.is_org(open_ended(on))
        assert "Score__c" in {column.name for column in on.lake.table("salesforce/account").columns()}


def test_wider_types_widen_the_lake_without_touching_what_it_holds(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("Account")
        on.org.store.redeclare_field("Account", "AnnualRevenue", "currency(18,4)")
        on.org.store.update("Account", made_id("001", 1), {"AnnualRevenue": Decimal("99.1234")})
        on.later_run("Account")
        on.is_org("Account")


def test_a_new_picklist_value_arrives(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.run("Account")
        on.org.store.add_picklist_value("Account", "Partner_Tier__c", "Diamond")
        on.org.store.update("Account", made_id("001", 1), {"Partner_Tier__c": "Diamond"})
        on.later_run("Account")
        on.is_org("Account")


def test_an_object_that_bulk_refuses_comes_by_rest(calm: Stage) -> None:
    report = calm.run(calm.spec("PartnerRole", api="bulk"))["PartnerRole"]
    assert (report.state, report.api, report.downloaded) == ("ok", "rest", 3)
    calm.is_org("PartnerRole")


def test_compound_and_base64_fields_are_left_out_and_their_components_come(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.org.store.add_field("Account", "Logo__c", "base64")
        for api in ("rest", "bulk"):
            spec = open_ended(on).model_copy(update={"api": api})
            assert on.run(spec, full_refresh=True)["Account"].state == "ok"
            on.is_org(spec)
        columns = {column.name for column in on.lake.table("salesforce/account").columns()}
        assert "BillingPostalCode" in columns and not columns & {"BillingAddress", "Logo__c"}


@pytest.mark.parametrize(("api", "read_by"), [("auto", "rest"), pytest.param("bulk", "bulk", marks=pytest.mark.long)])
def test_four_hundred_fields_are_too_long_for_an_address_and_come_by_either_api(
    tmp_path: Path, api: str, read_by: str
) -> None:
    """By either the query travels in a body."""
    with stage(tmp_path, accounts=4) as on:
        names = [f"A_Custom_Field_With_A_Long_Name_{number:03}__c" for number in range(400)]
        for name in names:
            on.org.store.add_field("Account", name, "string(20)")
        for at in (1, 4):
            on.org.store.update("Account", made_id("001", at), {name: f"{at}-{name[-6:-3]}" for name in names})
        on.org.clock.advance(timedelta(hours=1))
        spec = on.spec("Account", also=("*__c",), api=api)
        report = on.run(spec)["Account"]
        assert (report.state, report.api, report.downloaded) == ("ok", read_by, 4)
        assert max(len(one.query) for one in on.requests()) < 14_336
        on.is_org(spec)


def test_amounts_keep_their_currency_and_the_rates_come_along(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        on.org.store.insert(
            "DatedConversionRate",
            {
                "IsoCode": "EUR",
                "StartDate": date(2026, 1, 1),
                "NextStartDate": date(2026, 7, 1),
                "ConversionRate": Decimal("0.9123"),
            },
        )
        on.org.clock.advance(timedelta(hours=1))
        on.run("Opportunity", "DatedConversionRate")
        on.is_org("Opportunity", "DatedConversionRate")


@pytest.mark.parametrize("api", ["rest", "bulk"])
def test_the_record_type_of_a_record_comes_when_it_is_asked_for(tmp_path: Path, api: str) -> None:
    """Orgs that keep deal registrations as opportunities tell them by it."""
    with stage(tmp_path) as on:
        on.org.store.add_field("Account", "RecordTypeId", "ref(RecordType)")
        on.org.store.update("Account", made_id("001", 1), {"RecordTypeId": made_id("012", 7)})
        on.org.clock.advance(timedelta(hours=1))
        spec = on.spec("Account", also=("RecordTypeId",), api=api)
        on.run(spec)
        on.is_org(spec)
        held = current_in_lake(on.lake, spec)
        assert held[made_id("001", 1)]["RecordTypeId"] == made_id("012", 7)


def test_a_custom_object_with_a_namespace_is_a_matter_of_configuration(tmp_path: Path) -> None:
    with stage(tmp_path) as on:
        role = on.org.store.schema.objects["Contact"]
        fields = {
            name: field
            for name, field in role.fields.items()
            if name in ("Id", "IsDeleted", "SystemModstamp", "CreatedDate")
        }
        name = "acme__Deal_Share__c"
        fields["acme__Share__c"] = parse_field("acme__Share__c", "percent(5,2)")
        made = ObjectSchema(name=name, prefix="a1X", fields=fields)
        add_object(on, made)
        key = on.org.store.insert(name, {"acme__Share__c": Decimal("12.50")})
        on.org.clock.advance(timedelta(hours=1))
        own = tmp_path / "objects.yaml"
        own.write_text(
            "objects:\n"
            "  acme__Deal_Share__c:\n"
            "    fields:\n"
            "      Id: {type: text, required: true}\n"
            "      IsDeleted: boolean\n"
            "      CreatedDate: datetime\n"
            "      SystemModstamp: datetime\n"
            '      acme__Share__c: {type: "decimal(5,2)", as: share}\n'
        )
        (spec,) = load_objects(own)
        assert spec.lake_table == "salesforce/acme_deal_share"
        for api in ("rest", "bulk"):
            on.run(spec.model_copy(update={"api": api}), full_refresh=True)
            on.is_org(spec)
        assert current_in_lake(on.lake, spec)[key]["acme__Share__c"] == Decimal("12.50")


def add_object(on: Stage, made: ObjectSchema) -> None:
    from partnerops_pipeline.demo.salesforce.tables import column_definition, quoted

    with on.org.store.writing() as connection:
        columns = ", ".join(column_definition(field) for field in made.stored)
        connection.execute(f"CREATE TABLE {quoted(made.name)} ({columns}) WITHOUT ROWID")
        on.org.store.change_schema(on.org.store.schema.with_object(made))
