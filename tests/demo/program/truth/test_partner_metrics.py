"""Active, certified and transacting partners (§4, rulings 8, 15 and 18), reckoned by hand."""

from __future__ import annotations

import pytest

from .tiny_programme import TinyProgramme

TODAY = ("as_of", "2026-06-30")
CERTIFIED, TRANSACTING = "certification_completion_rate", "transacting_partner_rate"
WINDOW = ("trailing_4q", "2025-04-01")  # until 2026-03-31


def test_partners_are_active_by_their_status_on_the_day():
    p = TinyProgramme()
    partner = p.active_partner("gold", kind="msp", country="JP")
    p.status(partner, "terminated", "2026-06-30 23:00:00")
    p.active_partner()
    p.active_partner(is_test=True)
    p.active_partner(is_own_company=True)
    p.delete("account", p.active_partner())
    p.apply(p.partner())
    assert p.numbers("partners_active", *TODAY) == ("1", "1", None, 1, 0)
    before = ("as_of", "2026-06-29")
    assert p.numbers("partners_active", *before, as_of="2026-06-29")[0] == "2"
    for dimension, value in (("partner_type", "msp"), ("tier", "gold"), ("partner_region", "apac")):
        assert p.numbers("partners_active", *before, dimension, value, as_of="2026-06-29")[0] == "1"
        assert p.metric("partners_active", *TODAY, dimension, value) is None


def test_the_row_of_a_stock_is_that_of_its_day_alone():
    p = TinyProgramme()
    p.active_partner(at="2025-01-01", since="2024-12-01")
    row = p.metric("partners_active", *TODAY)
    assert row is not None
    assert (row.period_start, row.period_end, row.is_complete_period) == (row.as_of, row.as_of, True)
    assert row.prior_value is None
    assert p.numbers("partners_active", "as_of", "2024-12-31", as_of="2024-12-31") == ("0", "0", None, 0, 0)


def people(p: TinyProgramme, partner: int, *emails: str | None) -> list[int]:
    return [p.contact(partner, email) for email in emails]


def test_certified_people_count_up_to_what_the_tier_requires():
    p = TinyProgramme()
    gold, silver = p.active_partner("gold"), p.active_partner("silver")  # 3 and 1
    p.active_partner("registered")  # requires none
    p.active_partner(None)
    p.status(p.active_partner("gold"), "suspended", "2026-01-01")
    for person in people(p, gold, "a@x.example", "b@x.example"):
        p.award(person, gold, "2026-01-10", "2026-12-31")
    for person in people(p, silver, "c@x.example", "d@x.example"):
        p.award(person, silver, "2026-01-10", "2026-12-31")
    assert p.numbers(CERTIFIED, *TODAY) == ("0.75", "3", "4", 2, 0)
    assert p.numbers(CERTIFIED, *TODAY, "tier", "gold") == ("0.666667", "2", "3", 1, 0)
    assert p.metric(CERTIFIED, *TODAY, "tier", "registered") is None


@pytest.mark.parametrize(
    ("issued", "expires", "counts"),
    [("2026-06-30 23:00:00", "2026-12-31", "1"), ("2025-06-30", "2026-06-30", "1"), ("2025-06-29", "2026-06-29", "0")],
)
def test_a_certificate_is_in_force_from_its_issue_through_its_last_day(issued: str, expires: str, counts: str):
    p = TinyProgramme()
    partner = p.active_partner()
    p.award(p.contact(partner, "a@x.example"), partner, issued, expires)
    assert p.numbers(CERTIFIED, *TODAY)[0] == counts


def test_only_the_latest_award_of_a_person_and_certification_counts():
    p = TinyProgramme()
    partner = p.active_partner()
    person = p.contact(partner, "a@x.example")
    p.award(person, partner, "2025-01-10", "2027-01-01")
    p.award(person, partner, "2025-06-10", "2026-06-01")  # renewed for less
    assert p.numbers(CERTIFIED, *TODAY)[0] == "0"
    p.award(person, partner, "2025-01-10", "2027-01-01", "Technical")
    assert p.numbers(CERTIFIED, *TODAY)[0] == "1"


