from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from partnerops_pipeline.errors import ConfigurationError
from partnerops_pipeline.salesforce import soql
from partnerops_pipeline.salesforce.describe import parse_description
from partnerops_pipeline.salesforce.errors import MissingField
from partnerops_pipeline.salesforce.fields import choose_columns
from partnerops_pipeline.salesforce.objects import ObjectSpec
from partnerops_pipeline.salesforce.planner import choose_api
from partnerops_pipeline.salesforce.window import Window, next_window

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_the_first_window_has_no_beginning_and_stays_behind_the_servers_clock() -> None:
    assert next_window(None, NOON) == Window(None, NOON - timedelta(minutes=3))


def test_a_later_window_reads_ten_minutes_again() -> None:
    high = NOON - timedelta(hours=1)
    assert next_window(high, NOON) == Window(high - timedelta(minutes=10), NOON - timedelta(minutes=3))


def test_the_watermark_never_moves_back() -> None:
    ahead = NOON + timedelta(days=1)
    assert next_window(ahead, NOON).high == ahead


def test_a_full_window_begins_at_the_beginning() -> None:
    assert next_window(NOON - timedelta(days=1), NOON, full=True).low is None


def test_a_query_names_its_fields_and_its_half_open_window_and_nothing_else() -> None:
    where = soql.window_clause("SystemModstamp", NOON - timedelta(days=1), NOON)
    assert soql.select("Account", ["Id", "Name"], where) == (
        "SELECT Id, Name FROM Account "
        "WHERE SystemModstamp >= 2026-06-30T12:00:00Z AND SystemModstamp < 2026-07-01T12:00:00Z"
    )
    assert soql.count("Account", soql.window_clause("SystemModstamp", None, NOON)) == (
        "SELECT COUNT() FROM Account WHERE SystemModstamp < 2026-07-01T12:00:00Z"
    )
    assert soql.select("CurrencyType", ["Id"], soql.window_clause(None, None, NOON)) == "SELECT Id FROM CurrencyType"


def test_an_instant_is_written_in_utc_whatever_its_zone() -> None:
    assert soql.instant(datetime(2026, 7, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == "2026-07-01T00:00:00Z"
    with pytest.raises(ValueError, match="time zone"):
        soql.instant(datetime(2026, 7, 1))  # noqa: DTZ001


@pytest.mark.parametrize("name", ["Account WHERE Id != null", "A,B", "x'", "", "1a", "Näme"])
def test_what_is_no_api_name_does_not_get_into_a_query(name: str) -> None:
    with pytest.raises(ConfigurationError, match="not a Salesforce API name"):
        soql.select("Account", [name])
    with pytest.raises(ConfigurationError, match="not a Salesforce API name"):
        soql.count(name)


@pytest.mark.parametrize(
    ("object_name", "rows", "wish", "api"),
    [
        ("Account", 0, "auto", "none"),
        ("Account", 1_999, "auto", "rest"),
        ("Account", 2_000, "auto", "bulk"),
        ("PartnerRole", 5_000, "auto", "rest"),
        ("PartnerRole", 5_000, "bulk", "rest"),
        ("Account", 5, "bulk", "bulk"),
        ("Account", 5_000, "rest", "rest"),
    ],
)
def test_small_reads_go_by_rest_and_large_ones_by_bulk(object_name: str, rows: int, wish: str, api: str) -> None:
    assert choose_api(object_name, rows, wish) == api  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ({"type": "currency", "precision": 18, "scale": 2}, "DECIMAL(18,2)"),
        ({"type": "percent", "precision": 3, "scale": 0}, "DECIMAL(3,0)"),
        ({"type": "double", "precision": 20, "scale": 4}, "DECIMAL(38,4)"),
        ({"type": "double", "precision": 0, "scale": 0}, "DECIMAL(38,9)"),
        ({"type": "int", "digits": 9}, "BIGINT"),
        ({"type": "boolean"}, "BOOLEAN"),
        ({"type": "date"}, "DATE"),
        ({"type": "datetime"}, "TIMESTAMPTZ"),
        ({"type": "time"}, "VARCHAR"),
        ({"type": "multipicklist"}, "VARCHAR"),
        ({"type": "reference"}, "VARCHAR"),
    ],
)
def test_describe_decides_the_exact_type(field: dict[str, object], kind: str) -> None:
    assert parse_description({"name": "A", "fields": [{"name": "X", **field}]}).fields["X"].lake_type == kind


ACCOUNT = ObjectSpec(
    name="Account",
    also=("*__c",),
    fields={
        "Id": {"type": "text"},
        "Name": {"type": "text", "required": True},
        "Fax": {"type": "text"},
        "SystemModstamp": {"type": "datetime"},
    },
)
PLAIN = [
    {"name": "Id", "type": "id"},
    {"name": "Name", "type": "string"},
    {"name": "SystemModstamp", "type": "datetime"},
]


def test_configured_fields_come_first_and_those_by_pattern_follow_sorted() -> None:
    extra = [
        {"name": "Z__c", "type": "boolean"},
        {"name": "B__c", "type": "date"},
        {"name": "Home__c", "type": "location"},
        {"name": "Site", "type": "string"},
    ]
    columns, absent = choose_columns(ACCOUNT, parse_description({"name": "Account", "fields": [*extra, *PLAIN]}))
    assert list(columns.items()) == [
        ("Id", "VARCHAR"),
        ("Name", "VARCHAR"),
        ("SystemModstamp", "TIMESTAMPTZ"),
        ("B__c", "DATE"),
        ("Z__c", "BOOLEAN"),
    ]
    assert absent == ("Fax",)


def test_all_missing_required_fields_are_named_at_once() -> None:
    with pytest.raises(MissingField, match="Account lacks Name, SystemModstamp, or field-level security hides them"):
        choose_columns(ACCOUNT, parse_description({"name": "Account", "fields": PLAIN[:1]}))
