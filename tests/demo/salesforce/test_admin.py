from __future__ import annotations

from typing import Any

import requests

from partnerops_pipeline.demo.salesforce.server import RunningOrg
from tests.demo.salesforce.conftest import Client
from tests.demo.salesforce.small_org import account, opportunity


def ask(running: RunningOrg, name: str, **params: str) -> Any:
    answer = requests.get(f"{running.url}/emulator/{name}", params=params, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()


def tell(running: RunningOrg, name: str, **body: Any) -> requests.Response:
    return requests.post(f"{running.url}/emulator/{name}", json=body, timeout=10)


def test_records_can_be_changed_from_another_process(running: RunningOrg) -> None:
    made = tell(running, "insert", object="Account", values={"Name": "New", "AnnualRevenue": 5}).json()["id"]
    assert (
        tell(
            running, "update", object="Account", id=made, values={"Name": "Newer"}, at="2026-06-30T10:00:00+00:00"
        ).status_code
        == 200
    )
    assert (
        tell(running, "calculate", object="Opportunity", id=opportunity(1), values={"Days_Open__c": 3}).status_code
        == 200
    )
    found = {one["Id"]: one for one in ask(running, "records", object="Account")}
    assert (found[made]["Name"], found[made]["AnnualRevenue"], found[made]["SystemModstamp"]) == (
        "Newer",
        "5",
        "2026-06-30T10:00:00+00:00",
    )
    for name in ("delete", "undelete", "hard-delete"):
        assert tell(running, name, object="Account", id=made).status_code == 200
    assert tell(running, "merge", object="Account", winner=account(2), loser=account(1)).status_code == 200
    assert tell(running, "purge", object="Account").json() == {"purged": 2}
    kinds = [one["kind"] for one in ask(running, "history") if one["object"] == "Account"]
    assert kinds == ["insert", "update", "delete", "undelete", "hard_delete", "merge", "purge", "purge"]


def test_clock_sessions_faults_and_schema_can_be_moved(running: RunningOrg, client: Client) -> None:
    before = ask(running, "state")["now"]
    assert tell(running, "clock/advance", seconds=3600).json()["now"] > before
    tell(running, "faults", rules=[{"match": "limits", "action": "status", "status": 500, "times": 1}])
    assert client.get("limits").status_code == 500
    tell(running, "schema", change="hide_object", object="Lead")
    assert client.get("sobjects/Lead/describe").status_code == 404
    tell(running, "sessions/expire")
    assert client.get("limits").status_code == 401
    state = ask(running, "state")
    assert (state["faults_fired"], state["counts"]["Account"]) == (1, 4)


def test_the_log_is_told_and_these_paths_stay_out_of_it(running: RunningOrg, client: Client) -> None:
    client.get("limits")
    ask(running, "state")
    told = ask(running, "requests")
    assert [(one["method"], one["path"], one["status"]) for one in told] == [
        ("GET", "/services/data/v62.0/limits", 200)
    ]
    assert ask(running, "state")["calls"] == 1


def test_a_wrong_order_is_refused_with_its_reason(running: RunningOrg) -> None:
    for name, body in (
        ("update", {"object": "Account", "id": account(99), "values": {}}),
        ("insert", {"object": "Account", "values": {"Wrong": 1}}),
        ("clock/advance", {"seconds": -5}),
        ("faults", {"rules": [{"match": "x"}]}),
        ("schema", {"change": "explode", "object": "Account"}),
    ):
        refused = tell(running, name, **body)
        assert refused.status_code == 400 and refused.json()["error"]
