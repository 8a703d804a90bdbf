"""What the org says about the company: when its fiscal years begin, and in which currency it reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from partnerops_pipeline.errors import PermissionDenied
from partnerops_pipeline.salesforce.org import Org


@dataclass(frozen=True)
class OrgFacts:
    """`fiscal_year_start_month` 1 to 12, `corporate_currency` an ISO 4217 code; None where the log-in cannot see it, or
    where the org has one currency only (it has no CurrencyType then)."""

    fiscal_year_start_month: int | None
    corporate_currency: str | None


def read_org_facts(org: Org) -> OrgFacts:
    """Ask Organization and CurrencyType; two API calls.

    Fields: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/
    sforce_api_objects_organization.htm and sforce_api_objects_currencytype.htm.
    """
    month = _first(org, "SELECT FiscalYearStartMonth FROM Organization", "FiscalYearStartMonth")
    currency = _first(org, "SELECT IsoCode FROM CurrencyType WHERE IsCorporate = true", "IsoCode")
    return OrgFacts(None if month is None else int(month), None if currency is None else str(currency))


def _first(org: Org, soql: str, field: str) -> Any:
    try:
        answer = org.get_json(org.path(f"query?q={quote(soql, safe='')}"), doing=f"reading {field}", soql=soql)
        return answer["records"][0][field]
    except (PermissionDenied, KeyError, IndexError, TypeError):
        return None
