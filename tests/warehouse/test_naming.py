from __future__ import annotations

import pytest

from partnerops_pipeline.warehouse.naming import snake_case


@pytest.mark.parametrize(
    ("api_name", "name"),
    [
        ("Id", "id"),
        ("IsDeleted", "is_deleted"),
        ("CurrencyIsoCode", "currency_iso_code"),
        ("SystemModstamp", "system_modstamp"),
        ("Pricebook2Id", "pricebook2_id"),
        ("ARPEType", "arpe_type"),
        ("BillingCountryCode", "billing_country_code"),
        ("Deal_Registration__c", "deal_registration"),
        ("Partner_Account__r", "partner_account"),
        ("ns__Obj__c", "ns_obj"),
        ("My_URL__c", "my_url"),
        ("FiscalYearStartMonth", "fiscal_year_start_month"),
        ("_committed_at", "_committed_at"),
        ("valid_from", "valid_from"),
        ("Order", "order"),
    ],
)
def test_an_api_name_becomes_lower_snake_case(api_name: str, name: str) -> None:
    assert snake_case(api_name) == name


def test_a_name_that_is_snake_case_already_stays() -> None:
    for name in ("partner_account_id", "_batch_id", "amount2"):
        assert snake_case(name) == name
