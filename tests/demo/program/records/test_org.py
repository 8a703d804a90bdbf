from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from partnerops_pipeline.demo.program.ids import salesforce_id

Rows = dict[str, list[dict[str, Any]]]


def test_the_org_is_one_row_with_a_calendar_fiscal_year(demo_rows: Rows) -> None:
    (org,) = demo_rows["Organization"]
    assert org["Id"] == salesforce_id("Organization", 1)
    assert org["FiscalYearStartMonth"] == 1


def test_dated_rates_follow_each_other_without_a_gap(demo_rows: Rows) -> None:
    rates = sorted(demo_rows["DatedConversionRate"], key=lambda r: r["StartDate"])
    assert {r["IsoCode"] for r in rates} == {"EUR"}
    assert all(a["NextStartDate"] == b["StartDate"] for a, b in itertools.pairwise(rates))
    assert rates[0]["StartDate"] == date(2023, 1, 1)
    assert rates[-1]["NextStartDate"] == date(9999, 12, 31)
    assert len({r["ConversionRate"] for r in rates}) == len(rates) > 10


def test_pounds_are_active_with_a_static_rate_only(demo_rows: Rows) -> None:
    types = {row["IsoCode"]: row for row in demo_rows["CurrencyType"]}
    assert [code for code, row in types.items() if row["IsCorporate"]] == ["USD"]
    assert types["GBP"]["IsActive"]
    assert types["GBP"]["ConversionRate"] == Decimal("0.79")
    assert "GBP" in {row["CurrencyIsoCode"] for row in demo_rows["Opportunity"]}


def test_staff_report_to_somebody_and_partners_have_users_of_their_own(demo_rows: Rows) -> None:
    staff = [row for row in demo_rows["User"] if row["UserType"] == "Standard"]
    portal = [row for row in demo_rows["User"] if row["UserType"] == "PowerPartner"]
    assert len([row for row in staff if row["ManagerId"] is None]) == 2  # the integration and the chief
    assert any(not row["IsActive"] for row in staff)
    assert len(portal) > 400
    partners = {row["Id"] for row in demo_rows["Account"] if row["IsPartner"]}
    assert all(row["AccountId"] in partners and row["ContactId"] for row in portal)
    assert len({row["Username"] for row in demo_rows["User"]}) == len(demo_rows["User"])
