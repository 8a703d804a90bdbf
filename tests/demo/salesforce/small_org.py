"""A small org whose every record is known, for the emulator's own tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from partnerops_pipeline.demo.salesforce.ids import made_id

STARTS = datetime(2026, 7, 1, 1, tzinfo=UTC)
MAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def account(number: int) -> str:
    return made_id("001", number, "Hb0")


def opportunity(number: int) -> str:
    return made_id("006", number, "Hb0")


def user(number: int) -> str:
    return made_id("005", number, "Hb0")


def small_records() -> dict[str, list[dict[str, Any]]]:
    """Two users, four accounts (one deleted), five opportunities (one deleted) with the awkward values of real orgs."""
    return {
        "Organization": [
            {
                "Id": made_id("00D", 7, "Hb0"),
                "Name": "Harbourline Systems",
                "FiscalYearStartMonth": 1,
                "CreatedDate": MAY,
            }
        ],
        "User": [
            {
                "Id": user(1),
                "Name": "Ada Quist",
                "LastName": "Quist",
                "Username": "ada@harbourline.example",
                "CreatedDate": MAY,
            },
            {
                "Id": user(2),
                "Name": "Bo Lind",
                "LastName": "Lind",
                "Username": "bo@harbourline.example",
                "CreatedDate": MAY,
            },
        ],
        "Account": [
            {
                "Id": account(1),
                "Name": "Acme",
                "OwnerId": user(1),
                "IsPartner": True,
                "BillingStreet": "1 Quay\nDock 4",
                "BillingCity": "Köln",
                "BillingPostalCode": "00501",
                "BillingCountryCode": "DE",
                "AnnualRevenue": Decimal(250000),
                "NumberOfEmployees": 12,
                "CurrencyIsoCode": "EUR",
                "CreatedDate": MAY,
            },
            {"Id": account(2), "Name": "NA", "OwnerId": user(2), "CurrencyIsoCode": "USD", "CreatedDate": MAY},
            {"Id": account(3), "Name": 'He said "no", twice', "Industry": "Retail", "CreatedDate": MAY},
            {
                "Id": account(4),
                "Name": "Gone",
                "IsDeleted": True,
                "CreatedDate": MAY,
                "SystemModstamp": datetime(2026, 6, 25, tzinfo=UTC),
            },
        ],
        "Opportunity": [
            _opportunity(
                1, Amount=Decimal("12345.60"), AccountId=account(1), StageName="Closed Won", IsWon=True, IsClosed=True
            ),
            _opportunity(2, Amount=Decimal("-0.05"), AccountId=account(2), Description="x" * 40_000),
            _opportunity(3, Amount=None, AccountId=None, NextStep=None),
            _opportunity(
                4,
                Amount=Decimal("9999999999999999.99"),
                AccountId=account(3),
                NextStep="call 🙂",
                Probability=Decimal(10),
            ),
            _opportunity(5, Amount=Decimal(0), AccountId=account(1), IsDeleted=True),
        ],
        "PartnerRole": [
            {
                "Id": made_id("0Jz", 1),
                "MasterLabel": "Reseller",
                "ApiName": "Reseller",
                "SortOrder": 1,
                "CreatedDate": MAY,
            }
        ],
        "Task": [
            {"Id": made_id("00T", 1), "Subject": "old", "IsArchived": True, "CreatedDate": MAY},
            {"Id": made_id("00T", 2), "Subject": "new", "CreatedDate": MAY},
        ],
    }


def _opportunity(number: int, **values: Any) -> dict[str, Any]:
    return {
        "Id": opportunity(number),
        "Name": f"Deal {number}",
        "CloseDate": date(2026, 6, number),
        "StageName": "Proposal",
        "OwnerId": user(1),
        "CurrencyIsoCode": "USD",
        "CreatedDate": datetime(2026, 5, number, 8, tzinfo=UTC),
        "SystemModstamp": datetime(2026, 6, number, 12, 0, number, tzinfo=UTC),
        **values,
    }
