"""The metrics of what partners send in and how long they wait for an answer: leads, registrations, claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from .claim_facts import claim_facts
from .days import day_of
from .known import Known
from .policy import UNKNOWN
from .registration_facts import RegistrationFact, registration_facts
from .series import ALL, ONE, ZERO, Cell, Line, Metric, MetricTruth, rows_of_lines
from .workdays import business_day_after, business_hours, close_of

_NEGATIVE = "negative_duration"


def process_rows(known: Known, first: date) -> Iterator[MetricTruth]:
    """Every row of these metrics. Dimension `all` is filled from `first` on."""
    yield from _rows(Metric("leads_submitted", "count", "sum"), _leads(known), known, first)

    registrations = list(registration_facts(known))
    name, hours = "deal_registration_decision", list(_decisions(known, registrations))
    yield from _rows(Metric(f"{name}_hours", "hours", "median", excluded_reason=_NEGATIVE), hours, known, first)
    yield from _rows(Metric(f"{name}_hours_p90", "hours", "p90", excluded_reason=_NEGATIVE), hours, known, first)
    yield from _rows(Metric(f"{name}_hours_sla_rate", "ratio", "ratio"), _due(known, registrations), known, first)
    approvals = _approvals(known, registrations)
    yield from _rows(Metric("deal_registration_approval_rate", "ratio", "ratio"), approvals, known, first)

    name, days = "mdf_claim_payment_days", list(_payments(known))
    yield from _rows(Metric(name, "days", "median", excluded_reason=_NEGATIVE), days, known, first)
    yield from _rows(Metric(f"{name}_p90", "days", "p90", excluded_reason=_NEGATIVE), days, known, first)
    yield from _rows(Metric(f"{name}_sla_rate", "ratio", "ratio"), _payments_due(known), known, first)


def partner_cells(known: Known, partner: int, day: date) -> tuple[Cell, ...]:
    """The cells of a partner's line: `all`, the type and region of today, the tier of the line's day."""
    record = known.facts.records[partner]
    return (
        ALL,
        ("partner_type", record.partner_type or UNKNOWN),
        ("tier", record.tier_on(day, known.as_of)),
        ("partner_region", known.region(partner)),
    )


def _rows(metric: Metric, lines: Iterable[Line], known: Known, first: date) -> Iterator[MetricTruth]:
    return rows_of_lines(metric, lines, first, known.as_of, known.policy)


def _line(known: Known, partner: int, day: date, numerator: Decimal | None) -> Line:
    return Line(day, partner_cells(known, partner, day), numerator)


def _leads(known: Known) -> Iterator[Line]:
    for lead in known.facts.leads:
        partner, day = known.partners.number(lead.partner), day_of(lead.at)
        if partner is None or lead.is_test or known.facts.is_deleted("lead", lead.lead) or day > known.as_of:
            continue
        yield _line(known, partner, day, ONE)


def _decisions(known: Known, registrations: list[RegistrationFact]) -> Iterator[Line]:
    """Business hours from submission to the first decision, by the day of that decision."""
    for fact in registrations:
        submitted, decided = fact.submitted_at, fact.first_decided_at
        if submitted is None or decided is None or day_of(decided) > known.as_of:
            continue
        hours = None if decided < submitted else business_hours(submitted, decided, known.region(fact.partner))
        yield _line(known, fact.partner, day_of(decided), hours)


def _due(known: Known, registrations: list[RegistrationFact]) -> Iterator[Line]:
    """Registrations by the day on which their decision was due: 1 where it came in time, 0 where it was late."""
    for fact in registrations:
        if fact.submitted_at is None:
            continue
        days, region = known.policy.decision_sla_business_days, known.region(fact.partner)
        due = business_day_after(day_of(fact.submitted_at), days, region)
        withdrawn, decided = fact.withdrawn_at, fact.first_decided_at
        if due > known.as_of or (withdrawn is not None and withdrawn < close_of(due)):
            continue
        in_time = decided is not None and decided <= close_of(due)
        yield _line(known, fact.partner, due, ONE if in_time else ZERO)


def _approvals(known: Known, registrations: list[RegistrationFact]) -> Iterator[Line]:
    for fact in registrations:
        decided = fact.first_decided_at
        if decided is not None and day_of(decided) <= known.as_of:
            yield _line(known, fact.partner, day_of(decided), ONE if fact.is_approved_first else ZERO)


def _payments(known: Known) -> Iterator[Line]:
    """Calendar days from submission to full payment, by the day of that payment."""
    for fact in claim_facts(known):
        paid = fact.paid_in_full_on
        if paid is None or fact.is_rejected or paid > known.as_of:
            continue
        days = (paid - fact.submitted_on).days
        yield _line(known, fact.partner, paid, None if days < 0 else Decimal(days))


def _payments_due(known: Known) -> Iterator[Line]:
    for fact in claim_facts(known):
        due, paid = fact.submitted_on + timedelta(days=known.policy.payment_sla_days), fact.paid_in_full_on
        refused = fact.is_rejected and fact.decided_on is not None and fact.decided_on <= due
        if due > known.as_of or refused:
            continue
        yield _line(known, fact.partner, due, ONE if paid is not None and paid <= due else ZERO)
