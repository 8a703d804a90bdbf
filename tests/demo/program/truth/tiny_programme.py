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
from partnerops_pipeline.demo.program.truth import (
    MetricTruth,
    OpportunityTruth,
    gaps,
    headline_metrics,
    opportunities,
    partner_id,
)


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

    def active_partner(
        self, tier: str | None = "silver", since: str = "2023-09-01 10:00:00", kind: str = "reseller", **values: object
    ) -> int:
        """A partner that applied, was made active and given a tier and a manager, all at one instant."""
        number = self.partner(**values)
        self.apply(number, kind, since)
        self.status(number, "active", since)
        self.add(ev.PartnerManagerAssigned, since, account=number, user=1)
        if tier is not None:
            self.tier(number, tier, since)
        return number

    def apply(self, account: int, kind: str = "reseller", at: str = "2023-07-05") -> None:
        self.add(ev.PartnerApplied, at, account=account, partner_type=kind, region="emea")

    def status(self, account: int, status: str, at: str) -> None:
        self.add(ev.PartnerStatusChanged, at, account=account, status=status)

    def tier(self, account: int, tier: str, at: str) -> None:
        self.add(ev.TierAssigned, at, account=account, tier=tier)

    def award(self, contact: int, account: int, at: str, expires: str, certification: str = "Sales") -> int:
        number = self._next("award")
        self.add(
            ev.CertificationAwarded, at, award=number, contact=contact, account=account, certification=certification,
            expires=day(expires),
        )  # fmt: skip
        return number

    def slip(self, system: str, entity: str, number: int, name: str, at: str = "2023-07-06") -> None:
        self.add(ev.RecordSlipped, at, system=system, entity=entity, number=number, name=name)

    def merge(self, loser: int, into: int, at: str = "2026-06-01") -> None:
        self.add(ev.AccountsMerged, at, loser=loser, survivor=into)

    def contact(self, account: int, email: str | None = None) -> int:
        number = self._next("contact")
        self.add(
            ev.ContactAdded,
            "2023-07-02",
            contact=number,
            account=account,
            first_name="A",
            last_name="B",
            email=email,
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

    def link_registration(self, registration: int, deal: int, at: str = "2025-06-01") -> None:
        self.add(ev.RegistrationLinked, at, registration=registration, opportunity=deal)

    def end(self, registration: int, at: str, status: str, entered: bool = True) -> None:
        self.add(ev.RegistrationEnded, at, registration=registration, status=status, date_entered=entered)

    def sent_lead(self, partner: int | None, at: str, **values: object) -> int:
        """A lead that was never converted."""
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
        self.add(ev.LeadSubmitted, at, lead=number, partner=partner, **(given | values))
        return number

    # --- marketing funds

    def budget(self, partner: int, amount: str = "10000.00", currency: str = "USD") -> int:
        number = self._next("budget")
        self.add(
            ev.MdfBudgetSet, "2024-01-02", budget=number, partner=partner, amount=Decimal(amount), currency=currency,
            starts=day("2024-01-01"), ends=day("2026-12-31"),
        )  # fmt: skip
        return number

    def request(self, partner: int, budget: int, granted: str | None = "1000.00", currency: str = "USD") -> int:
        number = self._next("request")
        self.add(
            ev.MdfRequested, "2024-02-01", request=number, budget=budget, partner=partner, campaign=None,
            activity="Event", requested=Decimal("1000.00"), currency=currency, activity_ends=day("2024-03-01"),
        )  # fmt: skip
        self.add(ev.MdfRequestDecided, "2024-02-05", request=number, approved=money(granted))
        return number

    def claim(
        self,
        request: int,
        at: str,
        amount: str = "800.00",
        decided: str | None = None,
        approved: str | None = None,
        paid: str | None = None,
    ) -> int:
        """A claim; decided on a day if one is given (turned down without `approved`), paid as approved if one is."""
        number = self._next("claim")
        self.add(ev.MdfClaimed, at, claim=number, request=request, amount=Decimal(amount))
        if decided is not None:
            self.add(ev.MdfClaimDecided, decided, claim=number, approved=money(approved))
        if paid is not None:
            self.pay(number, paid, approved or amount)
        return number

    def pay(self, claim: int, at: str, amount: str) -> None:
        self.add(ev.MdfPaid, at, claim=claim, amount=Decimal(amount))

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

    def metric(
        self, metric: str, grain: str, start: str, dimension: str = "all", value: str = "all", as_of: str = "2026-06-30"
    ) -> MetricTruth | None:
        """One row of the headline metrics; the log has a deal of 2023-07-03, so that there are any."""
        if "seed deal" not in self._numbers:
            self._numbers["seed deal"] = self.deal(created="2023-07-03 10:00:00", close="2027-01-01")
        wanted = (metric, grain, day(start), dimension, value)
        found = [
            row
            for row in headline_metrics(self.log(), day(as_of))
            if (row.metric_id, row.period_grain, row.period_start, row.dimension, row.dimension_value) == wanted
        ]
        assert len(found) <= 1
        return found[0] if found else None

    def numbers(self, *arguments: str, **named: str) -> tuple[str | None, str | None, str | None, int, int]:
        """Value, numerator, denominator, n and n_excluded of a row that is there."""
        row = self.metric(*arguments, **named)
        assert row is not None, arguments
        texts = (None if x is None else f"{x.normalize():f}" for x in (row.value, row.numerator, row.denominator))
        value, numerator, denominator = texts
        return value, numerator, denominator, row.n, row.n_excluded

    def open_gaps(self, rule: str, as_of: str = "2026-06-30") -> dict[str, str | None]:
        """Entity → severity of the open gaps of a rule."""
        return {gap.entity_id: gap.severity for gap in gaps(self.log(), day(as_of)) if gap.rule_id == rule}

    def truth(self, deal: int, as_of: str = "2026-06-30") -> OpportunityTruth:
        return opportunities(self.log(), day(as_of))[salesforce_id("Opportunity", deal)]

    def linked(self, deal: int, as_of: str = "2026-06-30") -> dict[tuple[str, int], str]:
        """(kind, partner number) → time of every valid link."""
        numbers = {partner_id(n): n for n in range(1, self._numbers["account"] + 1)}
        links = self.truth(deal, as_of).links
        return {(x.kind, numbers[x.partner_id]): f"{x.at:%Y-%m-%d %H:%M:%S}" for x in links}
