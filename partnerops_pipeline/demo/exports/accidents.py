"""What differs between an export and the CRM, how often, and which records it happened to.

Each record meets at most one accident of its table. Some are gaps that a rule must find, some are only ugly spelling
that no rule may find; `NOISE` names those.
"""

from __future__ import annotations

from dataclasses import dataclass

PARTNER = {
    "absent": 0.020,  # a partner of the CRM that the portal does not know
    "crm_id_missing": 0.040,
    "crm_id_folded": 0.020,  # the 18 characters in lower case, as a spreadsheet look-up leaves them
    "tier_differs": 0.030,
    "status_differs": 0.030,
    "id_unreadable": 0.004,  # the portal's id in scientific notation: the row cannot be used
    "crm_id_short": 0.250,  # 15 characters
    "name_spelled": 0.050,  # another legal form, blanks that do not show
    "tier_spelled": 0.040,  # "Gold Partner" instead of "Gold"
    "repeated": 0.005,  # the same row twice
}
PORTAL_ONLY = 0.015
"""Partners of the portal that the CRM does not know, as a share of those it knows."""
MERGED_KEPT = 0.5
"""How often the portal still has the account that the CRM merged away."""

DEAL = {
    "absent": 0.020,
    "external_key_missing": 0.040,
    "amount_differs": 0.030,  # 12 % more
    "close_date_differs": 0.020,  # 14 days later
    "stage_behind": 0.030,  # ended in the CRM, still approved in the portal
    "external_key_short": 0.200,
    "close_date_vague": 0.005,  # "Q3 2026"
    "repeated": 0.004,
}
CLAIM = {
    "absent": 0.010,
    "crm_id_missing": 0.040,
    "amount_differs": 0.030,  # 10 % more
    "currency_at_amount": 0.080,  # "€ 1.234,50" and no currency in its column
    "zeros_lost": 0.050,  # the claim's number without its leading zeros
    "repeated": 0.010,
}
CERTIFICATION = {
    "absent": 0.010,
    "e_mail_missing": 0.010,
    "never_expires": 0.020,  # 31/12/9999
    "branch_missing": 0.030,
    "dates_as_text": 0.200,
    "e_mail_in_capitals": 0.050,
    "repeated": 0.005,
}
NOISE = frozenset(
    {"crm_id_short", "crm_id_folded", "name_spelled", "tier_spelled", "external_key_short", "currency_at_amount",
     "zeros_lost", "dates_as_text", "e_mail_in_capitals", "repeated"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Accident:
    """`entity` is partner, deal, claim or certification; `number` the programme's own of the account, registration,
    claim or award, 0 for a record that only the export knows; `source_id` the record's id in the export.
    """

    entity: str
    number: int
    name: str
    source_id: str
