"""A small org with awkward values, and the comparison of what the lake holds with what the org holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.schema import OrgSchema
from partnerops_pipeline.demo.salesforce.server import RunningOrg, running_org
from partnerops_pipeline.demo.salesforce.store import OrgStore
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.login import ClientCredentials, FixedToken
from partnerops_pipeline.salesforce.objects import ObjectSpec, load_objects
from partnerops_pipeline.salesforce.org import Org
from partnerops_pipeline.salesforce.session import OrgSession

START = datetime(2026, 7, 1, 1, tzinfo=UTC)
USER = made_id("005", 9)
AWKWARD = [
    'say "hi"',
    "two\nlines",
    "NA",
    "null",
    "007",
    "é 😀",
    "a;b",
    " blank ",
    "C:\\new",
    "'quoted'",
    "comma, text",
    "true",
]


def account(n: int, **more: Any) -> dict[str, Any]:
    return {
        "Id": made_id("001", n),
        "Name": f"{AWKWARD[n % len(AWKWARD)]} {n}",
        "OwnerId": USER,
        "IsPartner": n % 3 == 0,
        "AnnualRevenue": Decimal(n * 1_000) if n % 2 else None,
        "BillingPostalCode": f"{n:05}",
        "CurrencyIsoCode": "USD",
        "CreatedDate": START - timedelta(days=30, minutes=n),
        "LastModifiedDate": START - timedelta(days=20, minutes=n),
        **more,
    }


def opportunity(n: int, **more: Any) -> dict[str, Any]:
    return {
        "Id": made_id("006", n),
        "AccountId": made_id("001", n % 50 + 1),
        "Name": f"Deal {n}",
        "Description": AWKWARD[n % len(AWKWARD)] if n % 4 else None,
        "Amount": Decimal(n) * Decimal("17.35") if n % 5 else None,
        "CloseDate": date(2026, 1, 1) + timedelta(days=n % 180),
        "StageName": "Closed Won" if n % 2 else "Prospecting",
        "Probability": Decimal(100 if n % 2 else 10),
        "ForecastCategory": "Pipeline",
        "OwnerId": USER,
        "CurrencyIsoCode": "EUR" if n % 7 == 0 else "USD",
        "Days_Open__c": Decimal(n % 90),
        "CreatedDate": START - timedelta(days=100, minutes=n),
        "LastModifiedDate": START - timedelta(days=1, minutes=n),
        **more,
    }


ORGANIZATION = {
    "Id": made_id("00D", 1),
    "Name": "Harbourline Systems",
    "IsSandbox": False,
    "FiscalYearStartMonth": 1,
    "TimeZoneSidKey": "UTC",
    "DefaultLocaleSidKey": "en_US",
    "CreatedDate": START - timedelta(days=999),
}


@contextmanager
def small_org(
    folder: Path,
    *,
    accounts: int = 60,
    opportunities: int = 2_500,
    schema: OrgSchema | None = None,
    of_account: Callable[[int], dict[str, Any]] = lambda n: {},
    **options: Any,
) -> Iterator[RunningOrg]:
    """Accounts below and opportunities above the number of rows from which Bulk API 2.0 is used.

    Args:
        of_account: further values of the account with this number, in fields that `schema` has.
    """
    records = {
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
        "Account": [account(n, **of_account(n)) for n in range(1, accounts + 1)],
        "Opportunity": [opportunity(n) for n in range(1, opportunities + 1)],
        "PartnerRole": [
            {"Id": made_id("0Jz", n), "MasterLabel": f"Role {n}", "ApiName": f"Role_{n}", "SortOrder": n}
            for n in range(3)
        ],
    }
    with (
        OrgStore.create(folder / "org.sqlite", records, START, schema=schema) as store,
        running_org(store, **options) as org,
    ):
        yield org


def connected(org: RunningOrg, *, renewable: bool = True, version: str = "62.0") -> Org:
    log_in = ClientCredentials(org.client_id, org.client_secret) if renewable else FixedToken(org.token)
    return Org(OrgSession(org.url, log_in, sleep=lambda seconds: time.sleep(min(seconds, 0.05))), version)


def spec(name: str) -> ObjectSpec:
    return next(one for one in load_objects() if one.name == name)


def current_in_lake(lake: Lake, of: ObjectSpec) -> dict[str, dict[str, Any]]:
    """The current version of each record, by Id, with the meta columns `_is_deleted` and `_deleted_kind`."""
    files = lake.table(of.lake_table).files()
    if not files:
        return {}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        order = f'"{of.version_field}" DESC, _committed_at DESC, _batch_id DESC'
        found = connection.execute(
            "SELECT * FROM read_parquet(?, union_by_name = true) "
            f"QUALIFY row_number() OVER (PARTITION BY Id ORDER BY {order}) = 1",
            [files],
        )
        names = [column[0] for column in found.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["Id"]: row for row in rows}


def lake_equals_org(lake: Lake, org: RunningOrg, of: ObjectSpec) -> None:
    """Row for row and value for value, deleted records in the Recycle Bin included; what is gone for good is marked."""
    held = {key: row for key, row in current_in_lake(lake, of).items() if row["_deleted_kind"] not in ("hard", "purge")}
    truth = {record["Id"]: record for record in org.store.records(of.name)}
    assert set(held) == set(truth)
    for key, record in truth.items():
        ours = {name: value for name, value in held[key].items() if not name.startswith("_")}
        assert ours == {name: record[name] for name in ours}, key
        deleted = bool(record.get("IsDeleted"))
        assert held[key]["_is_deleted"] is deleted
        kind = None if not deleted else "merge" if record.get("MasterRecordId") else "soft"
        assert held[key]["_deleted_kind"] == kind
