"""The vocabulary of the event log: what happens in a partner programme, before any record of it exists.

The simulator writes these events; `records` turns them into the rows of an emulated org; `truth` computes every metric
from them alone. Numbers such as `partner=17` are the programme's own (from 1 per kind); `ids.salesforce_id` gives the
record id. Partners, customers and prospects are accounts and share one number range (`account`). Every `at` is an aware
UTC datetime with whole seconds. Money is Decimal in the currency named beside it; `None` means that nobody entered it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Happening:
    """One event. `seq` orders events of the same instant and is unique in a log."""

    seq: int
    at: datetime


# --- the company that runs the programme -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UserHired(Happening):
    user: int
    first_name: str
    last_name: str
    role: str  # partner_manager | direct_seller | sales_manager | partner_operations | finance | legal | it | executive
    region: str  # na | latam | emea | apac
    manager: int | None


@dataclass(frozen=True, slots=True)
class UserLeft(Happening):
    user: int


@dataclass(frozen=True, slots=True)
class RateSet(Happening):
    """A dated conversion rate: 1 USD (corporate currency) = `rate` units of `currency`, in force from `valid_from`."""

    currency: str
    rate: Decimal  # six places
    valid_from: date


# --- accounts, contacts --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountCreated(Happening):
    """A customer, prospect or partner company enters the CRM."""

    account: int
    name: str
    country: str | None
    domain: str | None
    industry: str | None
    owner: int
    is_partner: bool  # the CRM's IsPartner flag
    is_test: bool  # a test record, by its flag or by its name
    is_own_company: bool  # belongs to the vendor itself
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class AccountsMerged(Happening):
    """`loser` is merged into `survivor` (a partner account entered twice); every reference moves to the survivor."""

    loser: int
    survivor: int


@dataclass(frozen=True, slots=True)
class ContactAdded(Happening):
    contact: int
    account: int
    first_name: str
    last_name: str
    email: str | None
    title: str


# --- the partner's way ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartnerApplied(Happening):
    account: int
    partner_type: str  # reseller | referral | agency_si | msp | technology_isv | distributor
    region: str


@dataclass(frozen=True, slots=True)
class ApplicationDecided(Happening):
    account: int
    accepted: bool


@dataclass(frozen=True, slots=True)
class AgreementSigned(Happening):
    agreement: int
    account: int
    kind: str  # nda | programme
    starts: date
    ends: date
    auto_renew: bool


@dataclass(frozen=True, slots=True)
class OnboardingStepDone(Happening):
    """A hand-off of onboarding: `team` held it from `entered` until `at`."""

    account: int
    milestone: str  # legal_review | vendor_setup | portal_access | kickoff | core_training
    team: str  # legal | finance | it | partner_operations | enablement
    entered: datetime
    is_core: bool


@dataclass(frozen=True, slots=True)
class PartnerOnboarded(Happening):
    account: int


@dataclass(frozen=True, slots=True)
class PartnerManagerAssigned(Happening):
    account: int
    user: int


@dataclass(frozen=True, slots=True)
class TierAssigned(Happening):
    account: int
    tier: str  # registered | silver | gold | platinum


@dataclass(frozen=True, slots=True)
class PartnerStatusChanged(Happening):
    account: int
    status: str  # applicant | active | suspended | terminated


@dataclass(frozen=True, slots=True)
class CertificationAwarded(Happening):
    award: int
    contact: int
    account: int
    certification: str
    expires: date


# --- leads and opportunities ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeadSubmitted(Happening):
    lead: int
    partner: int | None  # account of the partner whose user owns or submitted it
    company: str
    first_name: str
    last_name: str
    email: str
    country: str | None
    lead_source: str
    owner: int
    is_test: bool


@dataclass(frozen=True, slots=True)
class LeadAccepted(Happening):
    lead: int


@dataclass(frozen=True, slots=True)
class LeadConverted(Happening):
    """The CRM keeps only the day of a conversion."""

    lead: int
    account: int
    contact: int | None
    opportunity: int


@dataclass(frozen=True, slots=True)
class OpportunityCreated(Happening):
    opportunity: int
    account: int
    name: str
    opportunity_type: (
        str | None
    )  # as the CRM says it: New Business | Existing Business | Renewal | something else | None
    lead_source: str | None
    owner: int
    stage: str  # as the CRM says it
    amount: Decimal | None
    currency: str | None
    close_date: date
    contact: int | None
    campaign: int | None
    prior_contract_end: date | None
    is_test: bool
    has_history: bool  # False: imported, the CRM holds no stage history for it


@dataclass(frozen=True, slots=True)
class OpportunityChanged(Happening):
    """Stage, amount and close date after the change (all three, changed or not)."""

    opportunity: int
    stage: str
    amount: Decimal | None
    close_date: date


@dataclass(frozen=True, slots=True)
class OpportunityContactAdded(Happening):
    opportunity: int
    contact: int


@dataclass(frozen=True, slots=True)
class PartnerLinked(Happening):
    """A partner is put on a deal in the CRM's partner list. `reverse` rows are the CRM's mirror of the same link."""

    link: int
    opportunity: int
    account: int  # usually a partner; sometimes by mistake not one, or the deal's own account
    role: str
    is_primary: bool
    has_reverse_row: bool


@dataclass(frozen=True, slots=True)
class PartnerFieldSet(Happening):
    """A look-up field of the deal is set, changed or cleared (`account=None`).

    With `tracked` the CRM's field history holds the change; without it only the present value is known.
    A value given at creation has `at` = the deal's creation and is not a tracked change.
    """

    opportunity: int
    field: str  # partner_account | fulfillment_partner
    account: int | None
    tracked: bool


# --- deal registrations --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegistrationCreated(Happening):
    """`submitted_at` None: still a draft, or submitted with the date field left empty."""

    registration: int
    partner: int
    contact: int | None
    customer: int | None
    customer_name: str
    customer_domain: str | None
    opportunity: int | None  # known already on creation
    amount: Decimal | None
    currency: str
    expected_close: date | None
    form: str
    submitted_at: datetime | None
    status: str  # draft | submitted


@dataclass(frozen=True, slots=True)
class RegistrationSubmitted(Happening):
    registration: int
    date_entered: bool  # False: the status moved on, the date field stayed empty


@dataclass(frozen=True, slots=True)
class RegistrationApproved(Happening):
    registration: int
    date_entered: bool  # False: approved, but the approval date stayed empty
    protection_end: date | None  # the record's own end of protection; None: the policy's days apply


@dataclass(frozen=True, slots=True)
class RegistrationRejected(Happening):
    registration: int
    reason: str


@dataclass(frozen=True, slots=True)
class RegistrationLinked(Happening):
    """The registration is tied to an opportunity (present value only: the CRM keeps no history of this field)."""

    registration: int
    opportunity: int


@dataclass(frozen=True, slots=True)
class RegistrationEnded(Happening):
    """After approval (or after submission for `withdrawn`): the registration's end."""

    registration: int
    status: str  # expired | converted | withdrawn | revoked
    date_entered: bool  # whether the record says when (Ended_Date__c)


