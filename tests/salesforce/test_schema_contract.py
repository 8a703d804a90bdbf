"""Every run is held against what describe said last, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.demo.salesforce.server import RunningOrg
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.extract import ObjectReport, extract_all
from partnerops_pipeline.salesforce.schema_contract import SCHEMA_TABLE, read_schema

from .small_org import connected, small_org, spec
from .test_suggestions import add_object


class House:
    """A small org, its lake, and a day between two runs."""

    def __init__(self, org: RunningOrg, folder: Path) -> None:
        self.org, self.lake, self.spool = org, Lake(str(folder / "lake")), folder / "spool"

    def run(self, *names: str, also: tuple[str, ...] = ()) -> ObjectReport:
        specs = [spec(name).model_copy(update={"also": also}) for name in names or ("Account",)]
        self.org.clock.advance(timedelta(hours=25))
        return extract_all(connected(self.org), specs, self.lake, self.spool)[0]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with small_org(tmp_path, accounts=6, opportunities=5) as org:
        yield House(org, tmp_path)


def told(report: ObjectReport) -> list[tuple[str, str, str, bool]]:
    return [(one.kind, one.field, one.sentence, one.matters) for one in report.schema_changes]


def test_the_first_run_and_a_run_without_changes_tell_nothing_and_write_once(house: House) -> None:
    assert house.run("Account", "Opportunity").schema_changes == ()
    table = house.lake.table(SCHEMA_TABLE)
    rows, version = table.row_count(), table.version()
    described = house.org.store.schema.objects
    assert rows == len(described["Account"].fields) + len(described["Opportunity"].fields) + 2
    assert house.run("Account", "Opportunity").schema_changes == ()
    assert (table.row_count(), table.version()) == (rows, version)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            lambda org: org.add_field("Account", "Reseller__c", "string(40)"),
            ("added", "Reseller__c", "is new in the org (string(40)); the objects file does not name it.", False),
            id="a new field",
        ),
        pytest.param(
            lambda org: org.remove_field("Account", "Partner_Tier__c"),
            (
                "removed or hidden",
                "Partner_Tier__c",
                "was deleted in the org, or is hidden by field-level security; its column is empty from now on.",
                True,
            ),
            id="a custom field that is gone",
        ),
        pytest.param(
            lambda org: org.hide_field("Account", "Industry"),
            (
                "hidden",
                "Industry",
                "is hidden from the log-in by field-level security; its column is empty from now on.",
                True,
            ),
            id="a field of Salesforce's own cannot be deleted, so it is hidden",
        ),
        pytest.param(
            lambda org: org.remove_field("Account", "Is_Test__c"),
            ("removed", "Is_Test__c", "was deleted in the org; its column is empty from now on.", True),
            id="a required custom field cannot be hidden, so it is deleted",
        ),
        pytest.param(
            lambda org: org.rename_field("Account", "Partner_Tier__c", "Tier__c"),
            (
                "probably renamed",
                "Partner_Tier__c",
                "is gone and was probably renamed to Tier__c; write Tier__c in the objects file and keep its `as`.",
                True,
            ),
            id="a renamed field",
        ),
        pytest.param(
            lambda org: org.redeclare_field("Account", "Phone", "string(80)"),
            ("type changed", "Phone", "was phone(40) and is string(80) now.", True),
            id="another type",
        ),
        pytest.param(
            lambda org: org.redeclare_field("Account", "Open_Opportunities__c", "double(17,2) ="),
            ("narrowed", "Open_Opportunities__c", "was double(18,0) and is double(17,2) now.", True),
            id="fewer digits before the point",
        ),
        pytest.param(
            lambda org: org.redeclare_field("Account", "Name", "string(400) !"),
            ("widened", "Name", "was string(255) and is string(400) now.", False),
            id="longer text",
        ),
        pytest.param(
            lambda org: org.add_picklist_value("Account", "Partner_Tier__c", "Diamond"),
            ("picklist values added", "Partner_Tier__c", "has new values: 'Diamond'.", True),
            id="a new picklist value",
        ),
    ],
)
def test_a_change_is_told_once_and_then_known(
    house: House, change: Callable[[OrgStore], None], expected: tuple[str, str, str, bool]
) -> None:
    house.run()
    change(house.org.store)
    kind, field, says, matters = expected
    assert told(house.run()) == [(kind, field, f"Account.{field} {says}", matters)]
    again = house.run()
    assert [one.kind for one in again.schema_changes] in ([], ["still missing"])
    assert read_schema(house.lake)["Account"].fields[field].visible is (field in seen_now(house))


def seen_now(house: House) -> set[str]:
    return {field.name for field in house.org.store.schema.objects["Account"].visible}


def test_a_picklist_value_that_is_gone_is_told(house: House) -> None:
    house.org.store.add_picklist_value("Account", "Partner_Tier__c", "Diamond")
    house.run()
    old = house.org.store.schema.objects["Account"].fields["Partner_Tier__c"].values
    house.org.store.redeclare_field("Account", "Partner_Tier__c", f"picklist({'|'.join(old[:-1])}) *")
    assert told(house.run()) == [
        (
            "picklist values removed",
            "Partner_Tier__c",
            "Account.Partner_Tier__c has lost values, which records may still hold: 'Diamond'.",
            True,
        )
    ]


def test_a_new_field_that_a_pattern_takes_is_read_at_once(house: House) -> None:
    house.run(also=("*__c",))
    house.org.store.add_field("Account", "ns__Reseller__c", "currency(18,2)")
    assert told(house.run(also=("*__c",))) == [
        (
            "added",
            "ns__Reseller__c",
            "Account.ns__Reseller__c is new in the org (currency(18,2)); it is read from this run on.",
            False,
        )
    ]
    assert "ns__Reseller__c" in {column.name for column in house.lake.table("salesforce/account").columns()}


def test_a_hidden_field_is_told_in_every_run_with_its_day_until_it_is_back(house: House) -> None:
    house.run()
    house.org.store.hide_field("Account", "Industry")
    first = house.run()
    assert [one.kind for one in first.schema_changes] == ["hidden"]
    for _ in range(2):
        (still,) = house.run().schema_changes
        assert still.matters
        assert still.sentence == (
            "Account.Industry is removed or hidden since 2026-07-03: its column is empty for records read since then."
        )
    house.org.store.show_field("Account", "Industry")
    (back,) = house.run().schema_changes
    assert (back.kind, back.matters) == ("back", False)
    assert house.run().schema_changes == ()


def test_a_hidden_field_that_nobody_reads_does_not_matter(house: House) -> None:
    house.org.store.add_field("Account", "Unread__c", "string(10)")
    house.run()
    house.org.store.hide_field("Account", "Unread__c")
    (hidden,) = house.run().schema_changes
    assert not hidden.matters
    assert house.run().schema_changes == ()


def test_a_required_field_that_vanished_degrades_its_object_and_leaves_the_others_running(house: House) -> None:
    house.run("Opportunity", "Account")
    house.org.store.hide_field("Opportunity", "Amount")
    house.org.clock.advance(timedelta(hours=25))
    reports = extract_all(connected(house.org), [spec("Opportunity"), spec("Account")], house.lake, house.spool)
    assert [one.state for one in reports] == ["failed", "ok"]
    assert "Opportunity lacks Amount, or field-level security hides it" in reports[0].message
    assert [(one.kind, one.field) for one in reports[0].schema_changes] == [("hidden", "Amount")]


def test_a_failure_that_a_renamed_field_explains_says_so(house: House) -> None:
    house.run("Deal_Registration__c")
    house.org.store.rename_field("Deal_Registration__c", "Status__c", "Approval_Status__c")
    report = house.run("Deal_Registration__c")
    assert report.state == "failed"
    assert report.message.startswith("Deal_Registration__c lacks Status__c, or field-level security hides it")
    assert report.message.endswith("write Approval_Status__c in the objects file and keep its `as`.")


def test_an_object_that_goes_and_comes_is_told(house: House) -> None:
    house.run("ChannelProgram")
    house.org.store.hide_object("ChannelProgram")
    gone = house.run("ChannelProgram")
    assert gone.state == "absent"
    assert [(one.kind, one.matters) for one in gone.schema_changes] == [("object missing", True)]
    still = house.run("ChannelProgram").schema_changes
    assert [(one.kind, one.sentence) for one in still] == [
        ("still missing", "ChannelProgram is gone from the org or hidden from the log-in since 2026-07-03.")
    ]
    house.org.store.show_object("ChannelProgram")
    assert [one.kind for one in house.run("ChannelProgram").schema_changes] == ["object back"]
    assert house.run("ChannelProgram").schema_changes == ()


def test_an_object_that_was_never_there_does_not_matter(house: House) -> None:
    house.org.store.hide_object("ChannelProgram")
    assert house.run("ChannelProgram").schema_changes == ()
    (missing,) = house.run("ChannelProgram").schema_changes
    assert (missing.kind, missing.matters) == ("object missing", False)
    house.org.store.show_object("ChannelProgram")
    (back,) = house.run("ChannelProgram").schema_changes
    assert (back.kind, back.matters) == ("object back", False)


def test_history_keeps_every_version_of_a_field(house: House) -> None:
    house.run()
    house.org.store.hide_field("Account", "Industry")
    house.run()
    house.org.store.show_field("Account", "Industry")
    house.run()
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT is_visible FROM read_parquet(?) WHERE field = 'Industry' ORDER BY _committed_at",
            [house.lake.table(SCHEMA_TABLE).files()],
        ).fetchall()
    assert found == [(True,), (False,), (True,)]


def test_a_run_that_died_leaves_the_changes_for_the_next_one(house: House) -> None:
    house.run()
    house.org.store.hide_field("Account", "Industry")

    def die(_: ObjectReport) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract_all(connected(house.org), [spec("Account")], house.lake, house.spool, on_report=die)
    assert read_schema(house.lake)["Account"].fields["Industry"].visible is False


def test_a_custom_field_that_somebody_may_still_see_is_hidden_and_not_removed(house: House) -> None:
    add_object(house.org, "FieldPermissions", SobjectType="string(80)", Field="string(255)")
    house.org.store.insert("FieldPermissions", {"SobjectType": "Account", "Field": "Account.Partner_Tier__c"})
    house.run()
    house.org.store.hide_field("Account", "Partner_Tier__c")
    house.org.store.remove_field("Account", "Partner_Type__c")
    assert [(one.kind, one.field) for one in house.run().schema_changes] == [
        ("removed or hidden", "Partner_Type__c"),
        ("hidden", "Partner_Tier__c"),
    ]
    asked = len(house.org.requests("FieldPermissions"))
    house.run()
    assert len(house.org.requests("FieldPermissions")) == asked
