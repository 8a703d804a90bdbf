"""What goes wrong in a CRM that people use, and how often.

`DEAL` rates are of all deals, `PARTNER_DEAL` rates of the deals that a partner takes part in; a deal meets at most one
accident of each table. With 500 partners (about 8,000 deals, 2,500 of them with a partner) the rarest happen some 15
times, so that a seed without one of them is less likely than 1 in 100,000.
"""

from __future__ import annotations

DEAL = {
    "pounds": 0.008,  # a currency without any dated rate
    "currency_missing": 0.004,
    "amount_missing": 0.010,
    "amount_zero": 0.004,
    "amount_negative": 0.004,
    "amount_on_band_edge": 0.004,
    "type_pilot": 0.005,  # a type that no map knows
    "type_missing": 0.008,
    "imported": 0.020,  # from an older CRM, without history
    "imported_won_ahead": 0.004,  # without history, won, with a close date still to come
    "reopened_won": 0.005,  # lost, opened again, won
    "reopened_lost": 0.005,  # lost, opened again, lost again
    "reopened_open": 0.004,  # lost, opened again, still open
    "win_taken_back": 0.004,  # won, opened again, lost
    "won_with_later_close": 0.006,  # won, with the wrong year in the close date
    "same_instant": 0.006,  # two changes in one second
    "lost_and_won_in_a_second": 0.004,  # lost and won in one second
    "duplicate": 0.006,  # the stage that voids a deal
    "unknown_stage": 0.004,
    "entered_late": 0.010,  # created after its close date
    "on_an_edge_day": 0.010,  # closed on a leap day, a month's or a quarter's last second
    "test_deal": 0.004,
    "test_customer": 0.004,
    "own_company": 0.004,
    "customer_gone": 0.004,  # its account is deleted
    "deleted": 0.008,
    "competitor": 0.010,
    "own_account_linked": 0.005,
    "partner_as_customer": 0.004,  # a partner buys for itself and is put on its own deal
    "non_partner_linked": 0.005,
    "test_partner_linked": 0.004,
    "own_company_linked": 0.004,
    "gone_partner_linked": 0.004,
    "never_closes": 0.020,
}

PARTNER_DEAL = {
    "competitor_and_reseller": 0.006,
    "second_primary": 0.006,
    "link_deleted": 0.008,
    "link_after_close": 0.010,
    "field_moved": 0.012,  # from one partner to another, with history
    "field_moved_after_close": 0.010,
    "field_moved_untracked": 0.010,
    "field_cleared": 0.008,
    "fulfillment_moved": 0.008,
    "submitted_at_creation": 0.008,  # in the very second
    "submitted_a_second_late": 0.007,
    "protection_just_over": 0.007,  # deal created exactly 90 days after the approval
    "protection_last_second": 0.007,
    "own_protection_last_day": 0.006,  # deal created on the day on which the record's own protection ends
    "own_protection_over": 0.006,  # a day later
    "two_registrations": 0.010,
    "registered_in_the_same_second": 0.007,
    "approved_without_date": 0.008,
    "submitted_without_date": 0.008,
    "revoked": 0.008,
    "revoked_without_date": 0.007,
    "withdrawn": 0.008,
    "withdrawn_without_date": 0.007,
    "approval_taken_back": 0.007,  # approved, later rejected
    "approved_after_close": 0.006,
    "registration_deleted": 0.006,
    "lead_after_deal": 0.008,
    "lead_in_the_same_second": 0.007,
    "converted_after_close": 0.008,
    "lead_deleted": 0.007,
    "test_lead_converted": 0.007,
    "activity_90_days_before": 0.007,
    "activity_91_days_before": 0.007,
    "member_90_days_before": 0.007,
    "member_a_second_too_early": 0.007,
}
