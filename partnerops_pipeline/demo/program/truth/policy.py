"""The numbers and word lists that the rules of the truth need, with the defaults of the metric definitions.

They are written down a second time on purpose: the dbt project has them as seeds, and a slip in either shows as a
difference between mart and truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

_STAGES = {
    "Prospecting": "open",
    "Qualification": "open",
    "Proposal": "open",
    "Negotiation": "open",
    "Closed Won": "won",
    "Closed Lost": "lost",
    "Duplicate - Void": "void",
}
_TYPES = {"New Business": "new_business", "Existing Business": "expansion", "Renewal": "renewal"}
_REGIONS = {
    "na": ("US", "CA"),
    "latam": ("BR",),
    "emea": ("DE", "FR", "GB", "ES", "ZA"),
    "apac": ("JP", "AU", "SG", "IN"),
}
_BANDS = (("under_10k", Decimal(10_000)), ("10k_to_50k", Decimal(50_000)), ("50k_to_250k", Decimal(250_000)))
_CERTIFIED_PEOPLE = {"registered": 0, "silver": 1, "gold": 3, "platinum": 6}  # as the portal's tiers say
TOP_BAND = "over_250k"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a company may decide otherwise. Days are calendar days, or multiples of 24 hours between two instants."""

    corporate_currency: str = "USD"
    sourcing_grace_days: int = 0
    protection_days: int = 90
    influence_lookback_days: int = 90
    renewal_notice_days: int = 120
    min_cohort_size: int = 5
    decision_sla_business_days: int = 3
    payment_sla_days: int = 45
    fiscal_year_start_month: int = 1
    partner_lead_sources: frozenset[str] = frozenset({"Partner Referral", "Partner Portal"})
    roles_without_partner: frozenset[str] = frozenset({"Competitor", "Customer", "Client"})
    certified_people_required: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(_CERTIFIED_PEOPLE))
    stage_categories: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(_STAGES))
    opportunity_types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(_TYPES))
    country_regions: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType(
            {c: region for region, countries in _REGIONS.items() for c in countries}
        )
    )

    def stage_category(self, stage: str) -> str:
        """won, lost, open or void; `unknown` for a stage that nobody mapped (it then counts as open)."""
        return self.stage_categories.get(stage, UNKNOWN)

    def opportunity_type(self, type_in_crm: str | None) -> str:
        """new_business, expansion, renewal or unknown."""
        return UNKNOWN if type_in_crm is None else self.opportunity_types.get(type_in_crm, UNKNOWN)

    def region(self, country: str | None) -> str:
        """na, latam, emea, apac or unknown."""
        return UNKNOWN if country is None else self.country_regions.get(country, UNKNOWN)


def says_test(name: str) -> bool:
    """Whether a name alone tells that a record is a test."""
    low = name.lower()
    return low.startswith(("test ", "zzz", "do not use")) or low.endswith(" test") or "(demo)" in low


def size_band(amount: Decimal | None) -> str:
    """The half-open band of an amount in corporate currency: its lower bound belongs to it, negatives to the lowest."""
    if amount is None:
        return UNKNOWN
    return next((name for name, upper in _BANDS if amount < upper), TOP_BAND)
