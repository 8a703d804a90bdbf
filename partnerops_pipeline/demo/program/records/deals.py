"""Opportunity with its stage history, field history, partner list and contact roles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from ..events import OpportunityChanged, PartnerFieldSet
from ..ids import salesforce_id
from .accounts import CONTRACTS_OF_DEALS, flagged_as_test
from .entries import Deal
from .present import Present
from .rows import SYSTEM_USER, Row, history, id_of, system
from .stage_table import STAGES

FIELDS = {"partner_account": "PartnerAccount", "fulfillment_partner": "Fulfillment_Partner__c"}


def expected_revenue(amount: Decimal | None, stage: str) -> Decimal | None:
    """Amount × probability, to the cent."""
    if amount is None:
        return None
    return (amount * STAGES[stage].probability / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def opportunities(present: Present) -> Iterator[Row]:
    """Opportunity, with the values of the programme's last day."""
    for number, deal in present.deals.items():
        created, stage = deal.created, STAGES[deal.stage]
        quarter = (deal.close_date.month + 2) // 3
        renews = created.prior_contract_end is not None
        yield {
            "Id": id_of("Opportunity", number),
            "AccountId": id_of("Account", present.survivor(created.account)),
            "Name": created.name,
            "Description": None,
            "Amount": deal.amount,
            "CloseDate": deal.close_date,
            "StageName": deal.stage,
            "Type": created.opportunity_type,
            "LeadSource": created.lead_source,
            "Probability": stage.probability,
            "ExpectedRevenue": expected_revenue(deal.amount, deal.stage),
            "TotalOpportunityQuantity": None,
            "ForecastCategory": stage.forecast,
            "ForecastCategoryName": stage.forecast_label,
            "IsClosed": stage.closed,
            "IsWon": stage.won,
            "FiscalQuarter": quarter,
            "FiscalYear": deal.close_date.year,
            "Fiscal": f"{deal.close_date.year} {quarter}",
            "NextStep": None if stage.closed else "Call back",
            "CampaignId": id_of("Campaign", created.campaign),
            "ContactId": id_of("Contact", created.contact),
            "ContractId": id_of("Contract", CONTRACTS_OF_DEALS + number) if renews else None,
            "OwnerId": id_of("User", created.owner),
            "PartnerAccountId": _present_value(present, deal, "partner_account"),
            "HasOpportunityLineItem": False,
            "LastActivityDate": deal.last_activity,
            "Fulfillment_Partner__c": _present_value(present, deal, "fulfillment_partner"),
            "Prior_Contract_End__c": created.prior_contract_end,
            "Is_Test__c": flagged_as_test(created.is_test, created.name, number),
            "Days_Open__c": Decimal(((deal.close_date if stage.closed else present.log.ends) - created.at.date()).days),
            "CurrencyIsoCode": created.currency,
        } | system(created.at, created.owner, deal.changed, present.deleted_at("opportunity", number))


def _present_value(present: Present, deal: Deal, field: str) -> str | None:
    return id_of("Account", present.survivor(deal.fields.get(field)))


def opportunity_history(present: Present) -> Iterator[Row]:
    """OpportunityHistory: one row on creation and one for each change of stage, amount or close date."""
    for n, event in enumerate(present.stages, 1):
        stage, created = STAGES[event.stage], present.deals[event.opportunity].created
        yield {
            "Id": id_of("OpportunityHistory", n),
            "OpportunityId": id_of("Opportunity", event.opportunity),
            "StageName": event.stage,
            "Amount": event.amount,
            "ExpectedRevenue": expected_revenue(event.amount, event.stage),
            "CloseDate": event.close_date,
            "Probability": stage.probability,
            "ForecastCategory": stage.forecast,
            "CurrencyIsoCode": created.currency,
            "SystemModstamp": event.at,
        } | history(event.at, created.owner)


def field_history(present: Present) -> Iterator[Row]:
    """OpportunityFieldHistory: stage, amount and close date as text, look-ups twice: by name, then by id.

    Ids are those of the account of that day, also where it was merged into another one later.
    """
    rows = [(e.at, e.seq, kind, old, new, field, e.opportunity) for e, field, kind, old, new in _field_changes(present)]
    rows.sort(key=lambda row: row[:2])
    for n, (at, _, kind, old, new, field, opportunity) in enumerate(rows, 1):
        yield {
            "Id": id_of("OpportunityFieldHistory", n),
            "OpportunityId": id_of("Opportunity", opportunity),
            "Field": field,
            "DataType": kind,
            "OldValue": old,
            "NewValue": new,
        } | history(at, present.deals[opportunity].created.owner)


def _field_changes(
    present: Present,
) -> Iterator[tuple[OpportunityChanged | PartnerFieldSet, str, str, str | None, str | None]]:
    for deal in present.deals.values():
        if not deal.created.has_history:
            continue
        before = (deal.created.stage, deal.created.amount, deal.created.close_date)
        for change in deal.changes:
            after = (change.stage, change.amount, change.close_date)
            for field, kind, old, new in zip(
                ("StageName", "Amount", "CloseDate"), ("Text", "Currency", "Date"), before, after, strict=True
            ):
                if old != new:
                    yield change, field, kind, _text(old), _text(new)
            before = after
    for setting, account in present.field_changes:
        field = FIELDS[setting.field]
        yield setting, field, "Text", _name(present, account), _name(present, setting.account)
        yield setting, field, "EntityId", _plain_id(account), _plain_id(setting.account)


def _text(value: str | Decimal | date | None) -> str | None:
    return value.isoformat() if isinstance(value, date) else None if value is None else str(value)


def _name(present: Present, account: int | None) -> str | None:
    return None if account is None else present.accounts[account].created.name


def _plain_id(account: int | None) -> str | None:
    return None if account is None else salesforce_id("Account", account)


def opportunity_partners(present: Present) -> Iterator[Row]:
    """OpportunityPartner: the partner list; where the CRM made a mirror row it names the deal's own account."""
    for link in present.links:
        forward, backward = 2 * link.link - 1, 2 * link.link
        own = present.deals[link.opportunity].created.account
        rows = [(forward, link.account, link.role, link.is_primary, backward if link.has_reverse_row else None)]
        if link.has_reverse_row:
            rows.append((backward, own, "Customer", False, forward))
        for this, account, role, is_primary, other in rows:
            yield {
                "Id": id_of("OpportunityPartner", this),
                "OpportunityId": id_of("Opportunity", link.opportunity),
                "AccountToId": id_of("Account", present.survivor(account)),
                "Role": role,
                "IsPrimary": is_primary,
                "ReversePartnerId": id_of("OpportunityPartner", other),
            } | system(link.at, SYSTEM_USER, None, present.deleted_at("link", link.link))


def contact_roles(present: Present) -> Iterator[Row]:
    """OpportunityContactRole: the customer's people on the deal."""
    for n, added in enumerate(present.deal_contacts, 1):
        yield {
            "Id": id_of("OpportunityContactRole", n),
            "OpportunityId": id_of("Opportunity", added.opportunity),
            "ContactId": id_of("Contact", added.contact),
            "Role": ("Decision Maker", "Economic Buyer", "Evaluator", "Other")[n % 4],
            "IsPrimary": n % 3 == 0,
            "CurrencyIsoCode": present.deals[added.opportunity].created.currency or "USD",
        } | system(added.at)
