"""Finds the accidents in an event log by what they look like, not by the simulator's own labels."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from partnerops_pipeline.demo.program import events as ev

WON, LOST, VOID = "Closed Won", "Closed Lost", "Duplicate - Void"
STAGES = {WON, LOST, VOID, "Prospecting", "Qualification", "Proposal", "Negotiation"}
DAYS_90 = timedelta(days=90)


def seen(log: ev.EventLog) -> Counter[str]:
    """How often each kind of accident occurs in a log."""
    book = _Book(log)
    return Counter(name for find in FINDERS for name in find(book))


class _Book:
    def __init__(self, log: ev.EventLog) -> None:
        self.log = log
        self.of: dict[type, list] = defaultdict(list)
        for event in log.events:
            self.of[type(event)].append(event)
        self.accounts = {e.account: e for e in self.of[ev.AccountCreated]}
        self.deals = {e.opportunity: e for e in self.of[ev.OpportunityCreated]}
        self.path = {n: [e] for n, e in self.deals.items()}
        for change in self.of[ev.OpportunityChanged]:
            self.path[change.opportunity].append(change)
        self.registrations = {e.registration: e for e in self.of[ev.RegistrationCreated]}
        self.submitted = {n: e.submitted_at for n, e in self.registrations.items()}
        self.submitted |= {e.registration: e.at if e.date_entered else None for e in self.of[ev.RegistrationSubmitted]}
        self.deal_of = {n: e.opportunity for n, e in self.registrations.items()}
        self.deal_of |= {e.registration: e.opportunity for e in self.of[ev.RegistrationLinked]}
        self.approved = {e.registration: e for e in self.of[ev.RegistrationApproved]}
        self.contact_accounts = {e.contact: e.account for e in self.of[ev.ContactAdded]}

    def closed_at(self, opportunity: int):  # type: ignore[no-untyped-def]
        """When a deal was decided for good; None while it is not."""
        last = self.path[opportunity][-1]
        return last.at if last.stage in (WON, LOST) else None


def _values(book: _Book) -> Iterator[str]:
    for deal in book.deals.values():
        last = book.path[deal.opportunity][-1]
        if deal.currency == "GBP":
            yield "pounds"
        if deal.currency is None:
            yield "no currency"
        if last.amount is None:
            yield "no amount"
        elif last.amount <= 0:
            yield "zero amount" if last.amount == 0 else "negative amount"
        if last.amount in map(Decimal, ("9999.99", "10000.00", "49999.99", "50000.00", "249999.99", "250000.00")):
            yield "amount on the edge of a band"
        if deal.opportunity_type in (None, "Pilot"):
            yield f"type {deal.opportunity_type}"
        if deal.is_test:
            yield "test deal"
        account = book.accounts[deal.account]
        if account.country in (None, "AE"):
            yield f"country {account.country}"
        if account.is_test:
            yield "deal of a test customer"
        if account.is_own_company:
            yield "deal of the own company"
        if deal.opportunity_type == "Renewal" and deal.prior_contract_end is not None:
            yield "renewal with prior contract"
        if not deal.has_history:
            yield "imported"
            if last.stage == WON and last.close_date > book.log.ends:
                yield "imported, won ahead"


def _histories(book: _Book) -> Iterator[str]:
    for opportunity, path in book.path.items():
        stages = [step.stage for step in path]
        created, last = path[0], path[-1]
        if not created.has_history:
            continue
        reopened = [i for i in range(1, len(stages) - 1) if stages[i] == LOST and stages[i + 1] not in (WON, LOST)]
        if reopened:
            yield {WON: "lost, then won", LOST: "lost twice"}.get(stages[-1], "lost, then open")
        if any(a == WON and b not in (WON, LOST) for a, b in itertools.pairwise(stages)):
            yield "won, taken back"
        if last.stage == WON and last.close_date > last.at.date():
            yield "won with a later close"
            if last.close_date > book.log.ends:
                yield "won with a close after the last day"
        if any(a.at == b.at for a, b in itertools.pairwise(path)):
            yield "two changes in a second"
        if any(a.at == b.at and {a.stage, b.stage} == {LOST, WON} for a, b in itertools.pairwise(path)):
            yield "lost and won in a second"
        if stages[-1] == VOID:
            yield "void"
        if set(stages) - STAGES:
            yield "unknown stage"
        if created.close_date < created.at.date() and stages[-1] in (WON, LOST):
            yield "entered after the close"
        if last.close_date == date(2024, 2, 29) and stages[-1] in (WON, LOST):
            yield "closed on the leap day"
        if last.at.strftime("%H:%M:%S") == "23:59:59" and stages[-1] in (WON, LOST):
            yield "closed in the last second of a day"
        if created.at.strftime("%d %H:%M:%S") == "01 00:00:00":
            yield "created in the first second of a month"
        del opportunity


def _partner_lists(book: _Book) -> Iterator[str]:
    roles = defaultdict(set)
    primaries: Counter[int] = Counter()
    for link in book.of[ev.PartnerLinked]:
        account, deal = book.accounts[link.account], book.deals[link.opportunity]
        roles[link.opportunity, link.account].add(link.role)
        primaries[link.opportunity] += link.is_primary
        if link.role == "Competitor":
            yield "competitor"
        if link.account == deal.account:
            yield "link to the own account"
            if account.is_partner and not account.is_own_company:
                yield "a partner buys for itself"
        elif not account.is_partner:
            yield "link to a company that is no partner"
        if account.is_test:
            yield "link to a test partner"
        if account.is_own_company:
            yield "link to the own company"
        if link.has_reverse_row:
            yield "mirror row"
        closed = book.closed_at(link.opportunity)
        if closed is not None and link.at.date() > closed.date():
            yield "link after the close"
    for both in roles.values():
        if "Competitor" in both and len(both) > 1:
            yield "competitor and reseller at once"
    for count in primaries.values():
        if count > 1:
            yield "two primaries"


def _fields(book: _Book) -> Iterator[str]:
    for setting in book.of[ev.PartnerFieldSet]:
        deal, closed = book.deals[setting.opportunity], book.closed_at(setting.opportunity)
        if setting.at == deal.at:
            continue
        yield "field changed, tracked" if setting.tracked else "field changed, untracked"
        if setting.account is None:
            yield "field cleared"
        if closed is not None and setting.at.date() > closed.date():
            yield "field changed after the close"


def _registrations(book: _Book) -> Iterator[str]:
    by_deal = defaultdict(list)
    for n, opportunity in book.deal_of.items():
        if opportunity is not None:
            by_deal[opportunity].append(n)
        submitted, approved = book.submitted[n], book.approved.get(n)
        if approved is not None and submitted is None:
            yield "submitted without a date"
        if opportunity is None:
            continue
        created = book.deals[opportunity].at
        if submitted == created:
            yield "submitted in the second of creation"
        if submitted == created + timedelta(seconds=1):
            yield "submitted a second late"
        if approved is None:
            continue
        if not approved.date_entered:
            yield "approved without a date"
        if created == approved.at + DAYS_90:
            yield "created when protection was just over"
        if created == approved.at + DAYS_90 - timedelta(seconds=1):
            yield "created in the last second of protection"
        if approved.protection_end is not None:
            yield "own end of protection"
            if created.date() - approved.protection_end in (timedelta(0), timedelta(days=1)):
                yield f"created {(created.date() - approved.protection_end).days} days after the own end of protection"
        closed = book.closed_at(opportunity)
        if closed is not None and approved.at.date() > closed.date():
            yield "approved after the close"
    for numbers in by_deal.values():
        if len(numbers) > 1:
            yield "two registrations for a deal"
        known = [book.submitted[n] for n in numbers if book.submitted[n] is not None]
        if len(set(known)) < len(known):
            yield "two registrations in a second"
    for ended in book.of[ev.RegistrationEnded]:
        if ended.status in ("withdrawn", "revoked"):
            yield f"{ended.status}, {'dated' if ended.date_entered else 'undated'}"
    for rejected in book.of[ev.RegistrationRejected]:
        yield "rejected after approval" if rejected.registration in book.approved else "rejected"


def _leads(book: _Book) -> Iterator[str]:
    submitted = {e.lead: e for e in book.of[ev.LeadSubmitted]}
    for converted in book.of[ev.LeadConverted]:
        lead, deal = submitted[converted.lead], book.deals[converted.opportunity]
        if lead.partner is not None and lead.at > deal.at:
            yield "lead after the deal"
        if lead.partner is not None and lead.is_test:
            yield "test lead converted"
        if lead.partner is not None and lead.at == deal.at:
            yield "lead in the second of creation"
        closed = book.closed_at(deal.opportunity)
        if closed is not None and converted.at.date() > closed.date():
            yield "converted after the close"
    if any(lead.is_test for lead in submitted.values()):
        yield "test lead"


def _touches(book: _Book) -> Iterator[str]:
    for activity in book.of[ev.ActivityLogged]:
        if activity.day > book.log.ends:
            yield "activity in the future"
        days = (book.deals[activity.opportunity].at.date() - activity.day).days
        if days in (90, 91) and activity.partner is not None:
            yield f"activity {days} days before the deal"
        if activity.contact is not None and book.accounts[book.contact_accounts[activity.contact]].is_partner:
            yield "meeting with a partner's person"
            if activity.partner not in (None, book.contact_accounts[activity.contact]):
                yield "meeting of two partners"
    people = defaultdict(list)
    for added in book.of[ev.OpportunityContactAdded]:
        people[added.contact].append(book.deals[added.opportunity].at)
    for member in book.of[ev.CampaignMemberAdded]:
        for created in people[member.contact]:
            if created - member.at in (DAYS_90, DAYS_90 + timedelta(seconds=1)):
                yield f"invited 90 days and {(created - member.at - DAYS_90).seconds} s before the deal"


def _deletions(book: _Book) -> Iterator[str]:
    gone = {e.number for e in book.of[ev.RecordDeleted] if e.kind == "account"}
    for deleted in book.of[ev.RecordDeleted]:
        yield f"deleted {deleted.kind}"
    for deal in book.deals.values():
        if deal.account in gone:
            yield "deal of a deleted customer"
    for link in book.of[ev.PartnerLinked]:
        if link.account in gone:
            yield "link to a deleted partner"
    losers = {e.loser for e in book.of[ev.AccountsMerged]}
    for merged in book.of[ev.AccountsMerged]:
        yield "merged partner"
        if merged.survivor in losers:
            yield "merged twice over"
    for link in book.of[ev.PartnerLinked]:
        if link.account in losers:
            yield "link to the loser of a merge"


FINDERS: tuple[Callable[[_Book], Iterator[str]], ...] = (
    _values, _histories, _partner_lists, _fields, _registrations, _leads, _touches, _deletions,
)  # fmt: skip

ALL = {
    "pounds", "no currency", "no amount", "zero amount", "negative amount", "amount on the edge of a band", "type None",
    "type Pilot", "test deal", "country None", "country AE", "deal of a test customer", "deal of the own company",
    "renewal with prior contract", "imported", "imported, won ahead", "lost, then won", "lost twice", "lost, then open",
    "won, taken back", "won with a later close", "won with a close after the last day", "two changes in a second",
    "lost and won in a second", "void", "unknown stage", "entered after the close", "closed on the leap day",
    "closed in the last second of a day", "created in the first second of a month", "competitor",
    "link to the own account", "a partner buys for itself", "link to a company that is no partner",
    "link to a test partner", "link to the own company", "mirror row", "link after the close",
    "competitor and reseller at once", "two primaries", "field changed, tracked", "field changed, untracked",
    "field cleared", "field changed after the close", "submitted without a date", "submitted in the second of creation",
    "submitted a second late", "approved without a date", "created when protection was just over",
    "created in the last second of protection", "own end of protection",
    "created 0 days after the own end of protection", "created 1 days after the own end of protection",
    "approved after the close", "two registrations for a deal", "two registrations in a second", "withdrawn, dated",
    "withdrawn, undated", "revoked, dated", "revoked, undated", "rejected", "rejected after approval",
    "lead after the deal", "lead in the second of creation", "converted after the close", "test lead",
    "test lead converted", "meeting of two partners",
    "activity in the future", "activity 90 days before the deal", "activity 91 days before the deal",
    "meeting with a partner's person", "invited 90 days and 0 s before the deal",
    "invited 90 days and 1 s before the deal", "deleted opportunity", "deleted link", "deleted registration",
    "deleted lead", "deleted activity", "deleted campaign_member", "deleted account", "deal of a deleted customer",
    "link to a deleted partner", "merged partner", "merged twice over", "link to the loser of a merge",
}  # fmt: skip
