from __future__ import annotations

from datetime import date

import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.explain.periods import Period, find, fiscal_year, label

CALENDAR = [
    Period("month", date(2026, 5, 1), date(2026, 5, 31)),
    Period("month", date(2026, 6, 1), date(2026, 6, 30)),
    Period("quarter", date(2026, 1, 1), date(2026, 3, 31)),
    Period("quarter", date(2026, 4, 1), date(2026, 6, 30)),
    Period("year", date(2026, 1, 1), date(2026, 12, 31)),
    Period("trailing_4q", date(2025, 7, 1), date(2026, 6, 30)),
    Period("as_of", date(2026, 6, 30), date(2026, 6, 30)),
]


@pytest.mark.parametrize(
    ("text", "grain", "start"),
    [
        ("2026-05", "month", date(2026, 5, 1)),
        ("2026-Q2", "quarter", date(2026, 4, 1)),
        ("2026q2", "quarter", date(2026, 4, 1)),
        ("FY2026-Q2", "quarter", date(2026, 4, 1)),
        ("2026", "year", date(2026, 1, 1)),
        ("FY2026", "year", date(2026, 1, 1)),
        ("trailing-2026-Q2", "trailing_4q", date(2025, 7, 1)),
        ("trailing_4q-2026-Q2", "trailing_4q", date(2025, 7, 1)),
        ("2026-Q2/trailing_4q", "trailing_4q", date(2025, 7, 1)),
        ("as-of", "as_of", date(2026, 6, 30)),
        ("as_of", "as_of", date(2026, 6, 30)),
    ],
)
def test_a_period_is_found_by_the_names_people_type(text: str, grain: str, start: date) -> None:
    found = find(text, CALENDAR, 1, "m")
    assert (found.grain, found.start) == (grain, start)


def test_every_name_that_is_shown_is_understood_in_any_fiscal_year() -> None:
    for first_month in range(1, 13):
        for period in CALENDAR:
            assert find(label(period, first_month), CALENDAR, first_month, "m") == period


def test_a_fiscal_year_is_named_for_the_year_in_which_it_ends() -> None:
    assert fiscal_year(date(2026, 1, 31), 2) == 2026
    assert fiscal_year(date(2026, 2, 1), 2) == 2027
    assert fiscal_year(date(2026, 12, 31), 1) == 2026


def test_quarters_count_from_the_fiscal_start() -> None:
    assert label(Period("quarter", date(2026, 2, 1), date(2026, 4, 30)), 2) == "2027-Q1"
    assert label(Period("quarter", date(2025, 11, 1), date(2026, 1, 31)), 2) == "2026-Q4"


def test_an_unknown_period_lists_what_there_is() -> None:
    with pytest.raises(
        ConfigurationError, match=r"has no period '2019-Q1'; it has 2026-05 to 2026-06, 2026-Q1 to 2026-Q2, 2026, "
    ):
        find("2019-Q1", CALENDAR, 1, "attach_rate_count")


def test_a_quarter_of_a_trailing_metric_points_to_its_trailing_name() -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean trailing-2026-Q2\?"):
        find("2026-Q2", [CALENDAR[5]], 1, "win_rate_count")
