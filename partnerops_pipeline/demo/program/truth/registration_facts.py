"""One fact per real registration: the CRM's, each with its copy in the marketplace, and what is only found there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from ..ids import salesforce_id
from .days import day_of
from .exports import MarketplaceDeal
from .known import Known
from .policy import says_test
from .registrations import Registration


@dataclass(frozen=True, slots=True)
class RegistrationFact:
    """`record` is the CRM's, `deal` the marketplace's; one of them is there. What the CRM lacks the other fills."""

    fact_id: str
    partner: int
    record: Registration | None
    deal: MarketplaceDeal | None

    @property
    def status(self) -> str:
        """draft | submitted | approved | rejected | expired | converted | withdrawn | revoked."""
        if self.record is not None:
            return self.record.status
        assert self.deal is not None
        return self.deal.status

    @property
    def submitted_at(self) -> datetime | None:
        """By the CRM, else the creation of the marketplace's deal."""
        at = self.record.submitted_at if self.record is not None else None
        return at or (self.deal.created_at if self.deal is not None else None)

    @property
    def first_decided_at(self) -> datetime | None:
        """The marketplace does not say when it decided."""
        return self.record.first_decided_at if self.record is not None else None

    @property
    def is_approved_first(self) -> bool:
        """Whether the first decision was an approval, given that there is a dated one."""
        return self.record is not None and self.record.approved_at is not None

    @property
    def withdrawn_at(self) -> datetime | None:
        """When it was taken back by the partner; None if it was not, or no date says."""
        return self.record.ended_at if self.record is not None and self.status == "withdrawn" else None

    @property
    def approved_on(self) -> date | None:
        """The day of an approval that still stands; in the marketplace alone the day of the last change."""
        if self.record is not None:
            return None if self.record.approved_at is None else day_of(self.record.approved_at)
        assert self.deal is not None
        return day_of(self.deal.updated_at)

    @property
    def opportunity(self) -> int | None:
        """The deal that it brought. Only the CRM knows."""
        return self.record.opportunity if self.record is not None else None


def registration_facts(known: Known) -> Iterator[RegistrationFact]:
    """The eligible ones: not deleted, of a partner, and of a customer whose name does not tell of a test."""
    copies = {deal.registration: deal for deal in known.exports.deals if deal.registration is not None}
    for number, record in known.facts.registrations.items():
        partner = known.partners.number(record.partner)
        is_out = known.facts.is_deleted("registration", number) or says_test(record.created.customer_name)
        if partner is not None and not is_out:
            yield RegistrationFact(salesforce_id("Deal_Registration__c", number), partner, record, copies.get(number))
    for deal in known.exports.deals:
        partner = known.matching.marketplace.get(deal.partner_key)
        if deal.registration is None and partner is not None and not says_test(deal.customer_name):
            yield RegistrationFact(f"partnerstack:{deal.source_id}", partner, None, deal)
