"""The event log, read once and sorted by what it is about.

Nothing is judged here: no rule, no as-of date. What the CRM keeps no history of (deletion, a merge, the opportunity of
a registration, a conversion) is taken at its present value, after the last event of the log.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from .. import events as happened
from .claims import Claim, claims_of
from .claims import Step as ClaimStep
from .days import day_of
from .partner_record import PartnerRecord, Turn, partner_records
from .registrations import Registration


@dataclass(slots=True)
class Deal:
    """One opportunity and everything the log says about it, each list in order of (`at`, `seq`)."""

    created: happened.OpportunityCreated
    changes: list[happened.OpportunityChanged] = field(default_factory=list)
    contacts: list[happened.OpportunityContactAdded] = field(default_factory=list)
    links: list[happened.PartnerLinked] = field(default_factory=list)
    fields: dict[str, list[happened.PartnerFieldSet]] = field(default_factory=dict)
    registrations: list[Registration] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    activities: list[happened.ActivityLogged] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead that became an opportunity. The CRM keeps only the day of the conversion."""

    submitted: happened.LeadSubmitted
    converted_on: date


@dataclass(slots=True)
class Facts:
    """The log, by subject. Numbers are the programme's own."""

    accounts: dict[int, happened.AccountCreated] = field(default_factory=dict)
    merged_into: dict[int, int] = field(default_factory=dict)
    deleted: set[tuple[str, int]] = field(default_factory=set)
    contact_accounts: dict[int, int] = field(default_factory=dict)
    campaign_partners: dict[int, int | None] = field(default_factory=dict)
    memberships: dict[int, list[happened.CampaignMemberAdded]] = field(default_factory=dict)  # by contact
    rates: list[happened.RateSet] = field(default_factory=list)
    deals: dict[int, Deal] = field(default_factory=dict)
    records: dict[int, PartnerRecord] = field(default_factory=dict)  # by account, of every account
    contacts: dict[int, happened.ContactAdded] = field(default_factory=dict)
    users_left: set[int] = field(default_factory=set)
    leads: list[happened.LeadSubmitted] = field(default_factory=list)
    registrations: dict[int, Registration] = field(default_factory=dict)
    claims: dict[int, Claim] = field(default_factory=dict)
    awards: list[happened.CertificationAwarded] = field(default_factory=list)
    slips: dict[tuple[str, str, int], str] = field(default_factory=dict)  # (system, entity, number) → what slipped

    def is_deleted(self, kind: str, number: int) -> bool:
        """Whether the record lies in the Recycle Bin; deletion counts at every as-of date."""
        return (kind, number) in self.deleted

    def survivor(self, account: int) -> int:
        """The account that stands for `account` today: itself, or the end of its chain of merges."""
        while account in self.merged_into:
            account = self.merged_into[account]
        return account

    def slip(self, system: str, entity: str, number: int) -> str:
        """What a system says wrongly of a record; "" where nothing slipped."""
        return self.slips.get((system, entity, number), "")


def gather(log: happened.EventLog) -> Facts:
    """Read the whole log. It is sorted again first, so that a test may move an event without re-sorting the log.

    Raises:
        ValueError: an event speaks of an opportunity, lead or registration that was never created.
    """
    facts = Facts()
    in_order = sorted(log.events, key=lambda e: (e.at, e.seq))
    by_type: dict[type[happened.Happening], list] = defaultdict(list)
    for event in in_order:
        by_type[type(event)].append(event)

    facts.accounts = {e.account: e for e in by_type[happened.AccountCreated]}
    facts.merged_into = {e.loser: e.survivor for e in by_type[happened.AccountsMerged]}
    facts.deleted = {(e.kind, e.number) for e in by_type[happened.RecordDeleted]}
    facts.records = partner_records((e for e in in_order if isinstance(e, Turn)), facts.accounts)
    facts.contacts = {e.contact: e for e in by_type[happened.ContactAdded]}
    facts.contact_accounts = {number: e.account for number, e in facts.contacts.items()}
    facts.users_left = {e.user for e in by_type[happened.UserLeft]}
    facts.leads = by_type[happened.LeadSubmitted]
    facts.claims = claims_of(e for e in in_order if isinstance(e, ClaimStep))
    facts.awards = by_type[happened.CertificationAwarded]
    facts.slips = {(e.system, e.entity, e.number): e.name for e in by_type[happened.RecordSlipped]}
    facts.campaign_partners = {e.campaign: e.partner for e in by_type[happened.CampaignCreated]}
    for member in by_type[happened.CampaignMemberAdded]:
        facts.memberships.setdefault(member.contact, []).append(member)
    facts.rates = by_type[happened.RateSet]
    facts.deals = {e.opportunity: Deal(e) for e in by_type[happened.OpportunityCreated]}

    for change in by_type[happened.OpportunityChanged]:
        _deal(facts, change).changes.append(change)
    for contact in by_type[happened.OpportunityContactAdded]:
        _deal(facts, contact).contacts.append(contact)
    for link in by_type[happened.PartnerLinked]:
        _deal(facts, link).links.append(link)
    for setting in by_type[happened.PartnerFieldSet]:
        _deal(facts, setting).fields.setdefault(setting.field, []).append(setting)
    for activity in by_type[happened.ActivityLogged]:
        if activity.opportunity is not None:
            _deal(facts, activity).activities.append(activity)
    _gather_leads(facts, by_type)
    _gather_registrations(facts, by_type)
    return facts


def _gather_leads(facts: Facts, by_type: dict[type[happened.Happening], list]) -> None:
    submitted = {e.lead: e for e in by_type[happened.LeadSubmitted]}
    conversions = {e.lead: e for e in by_type[happened.LeadConverted]}  # the last one, should there be two
    for conversion in conversions.values():
        if conversion.lead not in submitted:
            raise ValueError(f"lead {conversion.lead} is converted by event {conversion.seq} but was never submitted.")
        _deal(facts, conversion).leads.append(Lead(submitted[conversion.lead], day_of(conversion.at)))


def _gather_registrations(facts: Facts, by_type: dict[type[happened.Happening], list]) -> None:
    registrations = {e.registration: Registration.started(e) for e in by_type[happened.RegistrationCreated]}
    steps = [
        *by_type[happened.RegistrationSubmitted],
        *by_type[happened.RegistrationApproved],
        *by_type[happened.RegistrationRejected],
        *by_type[happened.RegistrationLinked],
        *by_type[happened.RegistrationEnded],
    ]
    for step in sorted(steps, key=lambda e: (e.at, e.seq)):
        if step.registration not in registrations:
            raise ValueError(f"registration {step.registration} of event {step.seq} was never created.")
        registrations[step.registration].take(step)
    facts.registrations = registrations
    for registration in registrations.values():
        if registration.opportunity is None:
            continue
        if registration.opportunity not in facts.deals:
            raise ValueError(
                f"registration {registration.number} names opportunity {registration.opportunity}, never created."
            )
        facts.deals[registration.opportunity].registrations.append(registration)


def _deal(facts: Facts, event: happened.Happening) -> Deal:
    number: int = event.opportunity  # type: ignore[attr-defined]
    if number not in facts.deals:
        raise ValueError(f"event {event.seq} ({type(event).__name__}) names opportunity {number}, never created.")
    return facts.deals[number]
