"""An org, a lake, and the playing of a history on them; the lake is compared with the org after every quiet day."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from partnerops_pipeline.demo.salesforce.faults import parse_faults
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.server import RunningOrg, running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.objects import ObjectSpec, load_objects
from tests.salesforce.histories import operations as op
from tests.salesforce.histories.comparison import assert_lake_is_org
from tests.salesforce.small_org import ORGANIZATION, START, USER, account, opportunity

BY_BULK = ("Opportunity", "OpportunityPartner", "Deal_Registration__c")
"""Read by Bulk however few they are, the others by REST; pages hold three rows either way."""
OPEN_ENDED = ("Account", "Deal_Registration__c")
"""Every custom field comes along: `also: ["*__c"]`."""
PAGE_ROWS = 3
A_DAY = timedelta(hours=25)
WIDENED = (("Account", "AnnualRevenue", "currency(18,2)"), ("Contact", "Title", "string(255)"))
FORMULAS = {"Account": "Open_Opportunities__c", "Opportunity": "Days_Open__c"}
NEW_FIELD, RENAMED_FIELD = "Extra__c", "Extra_Renamed__c"


class Nursery:
    """The process of `nursery.py`; one for many histories."""

    def __init__(self) -> None:
        root = Path(__file__).resolve().parents[3]
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nursery.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def start(self, order: dict[str, Any]) -> int:
        """Start a run; returns its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._answer()["pid"])

    def was_killed(self) -> bool:
        """Wait for the run to end."""
        return bool(self._answer()["killed"])

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that starts the runs has ended"
        return dict(json.loads(line))


