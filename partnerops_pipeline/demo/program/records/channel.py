"""The programme's own objects: ChannelProgram, its levels, members and their history; marketing funds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from ..company import office
from ..partners import TIERS
from .org import FOUNDED
from .present import Present
from .rows import Row, history, id_of, label, system

PROGRAMS = ("Resell", "Referral", "Services", "Technology")
_PROGRAM_OF = {
    "reseller": 1, "distributor": 1, "referral": 2, "agency_si": 3, "msp": 3, "technology_isv": 4, None: 1,
}  # fmt: skip


def programs(present: Present) -> Iterator[Row]:
    """ChannelProgram: one for each way of working together."""
    for n, category in enumerate(PROGRAMS, 1):
        yield {
            "Id": id_of("ChannelProgram", n),
            "Name": f"Harbourline {category} Programme",
            "Category": category,
            "Description": None,
            "IsActive": True,
            "OwnerId": id_of("User", office("partner_operations")),
        } | system(FOUNDED)


def _level(program: int, tier: str) -> int:
    return (program - 1) * len(TIERS) + TIERS.index(tier) + 1


def levels(present: Present) -> Iterator[Row]:
    """ChannelProgramLevel: the four tiers of each programme, the lowest with rank 1."""
    for program in range(1, len(PROGRAMS) + 1):
        for rank, tier in enumerate(TIERS, 1):
            yield {
                "Id": id_of("ChannelProgramLevel", _level(program, tier)),
                "Name": label(tier),
                "ProgramId": id_of("ChannelProgram", program),
                "Rank": rank,
                "Description": None,
            } | system(FOUNDED)


def _members(present: Present) -> Iterator[tuple[int, int, list[tuple[datetime, str]]]]:
    """Account, programme and dated tiers of every account that ever had a tier of its own."""
    for number, account in present.accounts.items():
        tiers = [(at, value) for at, what, value in account.turns if what == "tier"]
        if tiers and number not in present.merged:
            yield number, _PROGRAM_OF[account.partner_type], tiers


def members(present: Present) -> Iterator[Row]:
    """ChannelProgramMember: a partner's place in its programme; the number is the account's."""
    for number, program, tiers in _members(present):
        yield {
            "Id": id_of("ChannelProgramMember", number),
            "Name": f"CPM-{number:06d}",
            "PartnerId": id_of("Account", number),
            "ProgramId": id_of("ChannelProgram", program),
            "LevelId": id_of("ChannelProgramLevel", _level(program, tiers[-1][1])),
        } | system(tiers[0][0], office("partner_operations"), tiers[-1][0])


def member_history(present: Present) -> Iterator[Row]:
    """ChannelProgramMemberHistory: the creation, then each new level twice: by name, then by id."""
    n = 0
    for number, program, tiers in _members(present):
        rows: list[tuple[datetime, str, str, str | None, str | None]] = [(tiers[0][0], "created", "Text", None, None)]
        for (_, old), (at, new) in pairwise(tiers):
            was, now = (id_of("ChannelProgramLevel", _level(program, tier)) for tier in (old, new))
            rows += [(at, "Level", "Text", label(old), label(new)), (at, "Level", "EntityId", was, now)]
        for at, field, kind, old_value, new_value in rows:
            n += 1
            yield {
                "Id": id_of("ChannelProgramMemberHistory", n),
                "ChannelProgramMemberId": id_of("ChannelProgramMember", number),
                "Field": field,
                "DataType": kind,
                "OldValue": old_value,
                "NewValue": new_value,
            } | history(at)


def _reimbursed(present: Present) -> dict[int, Decimal]:
    paid: dict[int, Decimal] = {}
    for claim in present.claims.values():
        budget = present.requests[claim.claimed.request].requested.budget
        paid[budget] = paid.get(budget, Decimal(0)) + claim.paid
    return paid


def budgets(present: Present) -> Iterator[Row]:
    """PartnerMarketingBudget: one per partner and year."""
    paid = _reimbursed(present)
    for number, budget in present.budgets.items():
        yield {
            "Id": id_of("PartnerMarketingBudget", number),
            "Title": f"Funds {budget.starts.year}",
            "Amount": budget.amount,
            "ChannelPartnerId": id_of("Account", present.survivor(budget.partner)),
            "Description": None,
            "StartDate": budget.starts,
            "EndDate": budget.ends,
            "Type": "Market Development Funds",
            "OwnerId": id_of("User", office("partner_operations")),
            "TotalAllocatedAmount": budget.amount,
            "TotalReimbursedFcs": paid.get(number, Decimal("0.00")),
            "CurrencyIsoCode": budget.currency,
        } | system(budget.at)


def allocations(present: Present) -> Iterator[Row]:
    """PartnerFundAllocation: the whole budget in one piece, an hour after it was set; it has the budget's number."""
    paid = _reimbursed(present)
    end = present.log_end(None)
    for number, budget in present.budgets.items():
        yield {
            "Id": id_of("PartnerFundAllocation", number),
            "Title": f"Allocation {budget.starts.year}",
            "Amount": budget.amount,
            "BudgetId": id_of("PartnerMarketingBudget", number),
            "ChannelPartnerId": id_of("Account", present.survivor(budget.partner)),
            "OwnerId": id_of("User", office("partner_operations")),
            "TotalReimbursedFcs": paid.get(number, Decimal("0.00")),
            "CurrencyIsoCode": budget.currency,
        } | system(min(budget.at + timedelta(hours=1), end))


