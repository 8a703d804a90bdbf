"""A programme small enough to reckon by hand: a builder of event logs in which every default is harmless.

Instants are written as `2025-03-01 10:00:00` (UTC) or, for the start of a day, `2025-03-01`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.ids import salesforce_id
from partnerops_pipeline.demo.program.truth import OpportunityTruth, opportunities, partner_id


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


class TinyProgramme:
    """Each method adds one event (or few) and returns the number of what it made."""

    def __init__(self) -> None:
        self.events: list[ev.Happening] = []
        self._numbers: Counter[str] = Counter()

    def _next(self, kind: str) -> int:
        self._numbers[kind] += 1
        return self._numbers[kind]

    def add(self, event_type: type[ev.Happening], at: str, **values: object) -> ev.Happening:
        event = event_type(self._next("seq"), instant(at), **values)  # type: ignore[arg-type]
        self.events.append(event)
        return event

    def log(self) -> ev.EventLog:
        return ev.EventLog(seed=1, partners=1, starts=day("2023-07-01"), ends=day("2026-06-30"), events=self.events)

    def change(self, event: ev.Happening, **values: object) -> None:
        self.events[self.events.index(event)] = replace(event, **values)

    # --- accounts and money

    def account(self, at: str = "2023-07-01", **values: object) -> int:
        number = self._next("account")
        given = {
            "name": f"Company {number}",
            "country": "DE",
            "domain": f"c{number}.example",
            "industry": None,
            "owner": 1,
            "is_partner": False,
            "is_test": False,
            "is_own_company": False,
        }
        self.add(ev.AccountCreated, at, account=number, **(given | values))
        return number

    def partner(self, **values: object) -> int:
        return self.account(is_partner=True, **values)

    def merge(self, loser: int, into: int, at: str = "2026-06-01") -> None:
        self.add(ev.AccountsMerged, at, loser=loser, survivor=into)

    def contact(self, account: int) -> int:
        number = self._next("contact")
        self.add(
            ev.ContactAdded,
            "2023-07-02",
            contact=number,
            account=account,
            first_name="A",
            last_name="B",
            email=None,
            title="Buyer",
        )
        return number

    def rate(self, currency: str, rate: str, valid_from: str) -> None:
        self.add(ev.RateSet, "2023-07-01", currency=currency, rate=Decimal(rate), valid_from=day(valid_from))

    def delete(self, kind: str, number: int) -> None:
        self.add(ev.RecordDeleted, "2026-06-02", kind=kind, number=number)

    # --- deals

    def deal(self, created: str = "2025-03-01 10:00:00", close: str = "2025-06-30", **values: object) -> int:
        number = self._next("opportunity")
        given = {
            "account": values.pop("account", None) or self.account(),
            "name": f"Deal {number}",
            "opportunity_type": "New Business",
            "lead_source": None,
            "owner": 1,
            "stage": "Prospecting",
            "amount": money(values.pop("amount", "1000.00")),  # type: ignore[arg-type]
            "currency": "USD",
            "contact": None,
            "campaign": None,
            "prior_contract_end": None,
            "is_test": False,
            "has_history": True,
        }
        self.add(ev.OpportunityCreated, created, opportunity=number, close_date=day(close), **(given | values))
        return number

    def stage(self, deal: int, at: str, stage: str, close: str = "2025-06-30", amount: str | None = "1000.00") -> None:
        self.add(ev.OpportunityChanged, at, opportunity=deal, stage=stage, amount=money(amount), close_date=day(close))

    def won_deal(
        self, close: str, created: str = "2025-01-10 10:00:00", amount: str | None = "1000.00", **values: object
    ) -> int:
        number = self.deal(created=created, close=close, amount=amount, **values)
        self.stage(number, close, "Closed Won", close=close, amount=amount)
        return number

    def lost_deal(self, lost: str, created: str = "2025-01-10 10:00:00", **values: object) -> int:
        number = self.deal(created=created, close=lost, **values)
        self.stage(number, lost, "Closed Lost", close=lost)
        return number

    def link(self, deal: int, partner: int, at: str = "2025-03-02 09:00:00", role: str = "Reseller", **values) -> int:
        number = self._next("link")
        given = {"is_primary": False, "has_reverse_row": True}
        self.add(ev.PartnerLinked, at, link=number, opportunity=deal, account=partner, role=role, **(given | values))
        return number

    def field(
        self, deal: int, account: int | None, at: str, tracked: bool = True, field: str = "partner_account"
    ) -> None:
        self.add(ev.PartnerFieldSet, at, opportunity=deal, field=field, account=account, tracked=tracked)

    def buyer(self, deal: int, contact: int, at: str = "2025-03-02") -> None:
        self.add(ev.OpportunityContactAdded, at, opportunity=deal, contact=contact)

    # --- leads and registrations

    def lead(self, partner: int | None, deal: int, submitted: str, converted: str, **values: object) -> int:
        number = self._next("lead")
        given = {
            "company": "X",
            "first_name": "A",
            "last_name": "B",
            "email": "a@x.example",
            "country": "DE",
            "lead_source": "Web",
            "owner": 1,
            "is_test": False,
        }
        self.add(ev.LeadSubmitted, submitted, lead=number, partner=partner, **(given | values))
        self.add(ev.LeadConverted, converted, lead=number, account=1, contact=None, opportunity=deal)
        return number

    def registration(
        self,
        partner: int,
        deal: int | None,
        submitted: str | None = "2025-02-20 09:00:00",
        approved: str | None = "2025-02-22 09:00:00",
        protection_end: str | None = None,
        approval_entered: bool = True,
        **values: object,
    ) -> int:
        """Created as submitted and then approved; `submitted=None` leaves the date empty, `approved=None` waits."""
        number = self._next("registration")
        given = {
            "contact": None,
            "customer": None,
            "customer_name": "X",
            "customer_domain": None,
            "amount": None,
            "currency": "USD",
            "expected_close": None,
            "form": "standard",
            "status": "submitted",
            "submitted_at": None if submitted is None else instant(submitted),
        }
        self.add(
            ev.RegistrationCreated,
            submitted or "2025-02-20",
            registration=number,
            partner=partner,
            opportunity=deal,
            **(given | values),
        )
        if approved is not None:
            self.add(
                ev.RegistrationApproved,
                approved,
                registration=number,
                date_entered=approval_entered,
                protection_end=None if protection_end is None else day(protection_end),
            )
        return number

    def reject(self, registration: int, at: str) -> None:
        self.add(ev.RegistrationRejected, at, registration=registration, reason="Duplicate")

    def end(self, registration: int, at: str, status: str, entered: bool = True) -> None:
        self.add(ev.RegistrationEnded, at, registration=registration, status=status, date_entered=entered)

    # --- campaigns and activities

    def membership(self, partner: int | None, contact: int, at: str) -> int:
        """A campaign of `partner` with one member; the member's number."""
        campaign, member = self._next("campaign"), self._next("member")
        self.add(
            ev.CampaignCreated,
            "2023-08-01",
            campaign=campaign,
            name="C",
            partner=partner,
            owner=1,
            starts=day("2023-08-01"),
            ends=day("2026-08-01"),
        )
        self.add(ev.CampaignMemberAdded, at, member=member, campaign=campaign, contact=contact)
        return member

    def activity(
        self, deal: int | None, on: str, partner: int | None = None, contact: int | None = None, at: str = "2024-01-01"
    ) -> int:
        number = self._next("activity")
        self.add(
            ev.ActivityLogged,
            at,
            activity=number,
            kind="event",
            day=day(on),
            opportunity=deal,
            contact=contact,
            partner=partner,
            owner=1,
            subject="Call",
        )
        return number

    # --- answers

    def truth(self, deal: int, as_of: str = "2026-06-30") -> OpportunityTruth:
        return opportunities(self.log(), day(as_of))[salesforce_id("Opportunity", deal)]

    def linked(self, deal: int, as_of: str = "2026-06-30") -> dict[tuple[str, int], str]:
        """(kind, partner number) → time of every valid link."""
        numbers = {partner_id(n): n for n in range(1, self._numbers["account"] + 1)}
        links = self.truth(deal, as_of).links
        return {(x.kind, numbers[x.partner_id]): f"{x.at:%Y-%m-%d %H:%M:%S}" for x in links}
