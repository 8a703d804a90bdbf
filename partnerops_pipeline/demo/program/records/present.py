"""What the log leaves behind: every record as it stands on the programme's last day, before it is spelled as the CRM's.

One pass over the events fills this index; the modules beside it turn its entries into rows. Where accounts were merged,
`survivor` gives the account that stayed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from .. import events as ev
from ..chance import last_second
from .entries import Account, Deal, FundClaim, FundRequest, Lead, Registration


class Present:
    """The index over a log. Dictionaries keep the order in which things came into being."""

    def __init__(self, log: ev.EventLog) -> None:
        self.log = log
        self.users: dict[int, ev.UserHired] = {}
        self.left: dict[int, datetime] = {}
        self.rates: list[ev.RateSet] = []
        self.accounts: dict[int, Account] = {}
        self.contacts: dict[int, ev.ContactAdded] = {}
        self.agreements: list[ev.AgreementSigned] = []
        self.portal_since: dict[int, datetime] = {}
        self.deals: dict[int, Deal] = {}
        self.stages: list[ev.OpportunityCreated | ev.OpportunityChanged] = []
        self.field_changes: list[tuple[ev.PartnerFieldSet, int | None]] = []  # with the value before
        self.links: list[ev.PartnerLinked] = []
        self.deal_contacts: list[ev.OpportunityContactAdded] = []
        self.registrations: dict[int, Registration] = {}
        self.leads: dict[int, Lead] = {}
        self.campaigns: list[ev.CampaignCreated] = []
        self.members: list[ev.CampaignMemberAdded] = []
        self.activities: list[ev.ActivityLogged] = []
        self.budgets: dict[int, ev.MdfBudgetSet] = {}
        self.requests: dict[int, FundRequest] = {}
        self.claims: dict[int, FundClaim] = {}
        self.deleted: dict[tuple[str, int], datetime] = {}
        self.merged: dict[int, tuple[int, datetime]] = {}
        self.slips: dict[tuple[str, str, int], str] = {}  # (system, entity, number) to the slip's name
        self._read: dict[type, Callable[[Any], None]] = self._readers()
        for event in log.events:
            read = self._read.get(type(event))
            if read is not None:
                read(event)

    def survivor(self, account: int | None) -> int | None:
        """The account that a reference means today: itself, or the one it was merged into."""
        while account in self.merged:
            account = self.merged[account][0]
        return account

    def log_end(self, not_before: datetime | None) -> datetime:
        """The last instant of the log, or `not_before` where that is later."""
        end = last_second(self.log.ends)
        return end if not_before is None else max(end, not_before)

    def deleted_at(self, kind: str, number: int) -> datetime | None:
        """When a record was deleted; None if it never was."""
        return self.deleted.get((kind, number))

    def _readers(self) -> dict[type, Callable[[Any], None]]:
        return {
            ev.UserHired: lambda e: self.users.__setitem__(e.user, e),
            ev.UserLeft: lambda e: self.left.__setitem__(e.user, e.at),
            ev.RateSet: self.rates.append,
            ev.AccountCreated: lambda e: self.accounts.__setitem__(e.account, Account(e, e.at)),
            ev.AccountsMerged: self._merge,
            ev.ContactAdded: lambda e: self.contacts.__setitem__(e.contact, e),
            ev.PartnerApplied: lambda e: self._turn(e, "partner_type", e.partner_type),
            ev.PartnerStatusChanged: lambda e: self._turn(e, "status", e.status),
            ev.TierAssigned: lambda e: self._turn(e, "tier", e.tier),
            ev.PartnerManagerAssigned: lambda e: self._turn(e, "manager", e.user),
            ev.AgreementSigned: self._agreement,
            ev.OnboardingStepDone: self._onboarding_step,
            ev.PartnerOnboarded: lambda e: self._turn(e, "onboarded", e.at.date()),
            ev.OpportunityCreated: self._deal,
            ev.OpportunityChanged: self._deal_changed,
            ev.PartnerFieldSet: self._field,
            ev.PartnerLinked: self.links.append,
            ev.OpportunityContactAdded: self.deal_contacts.append,
            ev.LeadSubmitted: lambda e: self.leads.__setitem__(e.lead, Lead(e, e.at)),
            ev.LeadAccepted: self._lead_accepted,
            ev.LeadConverted: self._lead_converted,
            ev.RegistrationCreated: self._registration,
            ev.RegistrationSubmitted: self._submitted,
            ev.RegistrationApproved: self._approved,
            ev.RegistrationRejected: self._rejected,
            ev.RegistrationLinked: self._linked,
            ev.RegistrationEnded: self._ended,
            ev.CampaignCreated: self.campaigns.append,
            ev.CampaignMemberAdded: self.members.append,
            ev.ActivityLogged: self._activity,
            ev.MdfBudgetSet: lambda e: self.budgets.__setitem__(e.budget, e),
            ev.MdfRequested: lambda e: self.requests.__setitem__(e.request, FundRequest(e, e.at)),
            ev.MdfRequestDecided: self._request_decided,
            ev.MdfClaimed: lambda e: self.claims.__setitem__(e.claim, FundClaim(e, e.at)),
            ev.MdfClaimDecided: self._claim_decided,
            ev.MdfPaid: self._paid,
            ev.RecordSlipped: lambda e: self.slips.__setitem__((e.system, e.entity, e.number), e.name),
            ev.RecordDeleted: lambda e: self.deleted.__setitem__((e.kind, e.number), e.at),
        }

    def _turn(self, event: Any, what: str, value: Any) -> None:
        account = self.accounts[self.survivor(event.account)]  # type: ignore[index]
        setattr(account, what, value)
        account.changed = event.at
        account.turns.append((event.at, what, value))

    def _merge(self, event: ev.AccountsMerged) -> None:
        """The survivor takes over what it lacks: in the CRM a person picks the values, and picks the filled ones."""
        loser, stays = self.accounts[event.loser], self.accounts[event.survivor]
        for what in ("partner_type", "tier", "status", "manager", "signed", "onboarded"):
            if getattr(stays, what) is None and getattr(loser, what) is not None:
                setattr(stays, what, getattr(loser, what))
                stays.turns.append((event.at, what, getattr(loser, what)))
        loser.changed = stays.changed = event.at
        self.merged[event.loser] = (event.survivor, event.at)

    def _agreement(self, event: ev.AgreementSigned) -> None:
        self.agreements.append(event)
        account = self.accounts[self.survivor(event.account)]  # type: ignore[index]
        if event.kind == "programme" and account.signed is None:
            self._turn(event, "signed", event.at.date())

    def _onboarding_step(self, event: ev.OnboardingStepDone) -> None:
        if event.milestone == "portal_access":
            self.portal_since[event.account] = event.at

    def _deal(self, event: ev.OpportunityCreated) -> None:
        self.deals[event.opportunity] = Deal(event, event.at, event.stage, event.amount, event.close_date)
        if event.has_history:
            self.stages.append(event)

    def _deal_changed(self, event: ev.OpportunityChanged) -> None:
        deal = self.deals[event.opportunity]
        deal.stage, deal.amount, deal.close_date, deal.changed = event.stage, event.amount, event.close_date, event.at
        deal.changes.append(event)
        if deal.created.has_history:
            self.stages.append(event)

    def _field(self, event: ev.PartnerFieldSet) -> None:
        deal = self.deals[event.opportunity]
        if event.tracked:
            self.field_changes.append((event, deal.fields.get(event.field)))
        deal.fields[event.field], deal.changed = event.account, max(event.at, deal.changed)

    def _lead_accepted(self, event: ev.LeadAccepted) -> None:
        lead = self.leads[event.lead]
        lead.accepted, lead.changed = event.at, max(event.at, lead.changed)

    def _lead_converted(self, event: ev.LeadConverted) -> None:
        lead = self.leads[event.lead]
        lead.converted, lead.changed = event, max(event.at, lead.changed)

    def _registration(self, event: ev.RegistrationCreated) -> None:
        self.registrations[event.registration] = Registration(
            event, event.at, event.status, event.submitted_at, event.opportunity
        )

    def _submitted(self, event: ev.RegistrationSubmitted) -> None:
        record = self.registrations[event.registration]
        record.status, record.changed = "submitted", event.at
        record.submitted = event.at if event.date_entered else record.submitted

    def _approved(self, event: ev.RegistrationApproved) -> None:
        record = self.registrations[event.registration]
        record.status, record.changed, record.protection_end = "approved", event.at, event.protection_end
        if event.date_entered:
            record.approved = record.decided = event.at

    def _rejected(self, event: ev.RegistrationRejected) -> None:
        record = self.registrations[event.registration]
        record.status, record.changed, record.decided, record.reason = "rejected", event.at, event.at, event.reason

    def _linked(self, event: ev.RegistrationLinked) -> None:
        record = self.registrations[event.registration]
        record.opportunity, record.changed = event.opportunity, max(event.at, record.changed)

    def _ended(self, event: ev.RegistrationEnded) -> None:
        record = self.registrations[event.registration]
        record.status, record.changed = event.status, event.at
        record.ended = event.at if event.date_entered else None

    def _activity(self, event: ev.ActivityLogged) -> None:
        self.activities.append(event)
        if event.opportunity is not None and event.day <= self.log.ends:
            deal = self.deals[event.opportunity]
            deal.last_activity = max(event.day, deal.last_activity or event.day)

    def _request_decided(self, event: ev.MdfRequestDecided) -> None:
        request = self.requests[event.request]
        request.decided, request.changed = event, event.at

    def _claim_decided(self, event: ev.MdfClaimDecided) -> None:
        claim = self.claims[event.claim]
        claim.decided, claim.changed = event, event.at

    def _paid(self, event: ev.MdfPaid) -> None:
        claim = self.claims[event.claim]
        claim.paid, claim.paid_on, claim.changed = claim.paid + event.amount, event.at.date(), event.at
