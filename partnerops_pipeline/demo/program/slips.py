"""Where the portal, the marketplace, the learning system and the CRM do not say the same, how often, and of whom.

A record meets at most one slip of each table. Some are gaps that a rule must find, some only ugly spelling that no rule
may find; `NOISE` names those. Each record draws from a stream of its own, in which the exports go on drawing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from .chance import accident, last_second, stream
from .company import Setting
from .events import (
    AccountCreated,
    AccountsMerged,
    CertificationAwarded,
    Happening,
    MdfClaimed,
    PartnerApplied,
    RecordSlipped,
    RegistrationCreated,
    RegistrationSubmitted,
)

PARTNER = {
    "absent": 0.020,  # a partner of the CRM that the portal does not know
    "crm_id_missing": 0.040,
    "crm_id_folded": 0.020,  # the 18 characters in lower case, as a spreadsheet look-up leaves them
    "tier_differs": 0.055,
    "status_differs": 0.030,
    "id_unreadable": 0.004,  # the portal's id in scientific notation: the row cannot be used
    "crm_id_short": 0.250,  # 15 characters
    "name_spelled": 0.050,  # another legal form, blanks that do not show
    "tier_spelled": 0.040,  # "Gold Partner" instead of "Gold"
    "repeated": 0.005,  # the same row twice
}
PORTAL_ONLY = 0.015
"""Partners of the portal that the CRM does not know, as a share of the programme's partners; at least one."""
MERGED_KEPT = 0.5
"""How often the portal still has the account that the CRM merged away."""
OWN_NUMBERS = 9_000_000_000
"""Where the portal's own partners are numbered from: beyond every account of the largest programme (32 million)."""

DEAL = {
    "absent": 0.020,
    "external_key_missing": 0.040,
    "amount_differs": 0.030,  # 12 % more
    "close_date_differs": 0.020,  # 14 days later
    "stage_behind": 0.030,  # ended in the CRM, still approved in the marketplace
    "external_key_short": 0.200,
    "close_date_vague": 0.005,  # "Q3 2026"
    "repeated": 0.004,
}
CLAIM = {
    "absent": 0.010,
    "crm_id_missing": 0.040,
    "amount_differs": 0.030,  # 10 % more
    "currency_at_amount": 0.080,  # "€ 1.234,50" and no currency in its column
    "zeros_lost": 0.050,  # the claim's number without its leading zeros
    "repeated": 0.010,
}
CERTIFICATION = {
    "absent": 0.010,
    "e_mail_missing": 0.010,
    "never_expires": 0.020,  # 31/12/9999
    "branch_missing": 0.030,
    "dates_as_text": 0.200,
    "e_mail_in_capitals": 0.050,
    "repeated": 0.005,
    "status_behind": 0.040,  # expired, still "Active" in the learning system
}
CRM_PARTNER = {
    "manager_missing": 0.030,  # nobody was ever entered as the partner's manager
    "manager_left": 0.030,  # the manager has left the company, nobody took over
}
CRM_REGISTRATION = {
    "deal_link_lost": 0.030,  # of the registrations that bring a deal: never tied to its opportunity
}
RATES: Mapping[tuple[str, str], Mapping[str, float]] = {
    ("portal", "partner"): PARTNER | {"portal_only": PORTAL_ONLY, "merged_kept": MERGED_KEPT},
    ("marketplace", "deal"): DEAL,
    ("portal", "claim"): CLAIM,
    ("learning", "certification"): CERTIFICATION,
    ("crm", "partner"): CRM_PARTNER,
    ("crm", "registration"): CRM_REGISTRATION,
}
"""How likely each slip is, by system and entity; `simulate(clean=True)` draws none of them."""
NOISE = frozenset(
    {"crm_id_short", "crm_id_folded", "name_spelled", "tier_spelled", "external_key_short", "currency_at_amount",
     "zeros_lost", "dates_as_text", "e_mail_in_capitals", "repeated"}
)  # fmt: skip
STREAMS = {
    "partner": "portal partner",
    "deal": "marketplace deal",
    "claim": "portal claim",
    "certification": "learning",
}
"""The stream of a record in an export: its first number decided the slip, a partner's second whether it is kept."""


def slip_of(setting: Setting, entity: str, number: int, rates: Mapping[str, float]) -> str:
    """The slip of one record, or "" for none; never any in a clean programme."""
    return "" if setting.clean else accident(stream(setting.seed, STREAMS.get(entity, entity), number), rates)


def portal_only_slips(setting: Setting) -> Iterator[RecordSlipped]:
    """The partners that only the portal knows, all there from the first evening on."""
    at = last_second(setting.starts)
    for nth in range(1, 0 if setting.clean else max(round(setting.partners * PORTAL_ONLY), 1) + 1):
        yield RecordSlipped(0, at, "portal", "partner", OWN_NUMBERS + nth, "portal_only")


def export_slips(setting: Setting, events: Iterable[Happening]) -> Iterator[RecordSlipped]:
    """What slips on the way to the exports, for the events of a block; each at the instant of the event it belongs to.

    A slip that could not show (another amount where there is none) is not one. Whether `stage_behind` and
    `status_behind` show depends on the day on which one looks.
    """
    if setting.clean:
        return
    in_order = sorted(events, key=lambda e: e.at)
    entered = [e for e in in_order if isinstance(e, AccountCreated)]
    domains = Counter(e.domain for e in entered)
    # A spoiled id is only noise where the domain still tells the account, so not where a company was entered twice.
    twice = {e.account for e in entered if domains[e.domain] > 1}
    known: set[int] = set()  # accounts that the portal has
    drafts: dict[int, RegistrationCreated] = {}
    for event in in_order:
        match event:
            case PartnerApplied():
                yield from _partner(setting, event, event.account, known, twice)
            case AccountsMerged() if event.loser in known:
                yield from _partner(setting, event, event.survivor, known, twice)
                rng = stream(setting.seed, STREAMS["partner"], event.loser)
                if rng.random() < 1 and rng.random() < MERGED_KEPT:
                    yield RecordSlipped(0, event.at, "portal", "partner", event.loser, "merged_kept")
            case RegistrationCreated(status="draft"):
                drafts[event.registration] = event
            case RegistrationCreated():
                yield from _deal(setting, event, event)
            case RegistrationSubmitted() if event.registration in drafts:
                yield from _deal(setting, event, drafts.pop(event.registration))
            case MdfClaimed():
                if name := slip_of(setting, "claim", event.claim, CLAIM):
                    yield RecordSlipped(0, event.at, "portal", "claim", event.claim, name)
            case CertificationAwarded():
                if name := slip_of(setting, "certification", event.award, CERTIFICATION):
                    yield RecordSlipped(0, event.at, "learning", "certification", event.award, name)


def _partner(
    setting: Setting, event: Happening, account: int, known: set[int], twice: set[int]
) -> Iterator[RecordSlipped]:
    if account in known:
        return
    known.add(account)
    name = slip_of(setting, "partner", account, PARTNER)
    if name and not (name == "crm_id_folded" and account in twice):
        yield RecordSlipped(0, event.at, "portal", "partner", account, name)


def _deal(setting: Setting, event: Happening, created: RegistrationCreated) -> Iterator[RecordSlipped]:
    name = slip_of(setting, "deal", created.registration, DEAL)
    if name.startswith("close_date") and created.expected_close is None:
        return
    if name == "amount_differs" and not created.amount:
        return
    if name:
        yield RecordSlipped(0, event.at, "marketplace", "deal", created.registration, name)
