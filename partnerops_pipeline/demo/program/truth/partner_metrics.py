"""The metrics of the partners themselves: how many are active, certified, and bring business."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from .certifications import certified_people, is_active_on_as_of, required_of
from .known import Known
from .opportunity import OpportunityTruth
from .partners import partner_id
from .periods import Period, dense_periods
from .process_metrics import partner_cells
from .series import AS_OF, ONE, ZERO, Line, Metric, MetricTruth, rows_of_lines, rows_of_periods


def partner_rows(known: Known, deals: list[OpportunityTruth], first: date) -> Iterator[MetricTruth]:
    """Every row of these metrics, given the eligible `deals`, the first of which begins on `first`."""
    active = Metric("partners_active", "count", "sum", (AS_OF,))
    yield from rows_of_lines(active, _active(known), first, known.as_of, known.policy)
    certified = Metric("certification_completion_rate", "ratio", "ratio", (AS_OF,))
    yield from rows_of_lines(certified, _certified(known), first, known.as_of, known.policy)
    windows = dense_periods(first, known.as_of, "trailing_4q", known.policy.fiscal_year_start_month)
    transacting = {window: list(_transacting(known, deals, window)) for window in windows}
    metric = Metric("transacting_partner_rate", "ratio", "ratio", ("trailing_4q",))
    yield from rows_of_periods(metric, transacting, known.as_of, known.policy)


def _active(known: Known) -> Iterator[Line]:
    for partner in known.partners:
        if is_active_on_as_of(known, partner):
            yield Line(known.as_of, partner_cells(known, partner, known.as_of), ONE)


def _certified(known: Known) -> Iterator[Line]:
    """Of each partner whose tier requires certified people: how many of those it has."""
    people = certified_people(known)
    for partner, required in required_of(known):
        has = min(len(people.get(partner, ())), required)
        yield Line(known.as_of, partner_cells(known, partner, known.as_of), Decimal(has), Decimal(required))


def _transacting(known: Known, deals: list[OpportunityTruth], window: Period) -> Iterator[Line]:
    """Each partner that is active on the window's last day: 1 if a deal it is linked to was won in the window."""
    winners = {
        partner
        for deal in deals
        if deal.state == "won" and deal.decided_date is not None and window.start <= deal.decided_date <= window.end
        for partner in deal.linked_partner_ids
    }
    for partner in known.partners:
        record, created = known.facts.records[partner], known.partners.created_on(partner)
        if created <= window.end and record.status_on(window.end) == "active":
            won = partner_id(partner) in winners
            yield Line(window.end, partner_cells(known, partner, window.end), ONE if won else ZERO)