# --- campaigns, activities -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CampaignCreated(Happening):
    campaign: int
    name: str
    partner: int | None
    owner: int
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class CampaignMemberAdded(Happening):
    member: int
    campaign: int
    contact: int


@dataclass(frozen=True, slots=True)
class ActivityLogged(Happening):
    """A task or meeting on a deal. `day` is the activity's own date (it may lie in the future of `at`)."""

    activity: int
    kind: str  # task | event
    day: date
    opportunity: int | None
    contact: int | None
    partner: int | None  # the configured partner field
    owner: int
    subject: str


# --- money to partners ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MdfBudgetSet(Happening):
    budget: int
    partner: int
    amount: Decimal
    currency: str
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class MdfRequested(Happening):
    request: int
    budget: int
    partner: int
    campaign: int | None
    activity: str
    requested: Decimal
    currency: str
    activity_ends: date


@dataclass(frozen=True, slots=True)
class MdfRequestDecided(Happening):
    request: int
    approved: Decimal | None  # None: rejected


@dataclass(frozen=True, slots=True)
class MdfClaimed(Happening):
    claim: int
    request: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class MdfClaimDecided(Happening):
    claim: int
    approved: Decimal | None


@dataclass(frozen=True, slots=True)
class MdfPaid(Happening):
    claim: int
    amount: Decimal


# --- deletion ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordDeleted(Happening):
    """A record is deleted in the CRM (it stays in the Recycle Bin). Deletion counts at every as-of date.

    `kind`: opportunity | link | registration | lead | activity | campaign_member | contact | account
    """

    kind: str
    number: int


# --- slips ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RecordSlipped(Happening):
    """One system says of a record something other than what happened, from the instant it has the record on.

    `system`: portal | marketplace | learning | crm. `entity` and what `number` counts: partner (account), deal (the
    registration, as the marketplace has it), claim, certification (award), registration. `name`: see `slips.RATES`.
    Of two slips of the same system, entity and number the later one holds. What differs in a CRM slip is in the events
    as well: the manager is not assigned, or has left; the registration is never linked. `portal_only` partners have
    numbers from 9,000,000,001 and no other event. An account that was merged away leaves the portal with the merger,
    unless it slips as `merged_kept`; then its row is as it would be without any other slip. `stage_behind` shows once
    the registration has ended, `status_behind` once the award has expired.
    """

    system: str
    entity: str
    number: int
    name: str


@dataclass(slots=True)
class EventLog:
    """The whole history of a programme, in order of (`at`, `seq`)."""

    seed: int
    partners: int
    starts: date
    ends: date  # last day of the programme; the demo's default as-of date
    events: list[Happening] = field(default_factory=list)

    def lines(self) -> list[str]:
        """One canonical text line per event: what "the same bytes" is measured on."""
        return [
            type(e).__name__ + "|" + "|".join(f"{f.name}={_text(getattr(e, f.name))}" for f in fields(e))
            for e in self.events
        ]


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
