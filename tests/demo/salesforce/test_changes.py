from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from partnerops_pipeline.demo.salesforce.changes import NoSuchRecord
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.demo.salesforce.small_org import STARTS, account, opportunity


def stamp(store: OrgStore, object_name: str, record_id: str) -> object:
    found = store.get(object_name, record_id)
    assert found is not None
    return found["SystemModstamp"]


def test_a_new_record_is_stamped_by_the_orgs_clock_and_gets_an_id_of_its_own(store: OrgStore) -> None:
    first, second = store.insert("Account", {"Name": "A"}), store.insert("Account", {"Name": "B"})
    assert first != second and first.startswith("001") and len(first) == 18
    found = store.get("Account", first)
    assert found is not None
    assert STARTS <= found["CreatedDate"] == found["SystemModstamp"] < STARTS + timedelta(minutes=1)


def test_an_update_moves_both_stamps_and_nothing_else(store: OrgStore) -> None:
    before = store.get("Account", account(1))
    store.clock.advance(timedelta(hours=1))
    store.update("Account", account(1), {"Name": "Acme Ltd"})
    after = store.get("Account", account(1))
    assert before is not None and after is not None
    assert {name for name in after if after[name] != before[name]} == {"Name", "LastModifiedDate", "SystemModstamp"}
    assert after["SystemModstamp"] >= STARTS + timedelta(hours=1)


def test_a_record_can_become_visible_late_with_an_older_stamp(store: OrgStore) -> None:
    earlier = STARTS - timedelta(minutes=7)
    assert stamp(store, "Account", store.insert("Account", {"Name": "Late"}, at=earlier)) == earlier


def test_a_formula_changes_without_moving_a_stamp(store: OrgStore) -> None:
    before = stamp(store, "Opportunity", opportunity(1))
    store.set_calculated("Opportunity", opportunity(1), {"Days_Open__c": Decimal(99)})
    assert stamp(store, "Opportunity", opportunity(1)) == before
    assert (store.get("Opportunity", opportunity(1)) or {})["Days_Open__c"] == 99
    with pytest.raises(ValueError, match="is not calculated"):
        store.set_calculated("Opportunity", opportunity(1), {"Amount": Decimal(1)})


def test_delete_and_undelete_go_through_the_recycle_bin(store: OrgStore) -> None:
    store.delete("Account", account(1))
    assert (store.get("Account", account(1)) or {})["IsDeleted"] is True
    with pytest.raises(NoSuchRecord, match="is deleted"):
        store.update("Account", account(1), {"Name": "x"})
    store.undelete("Account", account(1))
    assert (store.get("Account", account(1)) or {})["IsDeleted"] is False
    with pytest.raises(NoSuchRecord, match="not deleted"):
        store.undelete("Account", account(1))


def test_a_hard_delete_leaves_only_an_entry_in_the_log(store: OrgStore) -> None:
    store.hard_delete("Account", account(1))
    assert store.get("Account", account(1)) is None
    logged = [row[0] for row in store.reader().execute('SELECT id FROM "~deleted" WHERE object = ?', ("Account",))]
    assert account(1) in logged


def test_emptying_the_recycle_bin_removes_only_deleted_records(store: OrgStore) -> None:
    assert store.purge_recycle_bin("Account") == 1
    assert [record["Id"] for record in store.records("Account")] == [account(1), account(2), account(3)]


def test_an_object_without_a_recycle_bin_loses_the_record_at_once(store: OrgStore) -> None:
    made = store.insert(
        "DatedConversionRate", {"IsoCode": "EUR", "StartDate": date(2026, 1, 1), "ConversionRate": Decimal("0.9")}
    )
    store.delete("DatedConversionRate", made)
    assert store.get("DatedConversionRate", made) is None


def test_a_merge_deletes_the_loser_names_its_master_and_moves_references(store: OrgStore) -> None:
    store.clock.advance(timedelta(minutes=10))
    store.merge("Account", account(2), account(1))
    loser = store.get("Account", account(1))
    assert loser is not None and loser["IsDeleted"] and loser["MasterRecordId"] == account(2)
    moved = store.get("Opportunity", opportunity(1))
    assert moved is not None and moved["AccountId"] == account(2)
    assert moved["SystemModstamp"] >= STARTS + timedelta(minutes=10)
    with pytest.raises(ValueError, match="cannot be merged with itself"):
        store.merge("Account", account(2), account(2))
    with pytest.raises(ValueError, match="cannot be merged"):
        store.merge("Opportunity", opportunity(1), opportunity(2))


def test_a_changed_stage_leaves_history_as_an_org_does(store: OrgStore) -> None:
    store.update("Opportunity", opportunity(2), {"StageName": "Closed Lost", "PartnerAccountId": account(1)})
    store.update("Opportunity", opportunity(2), {"NextStep": "none"})
    stages = [(row["OpportunityId"], row["StageName"], row["Amount"]) for row in store.records("OpportunityHistory")]
    assert stages == [(opportunity(2), "Closed Lost", Decimal("-0.05"))]
    changed = {
        row["Field"]: (row["DataType"], row["OldValue"], row["NewValue"])
        for row in store.records("OpportunityFieldHistory")
    }
    assert changed == {
        "StageName": ("Text", "Proposal", "Closed Lost"),
        "PartnerAccount": ("EntityId", None, account(1)),
    }


