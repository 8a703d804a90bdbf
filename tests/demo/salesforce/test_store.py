from __future__ import annotations

import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.errors import BadData
from tests.demo.salesforce.small_org import MAY, STARTS, account, opportunity, small_records


def test_records_come_back_with_the_types_and_values_they_were_given(store: OrgStore) -> None:
    acme = store.get("Account", account(1))
    assert acme is not None
    assert (acme["AnnualRevenue"], acme["NumberOfEmployees"], acme["BillingPostalCode"]) == (
        Decimal(250000),
        12,
        "00501",
    )
    assert (acme["BillingStreet"], acme["IsPartner"], acme["CreatedDate"]) == ("1 Quay\nDock 4", True, MAY)
    deal = store.get("Opportunity", opportunity(4))
    assert deal is not None and deal["Amount"] == Decimal("9999999999999999.99")


def test_missing_system_fields_are_filled_from_what_is_known(store: OrgStore) -> None:
    acme = store.get("Account", account(1))
    assert acme is not None
    assert acme["SystemModstamp"] == acme["LastModifiedDate"] == MAY
    assert acme["IsDeleted"] is False and acme["CreatedById"].startswith("005")


def test_an_org_is_whole_or_not_there(tmp_path: Path) -> None:
    broken = small_records() | {"Contact": [{"Id": made_id("003", 1), "Nonsense": 1}]}
    with pytest.raises(ValueError, match="Contact has no field Nonsense"):
        OrgStore.create(tmp_path / "org.sqlite", broken, STARTS)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        OrgStore.open(tmp_path / "org.sqlite")


def test_a_file_that_is_no_org_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "other.sqlite").write_text("not a database, but long enough to look at " * 20)
    with pytest.raises(BadData, match=r"other\.sqlite is not an emulated org"):
        OrgStore.open(tmp_path / "other.sqlite")


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ({"Nothing": []}, "the org has no object Nothing"),
        ({"Account": [{"Name": "no id"}]}, "has no Id"),
        ({"Account": [{"Id": account(1)}, {"Id": account(1)}]}, "an Id occurs twice"),
        ({"Opportunity": [{"Id": opportunity(1), "Amount": 1.5}]}, "Amount: 1.5 is a float"),
        ({"Account": [{"Id": account(1), "BillingAddress": "x"}]}, "no field BillingAddress to store"),
    ],
)
def test_a_record_that_cannot_be_stored_is_named(
    tmp_path: Path, records: dict[str, list[dict[str, object]]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        OrgStore.create(tmp_path / "org.sqlite", records, STARTS)


def test_an_existing_org_is_never_overwritten(tmp_path: Path, store: OrgStore) -> None:
    with pytest.raises(FileExistsError):
        OrgStore.create(store.path, {}, STARTS)


def test_an_org_reopens_as_it_was_left(tmp_path: Path) -> None:
    path = tmp_path / "org.sqlite"
    with OrgStore.create(path, small_records(), STARTS) as first:
        first.update("Account", account(2), {"Name": "Renamed"})
        first.hide_field("Account", "Website")
        organization = first.organization_id
    with OrgStore.open(path) as again:
        found = again.get("Account", account(2))
        assert found is not None and found["Name"] == "Renamed"
        assert again.schema.objects["Account"].find("Website") is None
        assert again.organization_id == organization == small_records()["Organization"][0]["Id"]


def test_readers_see_the_state_before_a_change_until_it_is_whole(store: OrgStore) -> None:
    seen: list[int] = []
    with store.writing():
        store.insert("Account", {"Name": "New"})
        reading = threading.Thread(target=lambda: seen.append(store.count("Account")))
        reading.start()
        reading.join(timeout=10)
    assert seen == [4]
    assert store.count("Account") == 5


def test_a_failed_change_leaves_nothing_behind(store: OrgStore) -> None:
    with pytest.raises(RuntimeError), store.writing():
        store.insert("Account", {"Name": "New"})
        raise RuntimeError
    assert store.count("Account") == 4
    assert store.history() == []


def test_deletions_that_were_loaded_are_in_the_log_of_deletions(store: OrgStore) -> None:
    rows = store.reader().execute('SELECT id, deleted_at FROM "~deleted" ORDER BY id').fetchall()
    assert rows == [(account(4), "2026-06-25T00:00:00"), (opportunity(5), "2026-06-05T12:00:05")]


def test_the_log_of_deletions_reaches_fifteen_days_back(store: OrgStore) -> None:
    assert store.deleted_log_starts() == datetime(2026, 6, 16, 1, tzinfo=UTC) or store.deleted_log_starts() > datetime(
        2026, 6, 16, 1, tzinfo=UTC
    )
    store.purge_deleted_log()
    assert store.deleted_log_starts() >= STARTS
