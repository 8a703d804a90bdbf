from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from partnerops_pipeline.errors import BadData, ConfigurationError
from partnerops_pipeline.explain.explain import explain
from tests.explain.release_file import write_release


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write_release(tmp_path / "releases" / "2026-06-30-abc")


def test_the_lines_of_a_ratio_add_up_to_its_parts(release: Path) -> None:
    found = explain(release, "attach_rate_count", "2026")
    assert (found.value, found.numerator, found.denominator) == (Decimal("0.666667"), 8, 12)
    assert sum(line.numerator or 0 for line in found.lines) == 8
    assert len(found.lines) == 12


def test_only_lines_of_the_period_are_listed_both_ends_included(release: Path) -> None:
    quarter = explain(release, "attach_rate_count", "2026-Q2")
    assert {line.event_date.month for line in quarter.lines if line.event_date} == {4, 5, 6}
    month = explain(release, "attach_rate_count", "2026-04")
    assert [line.record_id for line in month.lines] == ["O03", "O09"]
    assert explain(release, "attach_rate_count", "trailing-2026-Q2").n == 12


def test_a_sum_lists_what_has_no_amount_and_counts_it_as_nothing(release: Path) -> None:
    found = explain(release, "sourced_revenue", "2026-Q1")
    assert (found.value, found.n, found.n_excluded, found.excluded_reason) == (
        Decimal("600.6"),
        1,
        1,
        "no_corporate_amount",
    )
    assert [(line.record_id, line.numerator) for line in found.lines] == [("O06", Decimal("600.6")), ("O12", None)]


def test_a_period_without_records_is_explained_by_no_lines(release: Path) -> None:
    found = explain(release, "sourced_revenue", "2025-Q4")
    assert (found.value, found.lines) == (0, ())


def test_a_dimension_narrows_number_and_lines_alike(release: Path) -> None:
    found = explain(release, "attach_rate_count", "2026", {"opportunity_type": "renewal"})
    assert (found.numerator, found.denominator) == (4, 6)
    assert {line.details["opportunity_type"] for line in found.lines} == {"renewal"}


def test_a_cross_of_dimensions_is_found_in_any_order(release: Path) -> None:
    found = explain(release, "attach_rate_count", "2026", {"opportunity_type": "renewal", "attached": "without"})
    assert (found.dimension, found.dimension_value, found.numerator, found.denominator) == (
        "attached|opportunity_type",
        "without|renewal",
        0,
        2,
    )


def test_each_line_says_what_decided_it_and_where_to_look(release: Path) -> None:
    line = explain(release, "sourced_revenue", "2026-04").lines[0]
    assert (line.name, line.record_url) == ("Deal 9", "https://org.example/lightning/r/Opportunity/O09/view")
    assert (line.details["bucket"], line.details["sourced_rule"]) == ("sourced", "deal_registration")


def test_lines_come_in_order_of_their_effect(release: Path) -> None:
    amounts = [line.numerator for line in explain(release, "sourced_revenue", "2026").lines]
    assert amounts == [Decimal("900.9"), Decimal("600.6"), Decimal("300.3"), None]


@pytest.mark.parametrize(
    "damage",
    [
        "delete from marts.mart_metric_lines where record_id = 'O09'",
        "update marts.mart_metric_lines set numerator = numerator + 0.000001 where record_id = 'O09'",
        "update marts.mart_headline_metrics set value = value + 0.000001",
        "update marts.mart_headline_metrics set numerator = numerator + 1, value = value",
    ],
)
def test_a_number_that_its_lines_do_not_make_is_refused(release: Path, damage: str) -> None:
    with duckdb.connect(str(release / "partner_marts.duckdb")) as connection:
        connection.execute(damage)
    with pytest.raises(BadData, match="sourced_revenue for 2026-04 is published with"):
        explain(release, "sourced_revenue", "2026-04")


def test_an_unknown_metric_offers_the_nearest(release: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no metric 'atach_rate_count' .* Did you mean attach_rate_count\?"):
        explain(release, "atach_rate_count", "2026")
    with pytest.raises(ConfigurationError, match="There are attach_rate_count, sales_velocity"):
        explain(release, "zzz", "2026")


def test_an_unknown_period_lists_those_of_the_metric(release: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"2025-Q4 to 2026-Q2"):
        explain(release, "sourced_revenue", "2019-Q1")


def test_an_unknown_dimension_or_value_lists_what_there_is(release: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"has no dimension tier; it has all, attached with opportunity_type, opp"
    ):
        explain(release, "attach_rate_count", "2026", {"tier": "gold"})
    with pytest.raises(ConfigurationError, match=r"has no opportunity_type 'renewals' .* Did you mean renewal\?"):
        explain(release, "attach_rate_count", "2026", {"opportunity_type": "renewals"})


def test_a_metric_without_published_rows_says_so(release: Path) -> None:
    with pytest.raises(ConfigurationError, match="sales_velocity has no period '2026'; it has none"):
        explain(release, "sales_velocity", "2026")


def test_lines_kept_for_the_opportunity_type_count_nowhere_else(release: Path) -> None:
    everything = explain(release, "win_rate_count", "2026")
    assert {line.details["opportunity_type"] for line in everything.lines} == {"new_business"}
    renewals = explain(release, "win_rate_count", "2026", {"opportunity_type": "renewal"})
    assert (len(everything.lines), len(renewals.lines)) == (6, 6)


def test_the_partners_that_share_in_a_deal_are_named(release: Path) -> None:
    assert explain(release, "sourced_revenue", "2026-04").lines[0].details["partners"] == "Northwind, Fabrikam"


def test_a_folder_without_a_release_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="is missing or is not a DuckDB file"):
        explain(tmp_path, "attach_rate_count", "2026")


def test_a_line_about_a_partner_names_the_partner_and_its_own_record(release: Path) -> None:
    with duckdb.connect(str(release / "partner_marts.duckdb")) as connection:
        connection.execute(
            """create table core.fct_deal_registrations as
               select 'O09' as deal_registration_id, 'DR-000009' as registration_name, 'approved' as status;
               update marts.mart_metric_lines set object = 'Deal_Registration__c', partner_id = 'P-2'
               where record_id = 'O09'"""
        )
    line = explain(release, "sourced_revenue", "2026-04").lines[0]
    assert (line.name, line.details) == ("DR-000009", {"status": "approved", "partner": "Fabrikam"})
