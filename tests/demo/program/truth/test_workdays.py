"""Business days and hours (ruling 12): 09:00 to 17:00, the calendar of the region."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.demo.program.truth.workdays import business_day_after, business_hours, is_business_day

from .tiny_programme import day, instant


@pytest.mark.parametrize(
    ("on", "region", "works"),
    [
        ("2026-06-26", "na", True),
        ("2026-06-27", "na", False),  # Saturday
        ("2026-06-28", "emea", False),  # Sunday
        ("2025-07-04", "na", False),
        ("2025-07-04", "emea", True),
        ("2025-11-11", "na", False),
        ("2025-05-01", "emea", False),
        ("2025-05-01", "latam", False),
        ("2025-05-01", "na", True),
        ("2024-12-26", "emea", False),
        ("2024-12-26", "apac", False),
        ("2024-12-26", "na", True),
        ("2026-09-07", "latam", False),
        ("2024-11-15", "latam", False),
        ("2026-01-26", "apac", False),
        ("2025-04-25", "apac", False),
        ("2025-04-25", "latam", True),
        ("2025-01-01", "latam", False),
        ("2025-12-25", "apac", False),
        ("2025-07-04", "unknown", False),  # the headquarters' calendar
        ("2025-05-01", "unknown", True),
    ],
)
def test_weekends_and_the_region_s_holidays_are_free(on: str, region: str, works: bool):
    assert is_business_day(day(on), region) is works


@pytest.mark.parametrize(
    ("start", "n", "region", "expected"),
    [
        ("2026-06-22", 1, "na", "2026-06-23"),
        ("2026-06-26", 1, "na", "2026-06-29"),  # from Friday to Monday
        ("2026-06-27", 1, "na", "2026-06-29"),  # from Saturday to Monday
        ("2025-07-02", 3, "na", "2025-07-08"),  # over the fourth of July
        ("2025-07-02", 3, "emea", "2025-07-07"),
    ],
)
def test_the_day_of_the_event_does_not_count(start: str, n: int, region: str, expected: str):
    assert business_day_after(day(start), n, region) == day(expected)


@pytest.mark.parametrize(
    ("start", "end", "region", "hours"),
    [
        ("2026-06-22 09:00:00", "2026-06-22 17:00:00", "na", "8"),
        ("2026-06-22 10:30:00", "2026-06-22 11:00:00", "na", "0.5"),
        ("2026-06-22 08:00:00", "2026-06-22 09:00:00", "na", "0"),
        ("2026-06-22 17:00:00", "2026-06-23 09:00:00", "na", "0"),
        ("2026-06-22 16:59:59", "2026-06-23 09:00:01", "na", "0.000556"),  # two seconds
        ("2026-06-26 16:00:00", "2026-06-29 10:00:00", "na", "2"),
        ("2026-06-27 10:00:00", "2026-06-28 12:00:00", "na", "0"),
        ("2025-07-03 09:00:00", "2025-07-07 09:00:00", "na", "8"),
        ("2025-07-03 09:00:00", "2025-07-07 09:00:00", "emea", "16"),
        ("2026-06-23 12:00:00", "2026-06-22 12:00:00", "na", "0"),
    ],
)
def test_only_hours_within_business_hours_count(start: str, end: str, region: str, hours: str):
    assert business_hours(instant(start), instant(end), region) == Decimal(hours)


instants = st.datetimes(instant("2024-01-01").replace(tzinfo=None), instant("2026-12-31").replace(tzinfo=None))


@given(
    st.lists(instants.map(lambda t: t.replace(microsecond=0)), min_size=3, max_size=3),
    st.sampled_from(["na", "emea", "latam", "apac", "unknown"]),
)
def test_hours_add_up_over_a_moment_in_between(moments: list, region: str):
    first, middle, last = (instant(str(t)) for t in sorted(moments))
    whole = business_hours(first, last, region)
    parts = business_hours(first, middle, region) + business_hours(middle, last, region)
    assert abs(whole - parts) <= Decimal("0.000001")  # each is rounded to six places
