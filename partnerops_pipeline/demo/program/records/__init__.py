"""From what happened to what the CRM holds: the rows of every object of the emulated org.

The rows show the org on the programme's last day. What the org never kept (an untracked field, a date that nobody
entered) is not in them, which is the point: the pipeline has to find the truth from what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..events import EventLog
from . import accounts, channel, deals, demand, org
from .present import Present
from .rows import Row

_BUILDERS: dict[str, Callable[[Present], Iterator[Row]]] = {
    "Organization": org.organizations,
    "User": org.users,
    "UserRole": org.roles,
    "Profile": org.profiles,
    "Account": accounts.accounts,
    "AccountHistory": accounts.account_history,
    "Contact": accounts.contacts,
    "Opportunity": deals.opportunities,
    "OpportunityHistory": deals.opportunity_history,
    "OpportunityFieldHistory": deals.field_history,
    "OpportunityPartner": deals.opportunity_partners,
    "OpportunityContactRole": deals.contact_roles,
    "PartnerRole": org.partner_roles,
    "AccountPartner": accounts.account_partners,
    "Lead": demand.leads,
    "Campaign": demand.campaigns,
    "CampaignMember": demand.campaign_members,
    "Task": demand.tasks,
    "Event": demand.meetings,
    "Contract": accounts.contracts,
    "CurrencyType": org.currency_types,
    "DatedConversionRate": org.dated_rates,
    "ChannelProgram": channel.programs,
    "ChannelProgramLevel": channel.levels,
    "ChannelProgramMember": channel.members,
    "ChannelProgramMemberHistory": channel.member_history,
    "PartnerMarketingBudget": channel.budgets,
    "PartnerFundAllocation": channel.allocations,
    "PartnerFundRequest": channel.fund_requests,
    "PartnerFundClaim": channel.fund_claims,
    "Deal_Registration__c": demand.registrations,
}


def record_streams(log: EventLog) -> dict[str, Iterator[Row]]:
    """For every object an iterator over its rows, made as they are read: for programmes too large for lists."""
    present = Present(log)
    return {sobject: build(present) for sobject, build in _BUILDERS.items()}


def salesforce_records(log: EventLog) -> dict[str, list[Row]]:
    """All rows of the org on the last day of `log`, by object.

    A row maps API names to str, int, bool, Decimal, date, aware UTC datetime or None. All rows of an object have the
    same keys; fields that the programme never fills are left out. Compound fields are not rows' business.
    """
    return {sobject: list(rows) for sobject, rows in record_streams(log).items()}