class World:
    """One org and one lake. `play` makes a history happen; it raises AssertionError where the lake is not the org."""

    def __init__(self, home: Path, org: RunningOrg, nursery: Nursery) -> None:
        self.home, self.org, self.store = home, org, org.store
        self.lake = Lake(str(home / "lake"))
        self.wrong_clock: list[float] | None = None
        """Seconds by which this machine's clock is wrong for the runs, one after the other."""
        self._nursery = nursery
        self._runs = 0
        self._disturbed = False

    @cached_property
    def specs(self) -> list[ObjectSpec]:
        chosen = []
        for spec in load_objects():
            if spec.name not in (*op.OBJECTS, "AccountHistory"):
                continue
            also = ("*__c",) if spec.name in OPEN_ENDED else spec.also
            api = "bulk" if spec.name in BY_BULK else "auto"
            chosen.append(spec.model_copy(update={"api": api, "also": also}))
        return chosen

    def play(self, history: list[op.Operation]) -> None:
        """Make it happen, and end with a quiet day."""
        for one in [*history, op.QuietDay()]:
            if isinstance(one, op.Run):
                self.run(one)
            elif isinstance(one, op.QuietDay):
                self.quiet_day()
            else:
                self.change(one)

    # Changes

    def change(self, one: op.Operation) -> None:
        """What does not fit the org's present state (nothing deleted to undelete, …) does nothing."""
        store = self.store
        if isinstance(one, op.Wait):
            store.clock.advance(timedelta(minutes=one.minutes))
        elif isinstance(one, op.Insert):
            store.insert(one.object, self._new(one.object, one.value), at=self._stamp(one.late_minutes))
        elif isinstance(one, op.Update):
            if key := self._pick(one.object, one.record):
                store.update(one.object, key, self._changed(one.object, one.value), at=self._stamp(one.late_minutes))
        elif isinstance(one, op.Delete):
            if key := self._pick(one.object, one.record):
                store.delete(one.object, key)
        elif isinstance(one, op.Undelete):
            if key := self._pick(one.object, one.record, deleted=True):
                store.undelete(one.object, key)
        elif isinstance(one, op.HardDelete):
            if key := self._pick(one.object, one.record):
                store.hard_delete(one.object, key)
        elif isinstance(one, op.Purge):
            if "IsDeleted" in store.schema.objects[one.object].fields:
                store.purge_recycle_bin(one.object)
        elif isinstance(one, op.ForgetDeletions):
            store.purge_deleted_log()
        elif isinstance(one, op.Merge):
            winner, loser = self._pick(one.object, one.winner), self._pick(one.object, one.loser)
            if winner and loser and winner != loser:
                store.merge(one.object, winner, loser)
        elif isinstance(one, op.Calculate):
            if key := self._pick(one.object, one.record):
                store.set_calculated(one.object, key, {FORMULAS[one.object]: Decimal(one.value)})
        else:
            self._change_schema(one)

    def _change_schema(self, one: op.Operation) -> None:
        store = self.store
        if isinstance(one, op.Hide):
            store.hide_field(*op.HIDEABLE[one.which])
        elif isinstance(one, op.Show):
            store.show_field(*op.HIDEABLE[one.which])
        elif isinstance(one, op.HideObject):
            store.hide_object(op.OPTIONAL_OBJECTS[one.which])
        elif isinstance(one, op.ShowObject):
            store.show_object(op.OPTIONAL_OBJECTS[one.which])
        elif isinstance(one, op.AddField):
            if NEW_FIELD not in store.schema.objects[one.object].fields:
                store.add_field(
                    one.object, NEW_FIELD, ("string(400)", "currency(18,2)", "boolean !", "date")[one.value % 4]
                )
        elif isinstance(one, op.RenameField):
            fields = store.schema.objects[one.object].fields
            if NEW_FIELD in fields and RENAMED_FIELD not in fields:
                store.rename_field(one.object, NEW_FIELD, RENAMED_FIELD)
        elif isinstance(one, op.RemoveField):
            fields = store.schema.objects[one.object].fields
            if found := next((name for name in (RENAMED_FIELD, NEW_FIELD) if name in fields), None):
                store.remove_field(one.object, found)
        elif isinstance(one, op.WidenField):
            store.redeclare_field(*WIDENED[one.which])
        else:
            raise AssertionError(f"unknown operation {one}")

    def _stamp(self, late_minutes: int) -> Any:
        return self.store.clock.now_to_the_second() - timedelta(minutes=late_minutes) if late_minutes else None

    def _pick(self, object_name: str, number: int, *, deleted: bool = False) -> str | None:
        found = [
            record["Id"]
            for record in self.store.records(object_name)
            if bool(record.get("IsDeleted", False)) is deleted
        ]
        return found[number % len(found)] if found else None

    def _changed(self, object_name: str, value: int) -> dict[str, Any]:
        text = op.TEXTS[value % len(op.TEXTS)]
        values: dict[str, Any] = {
            "Account": {"Name": text or "x", "AnnualRevenue": Decimal(value), "BillingPostalCode": text[:20] or None},
            "Contact": {"Title": text[:100] or None, "LastName": text[:80] or "x"},
            "Opportunity": {"Description": text or None, "Amount": Decimal(value) / 4, "NextStep": text[:200] or None},
            "OpportunityPartner": {"Role": ("Reseller", "Distributor", None)[value % 3], "IsPrimary": value % 2 == 0},
            "Deal_Registration__c": {"Customer_Name__c": text[:255] or None, "Amount__c": Decimal(value) / 4},
            "PartnerRole": {"MasterLabel": text[:200] or "x", "SortOrder": value},
        }[object_name]
        values = {name: None if isinstance(v, Decimal) and value % 5 == 0 else v for name, v in values.items()}
        if object_name == "Account":
            values["Partner_Tier__c"] = ("Gold", "Silver", None)[value % 3]
            values["Industry"] = ("Retail", "Finance", None)[value % 3]
        extra = self.store.schema.objects[object_name].fields.get(NEW_FIELD)
        if extra is not None:
            values[NEW_FIELD] = {
                "string": text[:400] or None,
                "currency": Decimal(value) / 2,
                "boolean": value % 2 == 1,
                "date": date(2026, 1, 1) + timedelta(days=value),
            }[extra.type]
        return values

    def _new(self, object_name: str, value: int) -> dict[str, Any]:
        parent = self._pick("Account", value)
        more: dict[str, Any] = {
            "Account": {"OwnerId": USER, "CurrencyIsoCode": "USD"},
            "Contact": {"OwnerId": USER, "AccountId": parent, "CurrencyIsoCode": "USD"},
            "Opportunity": {
                "OwnerId": USER,
                "AccountId": parent,
                "Name": "Deal",
                "StageName": "Prospecting",
                "CloseDate": date(2026, 8, 1),
                "ForecastCategory": "Pipeline",
                "CurrencyIsoCode": "USD",
            },
            "OpportunityPartner": {
                "OpportunityId": self._pick("Opportunity", value) or made_id("006", 1),
                "AccountToId": parent or made_id("001", 1),
            },
            "Deal_Registration__c": {
                "OwnerId": USER,
                "Name": f"DR-{value}",
                "Status__c": "Submitted",
                "CurrencyIsoCode": "USD",
                "Partner_Account__c": parent,
            },
            "PartnerRole": {"ApiName": f"Role_{value}"},
        }[object_name]
        return {**more, **self._changed(object_name, value)}

    # Runs

    def run(self, one: op.Run) -> dict[str, Any]:
        """An extraction in a child process; returns what it told (outcome "killed" if it could not)."""
        self.org.org.faults.set(parse_faults([dict(rule) for rule in one.faults]))
        order = self.order(one)
        result = Path(order["result"])
        log_ins, fired_before = self.org.log_ins, 0
        with self._killing_at(one.kill_at_request) as target:
            target.append(self._nursery.start(order))
            killed = self._nursery.was_killed()
        fired = self.org.org.faults.fired() - fired_before
        self.org.set_faults()
        if killed:
            self._disturbed = True
            return {"outcome": "killed"}
        told = dict(json.loads(result.read_text(encoding="utf-8")))
        assert told["outcome"] != "crashed", told["message"]
        if told["outcome"] == "stopped":
            assert told["do"] and told["message"].count("\n") == 0, told
        assert self.org.log_ins - log_ins <= 2 + fired, "more log-ins than anything called for"
        self._disturbed = self._disturbed or one.disturbed
        return told

    def order(self, one: op.Run) -> dict[str, Any]:
        """What the nursery is told to start a run; each has a file of its own for what becomes of it."""
        self._runs += 1
        return {
            "url": self.org.url,
            "client_id": self.org.client_id,
            "client_secret": self.org.client_secret,
            "home": str(self.home),
            "objects": [spec.model_dump_json(by_alias=True) for spec in self.specs],
            "result": str(self.home / f"result-{self._runs}.json"),
            "kill_at": one.kill_at_step,
            "kill_at_commit": one.kill_at_commit,
            "wrong_clock": self.wrong_clock,
        }

    @contextmanager
    def _killing_at(self, request: int | None) -> Iterator[list[int]]:
        """Kill the process whose id is put into the list when its n-th request arrives."""
        target: list[int] = []
        seen = 0

        def watch(_: str) -> None:
            nonlocal seen
            seen += 1
            if seen == request and target:
                os.kill(target[0], signal.SIGKILL)

        self.org.org.on_request = watch if request is not None else None
        try:
            yield target
        finally:
            self.org.org.on_request = None

    def quiet_day(self) -> None:
        """A day passes, a run finds nothing in its way, and the lake is the org; after a disturbance, two runs."""
        for _ in range(2 if self._disturbed else 1):
            self.store.clock.advance(A_DAY)
            told = self.run(op.Run())
            assert told["outcome"] == "ended", told
        self._disturbed = False
        states = {one["object"]: one for one in told["reports"]}
        for spec in self.specs:
            report = states[spec.name]
            assert_lake_is_org(self.lake, self.store, spec, report["state"], report["message"])


