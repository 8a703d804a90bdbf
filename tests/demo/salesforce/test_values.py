from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnerops_pipeline.demo.salesforce.ids import id18, made_id
from partnerops_pipeline.demo.salesforce.schema import parse_field
from partnerops_pipeline.demo.salesforce.values import UnusableValue, from_json, from_stored, rendered, to_stored

MONEY = parse_field("Amount", "currency(18,2)")


def through_sqlite(declaration: str, value: Any, *, bulk: bool = False) -> str | None:
    """The text that an answer would carry for a value."""
    one = parse_field("X", declaration)
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (?)", (to_stored(one)(value),))
        return connection.execute(f"SELECT {rendered(one, 'x', bulk=bulk)} FROM t").fetchone()[0]


@given(st.decimals(min_value=Decimal("-9999999999999999.99"), max_value=Decimal("9999999999999999.99"), places=2))
def test_eighteen_digits_of_money_survive_storage_and_rendering(amount: Decimal) -> None:
    assert from_stored(MONEY, to_stored(MONEY)(amount)) == amount
    text = through_sqlite("currency(18,2)", amount)
    assert text is not None and Decimal(text) == amount and "." in text and "E" not in text


@pytest.mark.parametrize(
    ("declaration", "value", "text"),
    [
        ("currency(18,2)", Decimal("1000000000"), "1000000000.0"),
        ("currency(18,2)", Decimal("-0.05"), "-0.05"),
        ("currency(18,2)", Decimal("12.50"), "12.5"),
        ("percent(3,0)", Decimal(10), "10.0"),
        ("double(18,6)", Decimal("0.000001"), "0.000001"),
        ("int", 42, "42"),
        ("boolean", True, "true"),
        ("boolean", None, "false"),
        ("date", date(2024, 2, 29), "2024-02-29"),
        ("time", "09:30:00", "09:30:00.000Z"),
        ("string(20)", "00501", "00501"),
        ("string(20)", "NA", "NA"),
        ("string(20)", "", None),
        ("ref(Account)", "001Hb0000000001", "001Hb0000000001IAA"),
    ],
)
def test_values_are_written_as_salesforce_writes_them(declaration: str, value: Any, text: str | None) -> None:
    assert through_sqlite(declaration, value) == text


def test_instants_are_utc_to_the_second_in_the_form_of_each_api() -> None:
    berlin = datetime(2026, 3, 29, 3, 0, 0, 999_000, tzinfo=timezone(timedelta(hours=2)))
    assert through_sqlite("datetime", berlin) == "2026-03-29T01:00:00.000+0000"
    assert through_sqlite("datetime", berlin, bulk=True) == "2026-03-29T01:00:00.000Z"


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ("currency(18,2)", 12.5),
        ("currency(18,2)", Decimal("0.001")),
        ("currency(18,2)", Decimal("1e18")),
        ("int", True),
        ("int", "5"),
        ("boolean", 1),
        ("date", datetime(2026, 1, 1, tzinfo=UTC)),
        ("datetime", datetime(2026, 1, 1)),  # noqa: DTZ001 - a naive instant is what is refused
        ("datetime", date(2026, 1, 1)),
        ("string(20)", 5),
        ("time", "half past nine"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_not_bent(declaration: str, value: Any) -> None:
    with pytest.raises(UnusableValue):
        to_stored(parse_field("X", declaration))(value)


def test_values_from_json_are_typed_and_rounded_like_salesforce_rounds() -> None:
    assert from_json(MONEY, Decimal("1.005")) == Decimal("1.01")
    assert from_json(MONEY, "") is None
    assert from_json(parse_field("D", "datetime"), "2026-07-01T01:00:00.000+0200") == datetime(
        2026, 6, 30, 23, tzinfo=UTC
    )
    assert from_json(parse_field("B", "boolean"), "true") is True
    with pytest.raises(UnusableValue):
        from_json(parse_field("D", "date"), "yesterday")


def test_check_letters_tell_which_of_the_fifteen_are_upper_case() -> None:
    assert id18("00530000009M943") == "00530000009M943AAC"
    assert id18("0063000000AbCdE") == "0063000000AbCdEAAV"
    assert id18("not an id") == "not an id"
    assert made_id("001", 61).endswith(id18(made_id("001", 61)[:15])[15:]) and made_id("001", 1) < made_id("001", 62)
