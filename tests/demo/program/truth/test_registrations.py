"""What a registration's present status and dates say about an earlier day (ruling 27)."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.events import RegistrationSubmitted

from .tiny_programme import TinyProgramme


def approved_on(p: TinyProgramme, deal: int, as_of: str) -> bool:
    return p.truth(deal, as_of).is_attached


def touched_on(p: TinyProgramme, deal: int, as_of: str) -> bool:
    return "registration" in {t.kind for t in p.truth(deal, as_of).touches}


def a_registration(**values: object) -> tuple[TinyProgramme, int, int]:
    p = TinyProgramme()
    deal = p.deal(created="2025-03-01 10:00:00")
    dates = {"submitted": "2025-03-02 09:00:00", "approved": "2025-03-10 09:00:00"}
    return p, deal, p.registration(p.partner(), deal, **(dates | values))


@pytest.mark.parametrize("status", ["expired", "converted"])
@pytest.mark.parametrize("entered", [True, False])
def test_what_expired_or_was_converted_is_still_approved(status: str, entered: bool):
    p, deal, registration = a_registration()
    p.end(registration, "2025-05-01 12:00:00", status, entered)
    assert not approved_on(p, deal, "2025-03-09")
    assert approved_on(p, deal, "2025-03-10")
    assert approved_on(p, deal, "2026-06-30")


@pytest.mark.parametrize("status", ["revoked", "withdrawn"])
def test_what_was_revoked_or_withdrawn_is_approved_up_to_the_day_before(status: str):
    p, deal, registration = a_registration()
    p.end(registration, "2025-05-01 12:00:00", status)
    assert not approved_on(p, deal, "2025-03-09")
    assert approved_on(p, deal, "2025-04-30")
    assert not approved_on(p, deal, "2025-05-01")


@pytest.mark.parametrize("status", ["revoked", "withdrawn"])
def test_without_a_date_of_its_end_it_never_was_approved(status: str):
    p, deal, registration = a_registration()
    p.end(registration, "2025-05-01 12:00:00", status, entered=False)
    assert not approved_on(p, deal, "2025-04-30")


@pytest.mark.parametrize("status", ["revoked", "withdrawn"])
def test_without_a_date_of_its_approval_what_was_taken_back_never_was_approved(status: str):
    p, deal, registration = a_registration(approval_entered=False)
    p.end(registration, "2025-05-01 12:00:00", status)
    assert not approved_on(p, deal, "2025-04-30")


def test_an_approval_that_was_rejected_later_holds_up_to_the_day_before():
    p, deal, registration = a_registration()
    p.reject(registration, "2025-05-01 12:00:00")
    assert approved_on(p, deal, "2025-04-30")
    assert not approved_on(p, deal, "2025-05-01")


def test_a_rejection_of_something_never_approved_links_at_no_time():
    p, deal, registration = a_registration(approved=None)
    p.reject(registration, "2025-05-01 12:00:00")
    assert not approved_on(p, deal, "2025-04-30")


def test_a_submission_alone_is_a_touch_and_no_link():
    p, deal, _ = a_registration(approved=None)
    assert not approved_on(p, deal, "2025-03-02")
    assert not touched_on(p, deal, "2025-03-01")
    assert touched_on(p, deal, "2025-03-02")
    assert p.truth(deal, "2025-03-02").bucket == "influenced"


def test_a_draft_neither_links_nor_touches_until_it_is_submitted():
    p, deal, registration = a_registration(submitted=None, approved=None, status="draft")
    assert not touched_on(p, deal, "2026-06-30")
    p.add(RegistrationSubmitted, "2025-04-01 09:00:00", registration=registration, date_entered=True)
    assert not touched_on(p, deal, "2025-03-31")
    assert touched_on(p, deal, "2025-04-01")


def test_a_draft_does_not_touch_even_where_somebody_filled_in_a_submission_date():
    p, deal, _ = a_registration(approved=None, status="draft")
    assert not touched_on(p, deal, "2026-06-30")


def test_a_submission_whose_date_stayed_empty_does_not_touch():
    p, deal, registration = a_registration(submitted=None, approved=None, status="draft")
    p.add(RegistrationSubmitted, "2025-04-01 09:00:00", registration=registration, date_entered=False)
    assert not touched_on(p, deal, "2026-06-30")


def test_a_rejected_submission_touched_up_to_the_day_before():
    p, deal, registration = a_registration(approved=None)
    p.reject(registration, "2025-05-01 12:00:00")
    assert touched_on(p, deal, "2025-04-30")
    assert not touched_on(p, deal, "2025-05-01")


@pytest.mark.parametrize("status", ["withdrawn", "revoked"])
def test_a_submission_withdrawn_or_revoked_touched_up_to_the_day_before(status: str):
    p, deal, registration = a_registration()
    p.end(registration, "2025-05-01 12:00:00", status)
    assert touched_on(p, deal, "2025-04-30")
    assert not touched_on(p, deal, "2025-05-01")


def test_the_entered_end_of_a_rejected_registration_comes_before_the_day_of_its_rejection():
    p, deal, registration = a_registration()
    p.end(registration, "2025-05-01 12:00:00", "withdrawn")
    p.reject(registration, "2025-06-01 12:00:00")
    assert approved_on(p, deal, "2025-04-30")
    assert not approved_on(p, deal, "2025-05-01")


def test_the_day_of_an_earlier_rejection_is_not_the_end_of_a_later_withdrawal():
    p, deal, registration = a_registration()
    p.reject(registration, "2025-05-01 12:00:00")
    p.end(registration, "2025-06-01 12:00:00", "withdrawn", entered=False)
    assert not approved_on(p, deal, "2025-04-30")
    assert not touched_on(p, deal, "2025-04-30")


def test_a_withdrawal_without_a_date_never_touched():
    p, deal, registration = a_registration(approved=None)
    p.end(registration, "2025-05-01 12:00:00", "withdrawn", entered=False)
    assert not touched_on(p, deal, "2025-04-30")


def test_a_revocation_without_a_date_takes_back_the_approval_and_leaves_the_touch():
    p, deal, registration = a_registration()
    p.end(registration, "2025-05-01 12:00:00", "revoked", entered=False)
    assert touched_on(p, deal, "2026-06-30")
    assert p.truth(deal).bucket == "influenced"


def test_a_deleted_registration_does_not_touch():
    p, deal, registration = a_registration(approved=None)
    p.delete("registration", registration)
    assert not touched_on(p, deal, "2026-06-30")
