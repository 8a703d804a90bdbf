from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

import pytest

from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.demo.salesforce.conftest import Client
from tests.demo.salesforce.small_org import STARTS, account, opportunity


def test_versions_are_told_without_a_session(client: Client) -> None:
    del client.http.headers["Authorization"]
    listed = client.call("GET", "/services/data").json()
    assert (
        listed[0]["version"] == "31.0"
        and {"label": "API 62", "url": "/services/data/v62.0", "version": "62.0"} in listed
    )


def test_records_come_with_attributes_nested_parents_and_exact_values(client: Client) -> None:
    fields = "Name, Amount, SystemModstamp, IsWon, Account.Name, Account.Owner.Name"
    text = f"SELECT {fields} FROM Opportunity WHERE Id = '{opportunity(1)}'"
    body = client.query(text).text
    assert '"Amount":12345.6' in body
    record = json.loads(body, parse_float=Decimal)["records"][0]
    assert record == {
        "attributes": {"type": "Opportunity", "url": f"/services/data/v62.0/sobjects/Opportunity/{opportunity(1)}"},
        "Name": "Deal 1",
        "Amount": Decimal("12345.6"),
        "SystemModstamp": "2026-06-01T12:00:01.000+0000",
        "IsWon": True,
        "Account": {
            "attributes": {"type": "Account", "url": f"/services/data/v62.0/sobjects/Account/{account(1)}"},
            "Name": "Acme",
            "Owner": {
                "attributes": {"type": "User", "url": f"/services/data/v62.0/sobjects/User/{made_id('005', 1, 'Hb0')}"},
                "Name": "Ada Quist",
            },
        },
    }


def test_a_missing_parent_is_null_and_odd_text_survives(client: Client) -> None:
    assert client.records(f"SELECT Account.Name FROM Opportunity WHERE Id = '{opportunity(3)}'")[0]["Account"] is None
    assert client.records(f"SELECT NextStep FROM Opportunity WHERE Id = '{opportunity(4)}'")[0]["NextStep"] == "call 🙂"
    assert client.records(f"SELECT Name FROM Account WHERE Id = '{account(3)}'")[0]["Name"] == 'He said "no", twice'


def test_an_address_is_put_together_from_its_components(client: Client) -> None:
    address = client.records(f"SELECT BillingAddress FROM Account WHERE Id = '{account(1)}'")[0]["BillingAddress"]
    assert (address["street"], address["city"], address["postalCode"], address["countryCode"]) == (
        "1 Quay\nDock 4",
        "Köln",
        "00501",
        "DE",
    )
    assert client.records(f"SELECT BillingAddress FROM Account WHERE Id = '{account(2)}'")[0]["BillingAddress"] is None


def test_pages_follow_each_other_until_done(client: Client) -> None:
    first = client.query("SELECT Name FROM Opportunity", "queryAll").json()
    assert (first["totalSize"], first["done"], len(first["records"])) == (5, False, 2)
    second = client.call("GET", first["nextRecordsUrl"]).json()
    third = client.call("GET", second["nextRecordsUrl"]).json()
    assert [r["Name"] for page in (first, second, third) for r in page["records"]] == [f"Deal {n}" for n in range(1, 6)]
    assert third["done"] and "nextRecordsUrl" not in third


def test_pages_of_one_query_agree_whatever_changes_in_between(client: Client) -> None:
    first = client.query("SELECT Name FROM Opportunity").json()
    client.running.store.hard_delete("Opportunity", opportunity(3))
    second = client.call("GET", first["nextRecordsUrl"]).json()
    assert [r["Name"] for r in second["records"]] == ["Deal 3", "Deal 4"]


def test_a_page_can_be_read_again_and_a_wrong_locator_is_refused(client: Client) -> None:
    first = client.query("SELECT Name FROM Opportunity").json()
    again = [client.call("GET", first["nextRecordsUrl"]).json() for _ in range(2)]
    assert again[0] == again[1]
    for wrong in ("01gNoSuchCursor-2", first["nextRecordsUrl"].split("/")[-1].replace("-2", "-999"), "nonsense"):
        refused = client.get(f"query/{wrong}")
        assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_an_eleventh_cursor_crowds_out_the_first_and_all_die_after_two_days(client: Client) -> None:
    opened = [client.query("SELECT Name FROM Opportunity").json()["nextRecordsUrl"] for _ in range(11)]
    assert client.call("GET", opened[0]).status_code == 400
    assert client.call("GET", opened[1]).status_code == 200
    client.running.clock.advance(timedelta(days=2, minutes=1))
    assert client.call("GET", opened[10]).status_code == 400


def test_count_queries_have_a_total_and_no_records(client: Client) -> None:
    assert client.query("SELECT COUNT() FROM Opportunity").json() == {"totalSize": 4, "done": True, "records": []}
    assert client.query("SELECT COUNT() FROM Opportunity", "queryAll").json()["totalSize"] == 5
    assert client.records("SELECT COUNT(Id) n, MAX(Amount) m, MIN(Name) FROM Opportunity WHERE Amount < 100") == [
        {"attributes": {"type": "AggregateResult"}, "n": 1, "m": -0.05, "expr2": "Deal 2"}
    ]


