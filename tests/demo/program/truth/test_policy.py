"""Canonical segments (ruling 35 and the size bands)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from partnerops_pipeline.demo.program.truth.policy import Policy, size_band


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        ("-1.00", "under_10k"),
        ("0.00", "under_10k"),
        ("9999.99", "under_10k"),
        ("10000.00", "10k_to_50k"),
        ("49999.99", "10k_to_50k"),
        ("50000.00", "50k_to_250k"),
        ("249999.99", "50k_to_250k"),
        ("250000.00", "over_250k"),
    ],
)
def test_a_band_includes_its_lower_bound(amount: str, band: str):
    assert size_band(Decimal(amount)) == band


def test_without_an_amount_the_band_is_unknown():
    assert size_band(None) == "unknown"


@pytest.mark.parametrize(
    ("in_crm", "canonical"),
    [
        ("New Business", "new_business"),
        ("Existing Business", "expansion"),
        ("Renewal", "renewal"),
        ("Pilot", "unknown"),
        (None, "unknown"),
    ],
)
def test_opportunity_types_are_canonical_or_unknown(in_crm: str | None, canonical: str):
    assert Policy().opportunity_type(in_crm) == canonical


def test_every_country_has_its_region_and_others_are_unknown():
    regions = {c: Policy().region(c) for c in ("US", "CA", "BR", "DE", "FR", "GB", "ES", "ZA", "JP", "AU", "SG", "IN")}
    assert regions == {
        **dict.fromkeys(("US", "CA"), "na"),
        "BR": "latam",
        **dict.fromkeys(("DE", "FR", "GB", "ES", "ZA"), "emea"),
        **dict.fromkeys(("JP", "AU", "SG", "IN"), "apac"),
    }
    assert (Policy().region("AE"), Policy().region(None)) == ("unknown", "unknown")