def fund_requests(present: Present) -> Iterator[Row]:
    """PartnerFundRequest: `Amount` is what was granted."""
    for number, request in present.requests.items():
        wanted, decided = request.requested, request.decided
        granted = decided.approved if decided else None
        status = "Submitted" if decided is None else "Rejected" if granted is None else "Approved"
        yield {
            "Id": id_of("PartnerFundRequest", number),
            "Title": f"{wanted.activity} {wanted.activity_ends.isoformat()}",
            "Activity": wanted.activity,
            "AllocationId": id_of("PartnerFundAllocation", wanted.budget),
            "BudgetId": id_of("PartnerMarketingBudget", wanted.budget),
            "CampaignId": id_of("Campaign", wanted.campaign),
            "ChannelPartnerId": id_of("Account", present.survivor(wanted.partner)),
            "Amount": granted,
            "RequestedAmount": wanted.requested,
            "Status": status,
            "DesiredOutcome": None,
            "OwnerId": id_of("User", office("partner_operations")),
            "Submitted_Date__c": wanted.at,
            "Decided_Date__c": decided.at if decided else None,
            "Activity_End_Date__c": wanted.activity_ends,
            "CurrencyIsoCode": wanted.currency,
        } | system(wanted.at, office("partner_operations"), request.changed)


def fund_claims(present: Present) -> Iterator[Row]:
    """PartnerFundClaim: paid once anything was paid; the day is that of the last payment."""
    for number, claim in present.claims.items():
        wanted = present.requests[claim.claimed.request].requested
        decided = claim.decided
        if claim.paid_on is not None:
            status = "Paid"
        else:
            status = "Submitted" if decided is None else "Rejected" if decided.approved is None else "Approved"
        yield {
            "Id": id_of("PartnerFundClaim", number),
            "Title": f"Claim {wanted.activity_ends.isoformat()}",
            "RequestId": id_of("PartnerFundRequest", claim.claimed.request),
            "AllocationId": id_of("PartnerFundAllocation", wanted.budget),
            "BudgetId": id_of("PartnerMarketingBudget", wanted.budget),
            "ChannelPartnerId": id_of("Account", present.survivor(wanted.partner)),
            "Amount": claim.claimed.amount,
            "Status": status,
            "OwnerId": id_of("User", office("partner_operations")),
            "Submitted_Date__c": claim.claimed.at,
            "Decided_Date__c": decided.at if decided else None,
            "Paid_Date__c": claim.paid_on,
            "Paid_Amount__c": claim.paid if claim.paid_on is not None else None,
            "CurrencyIsoCode": wanted.currency,
        } | system(claim.claimed.at, office("partner_operations"), claim.changed)