def test_one_person_is_known_by_the_e_mail_or_else_by_the_user_name():
    p = TinyProgramme()
    partner = p.active_partner("gold")
    one, same, nameless = people(p, partner, "a@x.example", "A@x.example", None)
    for person in (one, same, nameless):
        p.award(person, partner, "2026-01-10", "2026-12-31")
    assert p.numbers(CERTIFIED, *TODAY)[1] == "2"
    p.slip("learning", "certification", p.award(one, partner, "2026-01-10", "2026-12-31", "Other"), "e_mail_missing")
    assert p.numbers(CERTIFIED, *TODAY)[1] == "3"  # nobody can tell that it is the same person


def test_slips_of_the_learning_system_move_the_rate():
    p = TinyProgramme()
    partner = p.active_partner()
    award = p.award(p.contact(partner, "a@x.example"), partner, "2025-01-10", "2026-01-10")
    assert p.numbers(CERTIFIED, *TODAY)[0] == "0"
    p.slip("learning", "certification", award, "status_behind")
    assert p.numbers(CERTIFIED, *TODAY)[0] == "0"
    p.slip("learning", "certification", award, "never_expires")
    assert p.numbers(CERTIFIED, *TODAY)[0] == "1"
    p.slip("learning", "certification", award, "absent")
    assert p.numbers(CERTIFIED, *TODAY)[0] == "0"


def test_a_person_who_left_does_not_count():
    p = TinyProgramme()
    partner = p.active_partner()
    person = p.contact(partner, "a@x.example")
    p.award(person, partner, "2026-01-10", "2026-12-31")
    p.delete("contact", person)
    assert p.numbers(CERTIFIED, *TODAY)[0] == "0"
    p.contact(partner, "A@x.example")  # entered again
    assert p.numbers(CERTIFIED, *TODAY)[0] == "1"


def test_if_no_tier_requires_anybody_there_is_no_rate():
    p = TinyProgramme()
    p.active_partner("registered")
    assert p.numbers(CERTIFIED, *TODAY) == (None, "0", "0", 0, 0)


def test_a_partner_transacts_with_a_deal_won_in_the_four_quarters():
    p = TinyProgramme()
    winner, loser = p.active_partner("gold"), p.active_partner()
    p.link(p.won_deal("2025-04-01", created="2025-03-01"), winner, at="2025-03-02")
    p.link(p.lost_deal("2025-05-01", created="2025-03-01"), loser, at="2025-03-02")
    p.link(p.won_deal("2025-05-01", created="2025-03-01", is_test=True), loser, at="2025-03-02")
    p.link(p.won_deal("2025-03-31", created="2025-03-01"), loser, at="2025-03-02")  # a day too early
    assert p.numbers(TRANSACTING, *WINDOW) == ("0.5", "1", "2", 2, 0)
    assert p.numbers(TRANSACTING, "trailing_4q", "2025-01-01")[:3] == ("1", "2", "2")
    assert p.numbers(TRANSACTING, *WINDOW, "tier", "gold") == ("1", "1", "1", 1, 0)


def test_only_partners_active_at_the_period_s_end_are_on_either_side():
    p = TinyProgramme()
    gone, later = p.active_partner(), p.active_partner(since="2026-04-01 00:00:00")
    for partner in (gone, later):
        p.link(p.won_deal("2025-05-01", created="2025-03-01"), partner, at="2025-03-02")
    p.status(gone, "terminated", "2026-03-31 12:00:00")
    assert p.numbers(TRANSACTING, *WINDOW) == (None, "0", "0", 0, 0)
    assert p.numbers(TRANSACTING, "trailing_4q", "2025-01-01") == ("1", "1", "1", 1, 0)
    assert p.numbers(TRANSACTING, "trailing_4q", "2025-07-01") == ("0", "0", "1", 1, 0)


def test_who_was_not_there_at_the_period_s_end_is_not_counted_though_a_status_is_dated_earlier():
    p = TinyProgramme()
    p.active_partner(at="2026-04-01", since="2026-03-01 00:00:00")
    assert p.numbers(TRANSACTING, *WINDOW)[3] == 0
    assert p.numbers(TRANSACTING, "trailing_4q", "2025-07-01")[3] == 1
