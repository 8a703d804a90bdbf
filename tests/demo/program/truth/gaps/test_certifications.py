"""LC-01 at its boundaries."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program.truth.foreign_ids import award_id
from tests.demo.program.truth.tiny_programme import TinyProgramme


def behind(p: TinyProgramme, partner: int, expires: str = "2026-06-29", person: int | None = None) -> int:
    award = p.award(person or p.contact(partner, "a@x.example"), partner, "2025-06-29", expires)
    p.slip("learning", "certification", award, "status_behind")
    return award


@pytest.mark.parametrize(("expires", "is_gap"), [("2026-06-29", True), ("2026-06-30", False)])
def test_expired_and_still_active_in_the_learning_system(expires: str, is_gap: bool):
    p = TinyProgramme()
    award = behind(p, p.active_partner(), expires)
    assert p.open_gaps("LC-01") == ({award_id(award): None} if is_gap else {})


def test_expired_and_said_to_be_is_none():
    p = TinyProgramme()
    partner = p.active_partner()
    p.award(p.contact(partner, "a@x.example"), partner, "2025-06-29", "2026-06-29")
    assert p.open_gaps("LC-01") == {}


def test_an_award_in_force_for_the_same_certification_covers_it():
    p = TinyProgramme()
    partner = p.active_partner()
    person = p.contact(partner, "a@x.example")
    award = behind(p, partner, person=person)
    p.award(person, partner, "2026-06-01", "2027-06-01", "Technical")
    assert p.open_gaps("LC-01") == {award_id(award): None}
    p.award(person, partner, "2026-06-30", "2026-06-30")
    assert p.open_gaps("LC-01") == {}


@pytest.mark.parametrize("tier", ["registered", None])
def test_a_tier_that_requires_nobody_needs_no_certificates(tier: str | None):
    p = TinyProgramme()
    behind(p, p.active_partner(tier))
    assert p.open_gaps("LC-01") == {}


def test_only_active_partners_and_people_who_are_still_there():
    p = TinyProgramme()
    gone, partner = p.active_partner(), p.active_partner()
    p.status(gone, "suspended", "2026-06-30 08:00:00")
    behind(p, gone)
    person = p.contact(partner, "b@x.example")
    behind(p, partner, person=person)
    p.delete("contact", person)
    assert p.open_gaps("LC-01") == {}
