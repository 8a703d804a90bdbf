from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from partnerops_pipeline.demo.salesforce.errors import ApiError
from partnerops_pipeline.demo.salesforce.soql import Both, Comparison, Function, Not, Number, Path_, Period, Text, parse


def condition(text: str) -> object:
    return parse(f"SELECT Id FROM Account WHERE {text}").where


def literal(text: str) -> object:
    found = condition(f"Name = {text}")
    assert isinstance(found, Comparison)
    return found.values[0]


def test_a_whole_query_is_read() -> None:
    query = parse(
        "select Id, Account.Owner.Name from Opportunity where Amount > 1 "
        "order by Name desc nulls last, Id limit 10 offset 2"
    )
    assert [str(item) for item in query.items] == ["Id", "Account.Owner.Name"]
    assert query.object_name == "Opportunity"
    assert [(str(o.path), o.descending, o.nulls_last) for o in query.order_by] == [
        ("Name", True, True),
        ("Id", False, False),
    ]
    assert (query.limit, query.offset) == (10, 2)


def test_keywords_are_words_and_not_beginnings_of_words() -> None:
    query = parse("SELECT FromDate, Inactive, Notes, Ordering FROM Limits WHERE Android = 1 AND Orders = 2")
    assert [str(item) for item in query.items] == ["FromDate", "Inactive", "Notes", "Ordering"]
    assert query.object_name == "Limits"


def test_count_with_and_without_a_field_are_told_apart() -> None:
    assert parse("SELECT COUNT() FROM Account").items == (Function("COUNT", None, None),)
    counted = parse("SELECT count(Id) total FROM Account").items[0]
    assert isinstance(counted, Function) and (counted.name, str(counted.path), counted.alias) == (
        "COUNT",
        "Id",
        "total",
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'plain'", Text("plain", "plain")),
        (r"'it\'s'", Text("it's", "it's")),
        (r"'a\\b'", Text("a\\b", "a\\\\b")),
        (r"'50\%'", Text("50%", "50\\%")),
        (r"'tab\tend'", Text("tab\tend", "tab\tend")),
        (r"'\u00e9t\u00e9'", Text("été", "été")),
        ("-12.50", Number(Decimal("-12.50"))),
        ("2026-06-30", date(2026, 6, 30)),
        ("2026-06-30T23:59:59Z", datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)),
        ("2026-06-30T23:59:59.500Z", datetime(2026, 6, 30, 23, 59, 59, 500_000, tzinfo=UTC)),
        ("2026-07-01T01:00:00+02:00", datetime(2026, 6, 30, 23, 0, tzinfo=UTC)),
        ("2026-07-01T01:00:00-0130", datetime(2026, 7, 1, 2, 30, tzinfo=UTC)),
        ("true", True),
        ("NULL", None),
        ("today", Period("TODAY")),
        ("LAST_N_DAYS:30", Period("LAST_N_DAYS", 30)),
    ],
)
def test_literals_mean_what_they_say(text: str, value: object) -> None:
    assert literal(text) == value


def test_conditions_nest() -> None:
    found = condition("Name = 'a' AND (NOT Type IN ('x', 'y') OR Amount != null)")
    assert isinstance(found, Both) and found.operator == "AND"
    inner = found.parts[1]
    assert isinstance(inner, Both) and inner.operator == "OR"
    assert isinstance(inner.parts[0], Not)


def test_not_in_is_the_opposite_of_in() -> None:
    found = condition("Type NOT IN ('x')")
    assert found == Not(Comparison(Path_(("Type",), 30), "IN", (Text("x", "x"),)))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT FROM Account",
        "SELECT Id, FROM Account",
        "SELECT Id FROM",
        "SELECT Id FROM Account WHERE",
        "SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b' AND Name = 'c'",
        "SELECT Id FROM Account WHERE Name = 'open",
        "SELECT Id FROM Account WHERE Name == 'a'",
        r"SELECT Id FROM Account WHERE Name = 'a\x'",
        "SELECT Id FROM Account; DROP TABLE Account",
        "SELECT * FROM Account",
        "DELETE FROM Account",
        "",
    ],
)
def test_what_salesforce_cannot_read_is_refused_as_malformed(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse(text)
    assert (refused.value.status, refused.value.code) == (400, "MALFORMED_QUERY")


def test_a_refusal_points_to_the_place() -> None:
    with pytest.raises(ApiError, match="ERROR at Row:1:Column:24"):
        parse("SELECT Id FROM Account =")