def test_a_new_opportunity_begins_its_history(store: OrgStore) -> None:
    made = store.insert(
        "Opportunity",
        {"Name": "New", "StageName": "Prospecting", "CloseDate": date(2026, 9, 1), "Amount": Decimal("5.50")},
    )
    assert [(row["OpportunityId"], row["StageName"], row["Amount"]) for row in store.records("OpportunityHistory")] == [
        (made, "Prospecting", Decimal("5.50"))
    ]
    assert list(store.records("OpportunityFieldHistory")) == []


def test_the_tier_of_a_partner_is_tracked(store: OrgStore) -> None:
    store.update("Account", account(1), {"Partner_Tier__c": "Gold", "Phone": "1"})
    assert [(row["Field"], row["OldValue"], row["NewValue"]) for row in store.records("AccountHistory")] == [
        ("Partner_Tier__c", None, "Gold")
    ]


def test_every_change_is_written_down_in_order(store: OrgStore) -> None:
    made = store.insert("Contact", {"FirstName": "Ina", "LastName": "Roe"})
    store.update("Contact", made, {"Title": "CFO"})
    store.delete("Contact", made)
    told = [(one["number"], one["kind"], one["object"], one["id"]) for one in store.history()]
    assert told == [(1, "insert", "Contact", made), (2, "update", "Contact", made), (3, "delete", "Contact", made)]
    assert (store.get("Contact", made) or {})["Name"] == "Ina Roe"


def test_unknown_records_fields_and_taken_ids_are_refused(store: OrgStore) -> None:
    with pytest.raises(NoSuchRecord, match="the org has no Account"):
        store.update("Account", account(99), {"Name": "x"})
    with pytest.raises(ValueError, match="Account has no field Wrong"):
        store.update("Account", account(1), {"Wrong": "x"})
    with pytest.raises(ValueError, match="exists already"):
        store.insert("Account", {"Id": account(1), "Name": "x"})


def test_a_new_field_is_empty_and_can_be_written(store: OrgStore) -> None:
    store.add_field("Account", "Score__c", "double(5,1)")
    store.add_field("Account", "Vetted__c", "boolean !")
    assert (
        (store.get("Account", account(1)) or {})["Score__c"],
        (store.get("Account", account(1)) or {})["Vetted__c"],
    ) == (None, False)
    store.update("Account", account(1), {"Score__c": Decimal("7.5")})
    assert (store.get("Account", account(1)) or {})["Score__c"] == Decimal("7.5")
    with pytest.raises(ValueError, match="already"):
        store.add_field("Account", "Score__c", "int")


def test_a_field_can_get_more_digits_or_become_text_and_keeps_its_values(store: OrgStore) -> None:
    store.redeclare_field("Account", "AnnualRevenue", "currency(18,2)")
    assert (store.get("Account", account(1)) or {})["AnnualRevenue"] == Decimal(250000)
    store.update("Account", account(1), {"AnnualRevenue": Decimal("1.25")})
    assert (store.get("Account", account(1)) or {})["AnnualRevenue"] == Decimal("1.25")
    store.redeclare_field("Account", "NumberOfEmployees", "string(20)")
    assert (store.get("Account", account(1)) or {})["NumberOfEmployees"] == "12"
    with pytest.raises(ValueError):
        store.redeclare_field("Account", "Name", "int")
    assert (store.get("Account", account(1)) or {})["Name"] == "Acme"


def test_hiding_a_field_keeps_its_values(store: OrgStore) -> None:
    store.hide_field("Account", "Industry")
    store.show_field("Account", "Industry")
    assert (store.get("Account", account(3)) or {})["Industry"] == "Retail"
    with pytest.raises(ValueError, match="has no field Wrong"):
        store.hide_field("Account", "Wrong")


def test_a_custom_field_can_be_renamed_and_keeps_its_values(store: OrgStore) -> None:
    store.update("Account", account(1), {"Partner_Tier__c": "Gold"})
    store.rename_field("Account", "Partner_Tier__c", "Tier__c")
    found = store.get("Account", account(1)) or {}
    assert found["Tier__c"] == "Gold" and "Partner_Tier__c" not in found
    for wrong in (("Name", "Name__c"), ("Tier__c", "Is_Test__c"), ("Tier__c", "Tier"), ("Wrong__c", "Right__c")):
        with pytest.raises(ValueError):
            store.rename_field("Account", *wrong)


def test_a_custom_field_can_be_removed_and_comes_back_empty(store: OrgStore) -> None:
    store.update("Account", account(1), {"Phone": "1", "Partner_Type__c": "MSP"})
    store.remove_field("Account", "Partner_Type__c")
    assert "Partner_Type__c" not in (store.get("Account", account(1)) or {})
    store.add_field("Account", "Partner_Type__c", "string(40)")
    assert (store.get("Account", account(1)) or {})["Partner_Type__c"] is None
    with pytest.raises(ValueError, match="no custom field Industry"):
        store.remove_field("Account", "Industry")


def test_a_changed_schema_outlives_the_process(store: OrgStore) -> None:
    store.rename_field("Account", "Partner_Tier__c", "Tier__c")
    store.add_picklist_value("Account", "Tier__c", "Diamond")
    store.close()
    with OrgStore.open(store.path) as again:
        assert again.schema.objects["Account"].fields["Tier__c"].values[-1] == "Diamond"
    with pytest.raises(ValueError, match="cannot take"):
        store.add_picklist_value("Account", "Name", "x")
