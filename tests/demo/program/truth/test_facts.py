"""A log that contradicts itself is refused, with the event that does."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program import events as ev

from .tiny_programme import TinyProgramme, day


def test_a_change_of_a_deal_never_created_is_refused():
    p = TinyProgramme()
    p.stage(77, "2025-05-01", "Proposal")
    with pytest.raises(ValueError, match=r"event 1 \(OpportunityChanged\) names opportunity 77, never created"):
        p.truth(77)


def test_a_conversion_of_a_lead_never_submitted_is_refused():
    p = TinyProgramme()
    deal = p.deal()
    p.add(ev.LeadConverted, "2025-05-01", lead=9, account=1, contact=None, opportunity=deal)
    with pytest.raises(ValueError, match="lead 9 is converted by event 3 but was never submitted"):
        p.truth(deal)


def test_a_step_of_a_registration_never_created_is_refused():
    p = TinyProgramme()
    deal = p.deal()
    p.reject(42, "2025-05-01")
    with pytest.raises(ValueError, match="registration 42 of event 3 was never created"):
        p.truth(deal)


def test_a_registration_of_a_deal_never_created_is_refused():
    p = TinyProgramme()
    p.registration(p.partner(), 55)
    with pytest.raises(ValueError, match="registration 1 names opportunity 55, never created"):
        p.truth(55)


def test_a_registration_or_activity_without_a_deal_says_nothing_about_any():
    p = TinyProgramme()
    deal, partner = p.deal(), p.partner()
    p.registration(partner, None)
    p.activity(None, "2025-03-10", partner=partner)
    truth = p.truth(deal, "2025-06-01")
    assert (truth.bucket, truth.as_of) == ("direct", day("2025-06-01"))