def first_records() -> dict[str, list[dict[str, Any]]]:
    """A handful of records, older than the org's clock."""
    made = START - timedelta(days=40)
    return {
        "Organization": [ORGANIZATION],
        "User": [
            {
                "Id": USER,
                "Username": "u@harbourline.example",
                "Name": "U",
                "LastName": "U",
                "Email": "u@harbourline.example",
            }
        ],
        "Account": [account(n) for n in range(1, 5)],
        "Contact": [
            {"Id": made_id("003", n), "LastName": f"C{n}", "Name": f"C{n}", "OwnerId": USER, "CreatedDate": made}
            for n in range(1, 4)
        ],
        "Opportunity": [opportunity(n, AccountId=made_id("001", n % 4 + 1)) for n in range(1, 6)],
        "OpportunityPartner": [
            {
                "Id": made_id("00I", n),
                "OpportunityId": made_id("006", n),
                "AccountToId": made_id("001", n),
                "Role": "Reseller",
                "CreatedDate": made,
            }
            for n in range(1, 4)
        ],
        "Deal_Registration__c": [
            {
                "Id": made_id("a0D", 1),
                "Name": "DR-1",
                "OwnerId": USER,
                "Status__c": "Submitted",
                "CurrencyIsoCode": "USD",
                "CreatedDate": made,
            }
        ],
        "PartnerRole": [
            {"Id": made_id("0Jz", n), "MasterLabel": f"Role {n}", "ApiName": f"Role_{n}", "SortOrder": n}
            for n in range(1, 3)
        ],
    }


@contextmanager
def new_world(home: Path, nursery: Nursery) -> Iterator[World]:
    """A fresh org and an empty lake in `home`."""
    home.mkdir(parents=True)
    with (
        OrgStore.create(home / "org.sqlite", first_records(), START) as store,
        running_org(store, bulk_page_rows=PAGE_ROWS, rest_page_rows=PAGE_ROWS) as org,
    ):
        yield World(home, org, nursery)
