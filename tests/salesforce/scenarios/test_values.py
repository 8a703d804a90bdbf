"""Ranked failure mode 12: every type and every awkward value, equal by REST, by Bulk and in the org."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.salesforce.objects import ObjectSpec
from tests.salesforce.scenarios.stage import Stage, stage
from tests.salesforce.small_org import current_in_lake

TEXTS = [
    *("NA", "N/A", "null", "NULL", "None", "NaN", "nan", "#N/A", "true", "false", "007", "0012345", "1e5", "+1", "-"),
    *("2026-01-01", 'a "b", c', '"', "''", "two\nlines", "\n", "\r\n", "lone\rreturn", 'a\n\n"\n,b', "x\ty"),
    *(
        " ",
        " both ",
        "é 😀 👩\u200d👩\u200d👧 漢字",
        "\\N",
        "\\",
        "=1+1",
        "a;b;c",
        "\ufeffbom",
        "\u2028",
        "\u00a0",
        "nul\x00in",
    ),
    *("x" * 131_073, '"\n' * 70_000),
]
"""The last two are longer than 128 KiB, where Python's csv gives up; the last is twice as long once it is quoted."""

TYPES: dict[str, tuple[str, str, list[Any]]] = {
    "Money__c": (
        "currency(18,2)",
        "DECIMAL(18,2)",
        [Decimal("9999999999999999.99"), Decimal("-0.01"), Decimal("0.00"), Decimal("0.1")],
    ),
    "Narrow__c": ("currency(5,0)", "DECIMAL(5,0)", [Decimal(99999), Decimal(-1)]),
    "Deep__c": ("double(18,8)", "DECIMAL(18,8)", [Decimal("1234567890.12345678"), Decimal("-0.00000001")]),
    "Share__c": ("percent(5,2)", "DECIMAL(5,2)", [Decimal("12.5"), Decimal("100.00"), Decimal("-0.05")]),
    "Whole__c": ("int", "BIGINT", [0, -1, 2**31 - 1]),
    "Flag__c": ("boolean !", "BOOLEAN", [True, False]),
    "Day__c": ("date", "DATE", [date(1700, 1, 1), date(2024, 2, 29), date(4000, 12, 31)]),
    "Moment__c": (
        "datetime",
        "TIMESTAMPTZ",
        [datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)],
    ),
    "Clock__c": ("time", "VARCHAR", ["00:00:00.000Z", "23:59:59.999Z"]),
    "Many__c": ("multipicklist(a|b c|NA|007)", "VARCHAR", ["a", "a;b c;NA", "007"]),
    "One__c": ("picklist(NA|None|007|true)", "VARCHAR", ["NA", "None", "007", "true"]),
    "Parent__c": ("ref(Account)", "VARCHAR", [made_id("001", 1), made_id("001", 46_655)]),
    "Mail__c": ("email", "VARCHAR", ["o'neil+na@acme.example"]),
    "Long__c": ("textarea(200000)", "VARCHAR", TEXTS),
}
"""By field: how the org declares it, the type it must have in the lake, and values; each also comes as null."""


def with_every_value(on: Stage) -> ObjectSpec:
    for name, (declaration, _, _) in TYPES.items():
        on.org.store.add_field("Account", name, declaration)
    most = max(len(values) for _, _, values in TYPES.values())
    for at in range(most):
        made = {name: values[at] for name, (_, _, values) in TYPES.items() if at < len(values)}
        on.org.store.insert("Account", {"Name": f"{at:03}", "CurrencyIsoCode": "USD", **made})
    on.org.clock.advance(timedelta(hours=1))
    return on.spec("Account", also=("*__c",))


def test_every_value_of_every_type_is_the_orgs_by_rest_and_by_bulk(tmp_path: Path) -> None:
    with stage(tmp_path, accounts=0) as on:
        spec = with_every_value(on)
        held: dict[str, dict[str, dict[str, Any]]] = {}
        for api in ("rest", "bulk"):
            other = Stage(tmp_path / api, on.org, Lake(str(tmp_path / api / "lake")))
            report = other.run(spec.model_copy(update={"api": api}))["Account"]
            assert (report.api, report.downloaded, report.bad_count) == (api, len(TEXTS), 0)
            held[api] = current_in_lake(other.lake, spec)
            types = {one.name: one.type for one in other.lake.table("salesforce/account").columns()}
            assert {name: types[name] for name in TYPES} == {
                name: kind.replace("TIMESTAMPTZ", "TIMESTAMPTZ") for name, (_, kind, _) in TYPES.items()
            }
        truth = {one["Id"]: one for one in on.org.store.records("Account")}
        for api, rows in held.items():
            assert set(rows) == set(truth)
            for key, record in truth.items():
                for name in TYPES:
                    assert rows[key][name] == record[name], (api, record["Name"], name)
                    assert type(rows[key][name]) is type(record[name]), (api, record["Name"], name)
        exact = [name for name in held["rest"][next(iter(truth))] if not name.startswith("_")]
        for key in truth:
            for name in exact:
                assert repr(held["rest"][key][name]) == repr(held["bulk"][key][name]), (key, name)


@pytest.mark.parametrize("api", ["rest", "bulk"])
def test_a_record_with_a_field_beyond_128_kib_has_its_neighbours_whole(tmp_path: Path, api: str) -> None:
    """The limit of Python's csv, which simple-salesforce's users meet; rows before and after must not shift."""
    with stage(tmp_path, accounts=0, rest_page_rows=2_000, bulk_page_rows=50_000) as on:
        on.org.store.add_field("Account", "Long__c", "textarea(2000000)")
        for at, text in enumerate(["before", '",' * 500_000, "after"]):
            on.org.store.insert("Account", {"Name": str(at), "Long__c": text, "CurrencyIsoCode": "USD"})
        on.org.clock.advance(timedelta(hours=1))
        spec = on.spec("Account", also=("*__c",), api=api)
        assert on.run(spec)["Account"].api == api
        on.is_org(spec)
