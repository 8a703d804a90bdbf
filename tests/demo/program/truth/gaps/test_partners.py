"""ID-01, SY-01, TI-01, CO-03 at their boundaries."""

from __future__ import annotations

import pytest

from partnerops_pipeline.demo.program import events as ev
from partnerops_pipeline.demo.program.truth import partner_id
from partnerops_pipeline.demo.program.truth.foreign_ids import marketplace_key, portal_id
from tests.demo.program.truth.tiny_programme import TinyProgramme


def at_portal(partner: int, row_of: int | None = None) -> str:
    return f"{partner_id(partner)}/{portal_id(row_of or partner)}"


def test_a_partner_of_the_portal_alone_is_a_gap():
    p = TinyProgramme()
    p.active_partner()
    p.slip("portal", "partner", 9_000_000_001, "portal_only")
    assert p.open_gaps("ID-01") == {f"impartner:{portal_id(9_000_000_001)}": None}


@pytest.mark.parametrize("slip", ["crm_id_short", "crm_id_folded", "name_spelled", "crm_id_missing", "absent"])
def test_what_is_only_ugly_or_can_be_told_by_the_domain_is_none(slip: str):
    p = TinyProgramme()
    p.slip("portal", "partner", p.active_partner(), slip)
    assert p.open_gaps("ID-01") == {}


def test_without_an_id_two_accounts_of_one_domain_leave_it_open():
    p = TinyProgramme()
    partner = p.active_partner(domain="same.example")
    p.slip("portal", "partner", partner, "crm_id_missing")
    p.partner(domain="same.example")
    assert p.open_gaps("ID-01") == {f"impartner:{portal_id(partner)}": None}


def test_only_active_rows_of_the_portal_need_a_partner():
    p = TinyProgramme()
    refused = p.account()
    p.apply(refused)
    p.status(refused, "applicant", "2024-01-01")
    assert p.open_gaps("ID-01") == {}
    p.slip("portal", "partner", refused, "status_differs")
    assert p.open_gaps("ID-01") == {f"impartner:{portal_id(refused)}": None}


def test_a_key_of_the_marketplace_that_names_nobody_is_a_gap():
    p = TinyProgramme()
    partner = p.active_partner()
    p.slip("marketplace", "deal", p.registration(partner, None), "external_key_missing")
    assert p.open_gaps("ID-01") == {f"partnerstack:{marketplace_key('part', partner, 0)}": None}
    p.registration(partner, None)  # another deal under that key has its id
    assert p.open_gaps("ID-01") == {}


@pytest.mark.parametrize(
    ("status", "slip", "is_gap"),
    [
        ("active", "", False),
        ("active", "status_differs", True),
        ("suspended", "", False),
        ("suspended", "status_differs", True),
        ("terminated", "status_differs", True),
    ],
)
def test_active_on_one_side_only_is_a_gap(status: str, slip: str, is_gap: bool):
    p = TinyProgramme()
    partner = p.active_partner()
    p.status(partner, status, "2024-05-01")
    p.slip("portal", "partner", partner, slip)
    assert p.open_gaps("SY-01") == ({at_portal(partner): None} if is_gap else {})


def test_a_row_that_outlived_a_merger_is_held_against_the_survivor():
    p = TinyProgramme()
    loser, stays = p.active_partner(), p.partner()
    p.merge(loser, stays, at="2026-01-01")
    p.status(loser, "terminated", "2026-03-01")  # written on the survivor; the old row stays active
    p.slip("portal", "partner", loser, "merged_kept")
    assert p.open_gaps("SY-01") == {at_portal(stays, row_of=loser): None}


def test_another_tier_in_the_portal_is_a_gap_of_active_partners():
    p = TinyProgramme()
    partner = p.active_partner("gold")
    p.slip("portal", "partner", partner, "tier_spelled")
    assert p.open_gaps("TI-01") == {}
    p.slip("portal", "partner", partner, "tier_differs")
    assert p.open_gaps("TI-01") == {at_portal(partner): None}
    p.status(partner, "suspended", "2026-06-30 10:00:00")
    assert p.open_gaps("TI-01") == {}


def test_a_tier_unknown_to_the_crm_is_none():
    p = TinyProgramme()
    p.slip("portal", "partner", p.active_partner(None), "tier_differs")  # registered, says the portal
    assert p.open_gaps("TI-01") == {}


def test_an_active_partner_needs_a_manager_who_is_still_there():
    p = TinyProgramme()
    partner, alone = p.active_partner(), p.partner()
    p.status(alone, "active", "2024-01-01")
    assert p.open_gaps("CO-03") == {partner_id(alone): None}
    p.add(ev.UserLeft, "2026-06-30 12:00:00", user=1)
    assert p.open_gaps("CO-03") == {partner_id(alone): None, partner_id(partner): None}
    p.add(ev.PartnerManagerAssigned, "2026-06-30 13:00:00", account=partner, user=2)
    p.status(alone, "terminated", "2026-06-30 13:00:00")
    assert p.open_gaps("CO-03") == {}


@pytest.mark.parametrize(("as_of", "is_gap"), [("2025-05-04", False), ("2025-05-05", True)])
def test_who_was_not_there_yet_needed_no_manager(as_of: str, is_gap: bool):
    p = TinyProgramme()
    partner = p.partner(at="2025-05-05 10:00:00")
    p.status(partner, "active", "2025-05-05 11:00:00")
    assert p.open_gaps("CO-03", as_of) == ({partner_id(partner): None} if is_gap else {})


def test_test_records_and_the_own_company_have_no_gaps():
    p = TinyProgramme()
    for flags in ({"is_test": True}, {"is_own_company": True}):
        partner = p.active_partner(**flags)
        p.slip("portal", "partner", partner, "status_differs")
        p.status(p.partner(**flags), "active", "2024-01-01")
    assert {rule: p.open_gaps(rule) for rule in ("ID-01", "SY-01", "TI-01", "CO-03")} == {
        "ID-01": {}, "SY-01": {}, "TI-01": {}, "CO-03": {},
    }  # fmt: skip
