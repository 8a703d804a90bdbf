"""A deal registration as its record stands after the last event, and what that says about an earlier day.

The record keeps dates, not a history of its status, so a past day is judged from the present status and its dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .. import events as happened
from .days import day_of

_APPROVED_ONCE = frozenset({"approved", "expired", "converted"})
_TAKEN_BACK = frozenset({"rejected", "revoked", "withdrawn"})

Step = (
    happened.RegistrationSubmitted
    | happened.RegistrationApproved
    | happened.RegistrationRejected
    | happened.RegistrationLinked
    | happened.RegistrationEnded
)


@dataclass(slots=True)
class Registration:
    """The present record. A date is None where nobody entered it."""

    number: int
    partner: int
    opportunity: int | None
    status: str  # draft | submitted | approved | rejected | expired | converted | withdrawn | revoked
    submitted_at: datetime | None
    created: happened.RegistrationCreated
    changed_at: datetime
    approved_at: datetime | None = None
    rejected_at: datetime | None = None
    ended_at: datetime | None = None
    protection_end: date | None = None

    @classmethod
    def started(cls, event: happened.RegistrationCreated) -> Registration:
        """The record as it is first saved."""
        return cls(
            event.registration, event.partner, event.opportunity, event.status, event.submitted_at, event, event.at
        )

    @property
    def first_decided_at(self) -> datetime | None:
        """The approval where the record has one, else the rejection; None while undecided, or where no date says."""
        return self.approved_at or self.rejected_at

    def take(self, step: Step) -> None:
        """Bring the record to its state after `step`. A date that was not entered leaves the field as it is."""
        self.changed_at = max(self.changed_at, step.at)
        match step:
            case happened.RegistrationSubmitted():
                self.status = "submitted"
                self.submitted_at = step.at if step.date_entered else self.submitted_at
            case happened.RegistrationApproved():
                self.status = "approved"
                self.approved_at = step.at if step.date_entered else self.approved_at
                self.protection_end = step.protection_end
            case happened.RegistrationRejected():
                self.status = "rejected"
                self.rejected_at = step.at
            case happened.RegistrationLinked():
                self.opportunity = step.opportunity
            case happened.RegistrationEnded():
                self.status = step.status
                self.ended_at = step.at if step.date_entered else self.ended_at

    def is_approved_on(self, day: date) -> bool:
        """Ruling 27: expired and converted were approved; what was taken back is not from its dated end on, and never
        was where that end, or the approval itself, has no date."""
        if self.status in _APPROVED_ONCE:
            return self.approved_at is None or day_of(self.approved_at) <= day
        if self.status in _TAKEN_BACK and self.approved_at is not None:
            return day_of(self.approved_at) <= day and not self._is_over_on(day, when_undated=True)
        return False

    def touch_on(self, day: date) -> datetime | None:
        """When it was submitted, if on `day` it is neither a draft nor rejected, withdrawn or revoked; else None.

        An undated rejection or withdrawal is over from the start; a revocation without a date took back an approval,
        not the submission, so the registration still touched.
        """
        over = self.status in _TAKEN_BACK and self._is_over_on(day, when_undated=self.status != "revoked")
        return None if over or self.status == "draft" else self.submitted_at

    def is_protecting(self, created_at: datetime, protection_days: int) -> bool:
        """Whether a deal created at `created_at` falls under the protection; a bare end date includes its day.

        Without an end of its own the protection lasts `protection_days` × 24 h and ends just before that instant.
        """
        if self.protection_end is not None:
            return day_of(created_at) <= self.protection_end
        assert self.approved_at is not None  # only dated approvals are asked
        return created_at < self.approved_at + timedelta(days=protection_days)

    def _is_over_on(self, day: date, when_undated: bool) -> bool:
        end = self.ended_at
        if end is None and self.status == "rejected":
            end = self.rejected_at
        return when_undated if end is None else day_of(end) <= day