def test_the_batch_size_is_the_clients_wish_within_the_orgs_bounds(store: OrgStore) -> None:
    from partnerops_pipeline.demo.salesforce.server import running_org
    from tests.demo.salesforce.conftest import client_of

    with store.writing():
        for number in range(450):
            store.insert("Contact", {"LastName": f"n{number}"})
    with running_org(store) as running:
        client = client_of(running)
        for asked, got in (
            ("batchSize=200", 200),
            ("batchSize=300", 300),
            ("batchSize=5", 200),
            ("batchSize=9999", 450),
        ):
            answer = client.query("SELECT Id FROM Contact", headers={"Sforce-Query-Options": asked}).json()
            assert (len(answer["records"]), answer["totalSize"]) == (got, 450)


def test_refusals_come_as_a_list_of_code_and_message(client: Client) -> None:
    assert client.refusal("SELECT Wrong FROM Account")[:2] == (400, "INVALID_FIELD")
    assert client.refusal("SELECT Id FROM Wrong")[:2] == (400, "INVALID_TYPE")
    assert client.refusal("SELECT") == (400, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
    assert client.get("query").json()[0]["errorCode"] == "MALFORMED_QUERY"
    assert client.get("sobjects/Wrong/describe").json() == [
        {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
    ]


@pytest.mark.parametrize(
    ("version", "status"), [("62.0", 200), ("31.0", 200), ("20.0", 410), ("67.0", 404), ("62", 404), ("x", 404)]
)
def test_only_versions_of_today_are_served(client: Client, version: str, status: int) -> None:
    assert client.get("limits", version=version).status_code == status


def test_limits_and_counts_are_told(client: Client) -> None:
    client.query("SELECT Id FROM Account")
    limits = client.get("limits").json()
    assert limits["DailyApiRequests"] == {"Max": 100_000, "Remaining": 100_000 - 2}
    counts = client.get("limits/recordCount?sObjects=Account,Nothing,Opportunity").json()["sObjects"]
    assert counts == [{"count": 4, "name": "Account"}, {"count": 5, "name": "Opportunity"}]


def _window(client: Client, resource: str, start: datetime, end: datetime, name: str = "Account"):  # type: ignore[no-untyped-def]
    return client.get(f"sobjects/{name}/{resource}/", params={"start": start.isoformat(), "end": end.isoformat()})


def test_deletions_are_told_within_their_window(client: Client) -> None:
    store = client.running.store
    gone = store.insert("Account", {"Name": "soon gone"})
    store.hard_delete("Account", gone)
    store.clock.advance(timedelta(minutes=5))
    answer = _window(client, "deleted", STARTS - timedelta(days=10), STARTS + timedelta(hours=1)).json()
    assert [one["id"] for one in answer["deletedRecords"]] == [account(4), gone]
    assert answer["deletedRecords"][0]["deletedDate"] == "2026-06-25T00:00:00.000+0000"
    assert answer["latestDateCovered"] < (STARTS + timedelta(hours=1)).strftime("%Y-%m-%dT%H")
    assert answer["earliestDateAvailable"].startswith("2026-06-16T01")
    none = _window(client, "deleted", STARTS - timedelta(days=10), STARTS - timedelta(days=9)).json()
    assert none["deletedRecords"] == []


def test_an_undeleted_record_is_no_deletion_and_a_forgotten_log_shows_its_gap(client: Client) -> None:
    store = client.running.store
    store.undelete("Account", account(4))
    answer = _window(client, "deleted", STARTS - timedelta(days=10), STARTS + timedelta(hours=1)).json()
    assert answer["deletedRecords"] == []
    store.purge_deleted_log()
    answer = _window(client, "deleted", STARTS - timedelta(days=10), STARTS + timedelta(hours=1)).json()
    assert answer["earliestDateAvailable"].startswith("2026-07-01T01")


def test_windows_that_salesforce_refuses_are_refused(client: Client) -> None:
    day = timedelta(days=1)
    for start, end in ((STARTS, STARTS), (STARTS, STARTS + timedelta(minutes=1)), (STARTS - 16 * day, STARTS)):
        refused = _window(client, "deleted", start, end)
        assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")
    blank = client.get("sobjects/Account/deleted/?start=2026-06-30T00:00:00+00:00&end=2026-07-01T00:00:00+00:00")
    assert blank.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"
    assert _window(client, "deleted", STARTS - day, STARTS, "OpportunityPartner").status_code == 400


def test_updates_are_told_without_the_deleted(client: Client) -> None:
    answer = _window(client, "updated", STARTS - timedelta(days=27), STARTS, "Opportunity").json()
    assert answer["ids"] == [opportunity(4)]


def test_every_answer_carries_the_orgs_time_and_the_quota(client: Client) -> None:
    answer = client.get("limits")
    told = parsedate_to_datetime(answer.headers["Date"])
    assert STARTS <= told < STARTS + timedelta(minutes=2)
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert client.get("limits").headers["Sforce-Limit-Info"] == "api-usage=2/100000"


def test_an_unknown_path_or_method_is_not_found(client: Client) -> None:
    assert client.get("nothing/here").status_code == 404
    assert client.call("PUT", "sobjects/Account").status_code == 404
