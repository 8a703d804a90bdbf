"""What queries mean: against examples, and against a plain evaluation in Python over random records and conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnerops_pipeline.demo.salesforce.errors import ApiError
from partnerops_pipeline.demo.salesforce.ids import made_id
from partnerops_pipeline.demo.salesforce.soql_to_sql import compile_query
from partnerops_pipeline.demo.salesforce.store import OrgStore
from tests.demo.salesforce.small_org import STARTS, account, opportunity, small_records

NOW = datetime(2026, 7, 1, 1, tzinfo=UTC)


def rows(store: OrgStore, text: str, *, bulk: bool = False, all_rows: bool = False) -> list[tuple[Any, ...]]:
    statement = compile_query(store.schema, text, now=NOW, bulk=bulk, all_rows=all_rows)
    found = store.reader().execute(statement.sql, statement.parameters).fetchall()
    width = sum(len(output.components) or 1 for output in statement.outputs) or 1
    return [row[:width] for row in found]


def ids(store: OrgStore, where: str, object_name: str = "Opportunity", **options: bool) -> list[int]:
    """Numbers of the records that a condition finds."""
    wanted = {opportunity(n): n for n in range(1, 6)} | {account(n): n for n in range(1, 5)}
    return [wanted[row[0]] for row in rows(store, f"SELECT Id FROM {object_name} WHERE {where}", **options)]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Amount = null", [3]),
        ("Amount != null", [1, 2, 4]),
        ("Amount > 0", [1, 4]),
        ("Amount <= -0.05", [2]),
        ("Amount < -0.045", [2]),
        ("Amount > -0.055", [1, 2, 4]),
        ("Amount = 12345.6", [1]),
        ("Amount = 12345.601", []),
        ("Amount != 12345.601", [1, 2, 3, 4]),
        ("NOT Amount > 0", [2, 3]),
        ("NextStep != 'call 🙂'", [1, 2, 3]),
        ("StageName = 'closed WON'", [1]),
        ("StageName NOT IN ('Closed Won', 'Closed Lost')", [2, 3, 4]),
        ("Name LIKE 'deal _'", [1, 2, 3, 4]),
        (r"Name LIKE 'deal\_%'", []),
        ("Account.Name = 'NA'", [2]),
        ("Account.Name != 'NA'", [1, 3, 4]),
        ("Account.Owner.Name LIKE '%quist'", [1]),
        ("Opportunity.Name = 'Deal 3'", [3]),
        ("CloseDate >= 2026-06-02 AND CloseDate < 2026-06-04", [2, 3]),
        ("SystemModstamp >= 2026-06-03T12:00:03Z", [3, 4]),
        ("SystemModstamp > 2026-06-03T14:00:03+02:00", [4]),
        ("SystemModstamp < 2026-06-03T12:00:03.500Z", [1, 2, 3]),
        ("IsWon = true", [1]),
        ("IsWon != TRUE", [2, 3, 4]),
        (f"Id = '{opportunity(2)[:15]}'", [2]),
        (f"AccountId IN ('{account(1)}', null)", [1, 3]),
        ("CloseDate = LAST_N_DAYS:28", [3, 4]),
        ("CreatedDate < THIS_MONTH", [1, 2, 3, 4]),
    ],
)
def test_conditions_find_what_salesforce_finds(store: OrgStore, where: str, found: list[int]) -> None:
    assert ids(store, where) == found


def test_query_leaves_out_the_recycle_bin_and_archived_activities_and_query_all_does_not(store: OrgStore) -> None:
    assert ids(store, "Id != null", "Account") == [1, 2, 3]
    assert ids(store, "Id != null", "Account", all_rows=True) == [1, 2, 3, 4]
    assert ids(store, "IsDeleted = true", "Account", all_rows=True) == [4]
    assert ids(store, "IsDeleted = true", "Account") == []
    assert rows(store, "SELECT Subject FROM Task") == [("new",)]
    assert rows(store, "SELECT Subject FROM Task", all_rows=True) == [("old",), ("new",)]


def test_values_are_written_exactly_and_bulk_differs_only_in_instants(store: OrgStore) -> None:
    text = (
        f"SELECT Amount, CloseDate, SystemModstamp, IsWon, Probability FROM Opportunity WHERE Id = '{opportunity(4)}'"
    )
    assert rows(store, text) == [("9999999999999999.99", "2026-06-04", "2026-06-04T12:00:04.000+0000", "false", "10.0")]
    assert rows(store, text, bulk=True) == [
        ("9999999999999999.99", "2026-06-04", "2026-06-04T12:00:04.000Z", "false", "10.0")
    ]
    amounts = [row[0] for row in rows(store, "SELECT Amount FROM Opportunity", all_rows=True)]
    assert amounts == ["12345.6", "-0.05", None, "9999999999999999.99", "0.0"]


def test_order_limit_and_offset_are_honoured(store: OrgStore) -> None:
    def numbers(tail: str) -> list[str]:
        return [row[0] for row in rows(store, f"SELECT Name FROM Opportunity {tail}")]

    assert numbers("ORDER BY Amount") == ["Deal 3", "Deal 2", "Deal 1", "Deal 4"]
    assert numbers("ORDER BY Amount DESC NULLS LAST LIMIT 2") == ["Deal 4", "Deal 1"]
    assert numbers("ORDER BY Account.Name NULLS LAST, Name LIMIT 2 OFFSET 1") == ["Deal 4", "Deal 2"]


def test_counting_obeys_conditions_and_limits(store: OrgStore) -> None:
    assert rows(store, "SELECT COUNT() FROM Opportunity WHERE Amount > 0") == [(2,)]
    assert rows(store, "SELECT COUNT() FROM Opportunity LIMIT 3") == [(3,)]
    assert rows(store, "SELECT COUNT(Amount) FROM Opportunity") == [("3",)]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("SELECT Id FROM Nothing", "INVALID_TYPE", "sObject type 'Nothing' is not supported"),
        ("SELECT Wrong__c FROM Account", "INVALID_FIELD", "No such column 'Wrong__c' on entity 'Account'"),
        ("SELECT Id FROM Account WHERE Wrong = 1", "INVALID_FIELD", "No such column 'Wrong' on entity 'Account'"),
        ("SELECT Wrong.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Wrong'"),
        ("SELECT What.Name FROM Task", "INVALID_FIELD", "Didn't understand relationship 'What'"),
        ("SELECT Id, Id FROM Account", "INVALID_FIELD", "duplicate field selected"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "must be of type string"),
        ("SELECT Id FROM Opportunity WHERE Amount = '5'", "INVALID_FIELD", "should not be enclosed in quotes"),
        ("SELECT Id FROM Opportunity WHERE CloseDate > 2026-01-01T00:00:00Z", "INVALID_FIELD", "must be of type date"),
        ("SELECT Id FROM Opportunity WHERE SystemModstamp > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Opportunity WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Account WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field"),
        ("SELECT Name FROM Account GROUP BY Name", "MALFORMED_QUERY", "GROUP BY"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "MALFORMED_QUERY", "subquery"),
    ],
)
def test_refusals_are_worded_as_salesforce_words_them(store: OrgStore, text: str, code: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        rows(store, text)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("SELECT COUNT() FROM Account", "API_ERROR", "Aggregate"),
        ("SELECT Name FROM Account GROUP BY Name", "API_ERROR", "Aggregate"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR", "Nested"),
        ("SELECT Id FROM Account LIMIT 1 OFFSET 1", "API_ERROR", "OFFSET"),
        (
            "SELECT Id, BillingAddress FROM Account",
            "INVALID_FIELD",
            "Selecting compound data not supported in Bulk Query",
        ),
        ("SELECT Id FROM PartnerRole", "INVALIDENTITY", "is not supported by the Bulk API"),
    ],
)
def test_bulk_refuses_what_it_cannot_do(store: OrgStore, text: str, code: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        rows(store, text, bulk=True)
    assert refused.value.code == code
    assert message in refused.value.message


def test_a_binary_field_is_refused_by_bulk_and_read_by_rest(store: OrgStore) -> None:
    store.add_field("Account", "Logo__c", "base64")
    assert rows(store, "SELECT Logo__c FROM Account LIMIT 1") == [(None,)]
    with pytest.raises(ApiError, match="not supported in Bulk Query"):
        rows(store, "SELECT Logo__c FROM Account", bulk=True)


def test_a_literal_can_never_become_part_of_the_statement(store: OrgStore) -> None:
    nasty = "x\\' OR 1=1; DROP TABLE Account; --"
    assert ids(store, f"Name = '{nasty}'", "Account") == []
    assert ids(store, "Name LIKE '%\" OR \"%'", "Account") == []
    assert store.count("Account") == 4


def test_multi_select_values_are_found_whatever_their_order(tmp_path: Path) -> None:
    with OrgStore.create(tmp_path / "multi.sqlite", {}, STARTS) as store:
        store.add_field("Account", "Skills__c", "multipicklist(A|B|C)")
        for number, skills in enumerate(("A;B", "B", "C;A", None, "AB"), 1):
            store.insert("Account", {"Id": account(number), "Name": f"n{number}", "Skills__c": skills})
        found = [row[0] for row in rows(store, "SELECT Name FROM Account WHERE Skills__c INCLUDES ('A;B', 'C')")]
        without = [row[0] for row in rows(store, "SELECT Name FROM Account WHERE Skills__c EXCLUDES ('B')")]
    assert found == ["n1", "n3"]
    assert without == ["n3", "n4", "n5"]


# The same conditions evaluated in plain Python: an oracle that knows no SQL.

Record = dict[str, Any]
Meaning = Callable[[Record], bool]

TEXTS = ["alpha", "Beta", "BETA", "10%", "a_b", "it's", 'q"q', "back\\slash", ""]
AMOUNTS = [Decimal("0"), Decimal("-1.50"), Decimal("1.49"), Decimal("1.50"), Decimal("99999.99")]
DAYS = [date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 1)]
INSTANTS = [datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)]

records = st.lists(
    st.fixed_dictionaries(
        {
            "NextStep": st.sampled_from([*TEXTS, None]),
            "Amount": st.sampled_from([*AMOUNTS, None]),
            "CloseDate": st.sampled_from([*DAYS, None]),
            "LastModifiedDate": st.sampled_from(INSTANTS),
            "IsWon": st.booleans(),
            "FiscalYear": st.sampled_from([2024, 2025, None]),
        }
    ),
    min_size=1,
    max_size=8,
)


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _compare(name: str, operator: str, value: Any, fold: bool = False) -> Meaning:
    def meaning(record: Record) -> bool:
        have = record[name] or None if fold else record[name]
        want = value
        if fold:
            have = None if have is None else have.casefold()
            want = (want or "").casefold() or None
        if operator == "=":
            return have == want
        if operator == "!=":
            return have != want
        if have is None:
            return False
        return {"<": have < want, "<=": have <= want, ">": have > want, ">=": have >= want}[operator]

    return meaning


def _like(pattern: str) -> Meaning:
    import re

    expression = "".join(
        ".*" if sign == "%" else "." if sign == "_" else re.escape(sign) for sign in pattern.casefold()
    )
    return lambda record: (
        bool(record["NextStep"]) and re.fullmatch(expression, record["NextStep"].casefold(), re.DOTALL) is not None
    )


operators = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[str, Meaning]:
    kind = draw(st.sampled_from(["text", "number", "whole", "day", "instant", "flag", "null", "in", "like"]))
    if kind == "text":
        operator, text = draw(st.sampled_from(["=", "!=", "<", ">="])), draw(st.sampled_from([t for t in TEXTS if t]))
        return f"NextStep {operator} {_quote(text)}", _compare("NextStep", operator, text, fold=True)
    if kind == "number":
        operator = draw(operators)
        number = draw(st.sampled_from([*AMOUNTS, Decimal("1.495"), Decimal("-1.505"), Decimal("1.5000")]))
        return f"Amount {operator} {number}", _compare("Amount", operator, number)
    if kind == "whole":
        operator, whole = draw(operators), draw(st.sampled_from([2024, 2025, 2026]))
        return f"FiscalYear {operator} {whole}", _compare("FiscalYear", operator, whole)
    if kind == "day":
        operator, day = draw(operators), draw(st.sampled_from(DAYS))
        return f"CloseDate {operator} {day}", _compare("CloseDate", operator, day)
    if kind == "instant":
        operator, moment = (
            draw(operators),
            draw(st.sampled_from([*INSTANTS, INSTANTS[0] + timedelta(milliseconds=500)])),
        )
        return f"LastModifiedDate {operator} {moment.isoformat(timespec='milliseconds')}", _compare(
            "LastModifiedDate", operator, moment
        )
    if kind == "flag":
        operator, flag = draw(st.sampled_from(["=", "!="])), draw(st.booleans())
        return f"IsWon {operator} {str(flag).upper()}", _compare("IsWon", operator, flag)
    if kind == "null":
        operator, name = draw(st.sampled_from(["=", "!="])), draw(st.sampled_from(["NextStep", "Amount", "CloseDate"]))
        return (
            f"{name} {operator} null",
            lambda record: (
                ((record[name] or None if name == "NextStep" else record[name]) is None) == (operator == "=")
            ),
        )
    if kind == "in":
        negated, texts = (
            draw(st.booleans()),
            draw(st.lists(st.sampled_from([t for t in TEXTS if t]), min_size=1, max_size=3)),
        )
        folded = {t.casefold() for t in texts}
        inside: Meaning = lambda record: bool(record["NextStep"]) and record["NextStep"].casefold() in folded  # noqa: E731
        listed = ", ".join(map(_quote, texts))
        return f"NextStep {'NOT ' if negated else ''}IN ({listed})", (lambda r: not inside(r)) if negated else inside
    pattern = draw(st.sampled_from(["%", "be%", "%a", "_lpha", "1%", "%'%", "a_b"]))
    return f"NextStep LIKE {_quote(pattern)}", _like(pattern)


@st.composite
def conditions(draw: st.DrawFn, depth: int = 3) -> tuple[str, Meaning]:
    shape = draw(st.sampled_from(["plain", "and", "or", "not"])) if depth else "plain"
    if shape == "plain":
        return draw(comparisons())
    if shape == "not":
        text, meaning = draw(conditions(depth - 1))
        return f"NOT ({text})", lambda record: not meaning(record)
    parts = draw(st.lists(conditions(depth - 1), min_size=2, max_size=3))
    text = f" {shape.upper()} ".join(f"({part})" for part, _ in parts)
    together = all if shape == "and" else any
    return text, lambda record: together(meaning(record) for _, meaning in parts)


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrgStore]:
    with OrgStore.create(tmp_path_factory.mktemp("soql") / "org.sqlite", {}, STARTS) as store:
        yield store


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(records=records, condition=conditions())
def test_random_conditions_find_what_a_plain_evaluation_finds(
    playground: OrgStore, records: list[Record], condition: tuple[str, Meaning]
) -> None:
    text, meaning = condition
    with playground.writing() as connection:
        connection.execute('DELETE FROM "Opportunity"')
        keys = []
        for number, record in enumerate(records, 1):
            keys.append(made_id("006", number, "Hb0"))
            playground.insert("Opportunity", {"Id": keys[-1], "Name": f"n{number}", **record})
        connection.execute('DELETE FROM "OpportunityHistory"')
    expected = [key for key, record in zip(keys, records, strict=True) if meaning(record)]
    assert [row[0] for row in rows(playground, f"SELECT Id FROM Opportunity WHERE {text}")] == expected


def test_the_small_org_is_what_these_tests_think_it_is() -> None:
    assert [len(small_records()[name]) for name in ("Account", "Opportunity")] == [4, 5]
