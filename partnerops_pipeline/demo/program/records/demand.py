"""Where business comes from: Lead, Campaign, CampaignMember, Task, Event, Deal_Registration__c."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from ..events import ActivityLogged
from .entries import Lead, Registration
from .present import Present
from .rows import FORMS, SYSTEM_USER, Row, id_of, label, system

ARCHIVED_AFTER = timedelta(days=365)  # the CRM archives past activities; only queryAll still shows them


def leads(present: Present) -> Iterator[Row]:
    """Lead: the conversion is kept as a day only."""
    for number, lead in present.leads.items():
        sent, converted = lead.submitted, lead.converted
        yield {
            "Id": id_of("Lead", number),
            "MasterRecordId": None,
            "FirstName": sent.first_name,
            "LastName": sent.last_name,
            "Name": f"{sent.first_name} {sent.last_name}",
            "Company": sent.company,
            "Email": sent.email,
            "Website": None,
            "Status": _lead_status(lead, number),
            "LeadSource": sent.lead_source,
            "CountryCode": sent.country,
            "OwnerId": id_of("User", sent.owner),
            "PartnerAccountId": id_of("Account", present.survivor(sent.partner)),
            "IsConverted": converted is not None,
            "ConvertedDate": converted.at.date() if converted else None,
            "ConvertedAccountId": id_of("Account", present.survivor(converted.account)) if converted else None,
            "ConvertedContactId": id_of("Contact", converted.contact) if converted else None,
            "ConvertedOpportunityId": id_of("Opportunity", converted.opportunity) if converted else None,
            "IsUnreadByOwner": lead.accepted is None and converted is None,
            "Accepted_Date__c": lead.accepted,
            "Is_Test__c": sent.is_test,
            "CurrencyIsoCode": "USD",
        } | system(sent.at, sent.owner, lead.changed, present.deleted_at("lead", number))


def _lead_status(lead: Lead, number: int) -> str:
    if lead.converted is not None:
        return "Converted"
    if lead.accepted is not None:
        return "Accepted" if number % 3 else "Rejected"
    return "Working" if number % 2 else "New"


def campaigns(present: Present) -> Iterator[Row]:
    """Campaign: the company's own, and those of partners."""
    end = present.log.ends
    for campaign in present.campaigns:
        running = campaign.starts <= end <= campaign.ends
        yield {
            "Id": id_of("Campaign", campaign.campaign),
            "Name": campaign.name,
            "Type": "Partner Marketing" if campaign.partner is not None else "Webinar",
            "Status": "In Progress" if running else "Planned" if campaign.starts > end else "Completed",
            "StartDate": campaign.starts,
            "EndDate": campaign.ends,
            "BudgetedCost": Decimal(5000),
            "ActualCost": None if campaign.ends > end else Decimal(4800),
            "IsActive": running,
            "ParentId": None,
            "OwnerId": id_of("User", campaign.owner),
            "Partner_Account__c": id_of("Account", present.survivor(campaign.partner)),
            "CurrencyIsoCode": "USD",
        } | system(campaign.at, campaign.owner)


def campaign_members(present: Present) -> Iterator[Row]:
    """CampaignMember: contacts only; CreatedDate is when they were added."""
    for member in present.members:
        responded = member.member % 3 == 0
        yield {
            "Id": id_of("CampaignMember", member.member),
            "CampaignId": id_of("Campaign", member.campaign),
            "ContactId": id_of("Contact", member.contact),
            "LeadId": None,
            "Status": "Responded" if responded else "Sent",
            "HasResponded": responded,
            "FirstRespondedDate": member.at.date() if responded else None,
            "CurrencyIsoCode": "USD",
        } | system(member.at, SYSTEM_USER, None, present.deleted_at("campaign_member", member.member))


def tasks(present: Present) -> Iterator[Row]:
    """Task: past ones are completed."""
    for activity in present.activities:
        if activity.kind == "task":
            done = activity.day <= present.log.ends
            yield _activity("Task", present, activity) | {
                "Description": None,
                "Status": "Completed" if done else "Not Started",
                "Priority": "Normal",
                "TaskSubtype": "Task",
                "IsClosed": done,
                "CurrencyIsoCode": "USD",
            }


def meetings(present: Present) -> Iterator[Row]:
    """Event: an hour each, at the customer's."""
    for activity in present.activities:
        if activity.kind == "event":
            starts = datetime.combine(activity.day, time(8 + activity.activity % 9), UTC)
            yield _activity("Event", present, activity) | {
                "Location": None,
                "ActivityDateTime": starts,
                "StartDateTime": starts,
                "EndDateTime": starts + timedelta(hours=1),
                "DurationInMinutes": 60,
                "IsAllDayEvent": False,
                "CurrencyIsoCode": "USD",
            }


def _activity(sobject: str, present: Present, activity: ActivityLogged) -> Row:
    deal = present.deals.get(activity.opportunity or 0)
    return {
        "Id": id_of(sobject, activity.activity),
        "Subject": activity.subject,
        "ActivityDate": activity.day,
        "WhoId": id_of("Contact", activity.contact),
        "WhatId": id_of("Opportunity", activity.opportunity),
        "AccountId": id_of("Account", present.survivor(deal.created.account)) if deal else None,
        "OwnerId": id_of("User", activity.owner),
        "IsArchived": activity.day < present.log.ends - ARCHIVED_AFTER,
        "Partner_Account__c": id_of("Account", present.survivor(activity.partner)),
    } | system(activity.at, activity.owner, None, present.deleted_at("activity", activity.activity))


def registrations(present: Present) -> Iterator[Row]:
    """Deal_Registration__c, with the dates that somebody entered."""
    for number, record in present.registrations.items():
        created = record.created
        yield {
            "Id": id_of("Deal_Registration__c", number),
            "Name": f"DR-{number:06d}",
            "OwnerId": id_of("User", SYSTEM_USER),
            "Partner_Account__c": id_of("Account", present.survivor(created.partner)),
            "Partner_Contact__c": id_of("Contact", created.contact),
            "Customer_Account__c": id_of("Account", present.survivor(created.customer)),
            "Customer_Name__c": created.customer_name,
            "Customer_Domain__c": created.customer_domain,
            "Opportunity__c": id_of("Opportunity", record.opportunity),
            "Lead__c": None,
            "Status__c": _registration_status(record, number),
            "Submitted_Date__c": record.submitted,
            "Decided_Date__c": record.decided,
            "Approved_Date__c": record.approved,
            "Expiration_Date__c": record.protection_end,
            "Ended_Date__c": record.ended,
            "Reject_Reason__c": record.reason,
            "Amount__c": created.amount,
            "Expected_Close_Date__c": created.expected_close,
            "Form__c": FORMS[created.form],
            "CurrencyIsoCode": created.currency,
        } | system(created.at, SYSTEM_USER, record.changed, present.deleted_at("registration", number))


def _registration_status(record: Registration, number: int) -> str | None:
    if record.status == "submitted":  # somebody may have begun to look at it
        return ("Submitted", "In Review", "Submitted", "Info Requested")[number % 4]
    return label(record.status)
