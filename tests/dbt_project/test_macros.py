"""The macros' SQL as dbt compiles it, run in DuckDB on many values and compared with Python's own arithmetic."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
import pytest

from partnerops_pipeline.warehouse.dbt import DbtProjectRun
from tests.dbt_project.conftest import PROJECT, EmptyBuild

pytestmark = pytest.mark.xdist_group("dbt_project")

SNIPPETS = {
    "money": "{{ divide_money('amount', 'rate') }}",
    "ratio": "{{ safe_divide('numerator', 'denominator') }}",
    "id18": "{{ id18('id') }}",
    "domain": "{{ domain_of('website') }}",
    "month_start": "{{ month_start('month_index') }}",
    "days": "{{ days_between('first_day', 'second_day') }}",
    "instant": "{{ instant_plus_days('instant', 'days') }}",
}
_BETWEEN = "\n-----\n"


@pytest.fixture(scope="module")
def macros(empty_build: EmptyBuild) -> dict[str, str]:
    """Each snippet as SQL; all in one dbt command, on the manifest that is parsed already."""
    inline = DbtProjectRun(PROJECT, empty_build.run.warehouse_path, empty_build.run.target_dir / "inline")
    done = inline._invoke(["compile", "--inline", _BETWEEN.join(SNIPPETS.values())], inline.parse())
    (compiled,) = done.result.results
    return dict(zip(SNIPPETS, compiled.node.compiled_code.split(_BETWEEN.strip()), strict=True))


def half_up(numerator: Decimal, denominator: Decimal, places: int) -> Decimal:
    """Python's own division, rounded once, half away from zero."""
    with localcontext() as context:
        context.prec = 60
        exact = abs(numerator) / abs(denominator)
        rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return rounded if (numerator < 0) == (denominator < 0) else -rounded


def column(sql: str, names: str, types: str, rows: list[tuple[object, ...]]) -> list[object]:
    """The expression's value for each row, in order."""
    with duckdb.connect() as connection:
        listed = ", ".join(f"{name} {kind}" for name, kind in zip(names.split(), types.split(), strict=True))
        connection.execute(f"create table v (place bigint, {listed})")
        marks = ", ".join("?" for _ in names.split())
        for start in range(0, len(rows), 500):
            part = rows[start : start + 500]
            values = ", ".join(f"({start + i}, {marks})" for i in range(len(part)))
            connection.execute(f"insert into v values {values}", [value for row in part for value in row])
        return [row[0] for row in connection.execute(f"select {sql} from v order by place").fetchall()]


def test_money_is_divided_as_python_decimal_does(macros: dict[str, str]) -> None:
    chance = random.Random(20260630)
    rows = [
        (Decimal(chance.randint(-(10**chance.randint(1, 15)), 10 ** chance.randint(1, 15))).scaleb(-2),
         Decimal(chance.randint(1, 10 ** chance.randint(1, 11))).scaleb(-6))
        for _ in range(20_000)
    ]  # fmt: skip
    # every quotient that ends in exactly half a cent, up to a hundred
    rows += [
        (Decimal(n).scaleb(-2), rate)
        for n in range(-100, 101)
        for rate in (Decimal(2), Decimal("0.08"), Decimal("0.8"))
    ]
    fitting = [(a, r) for a, r in rows if abs(a / r) < Decimal(10) ** 15]
    assert len(fitting) > 10_000
    found = column(macros["money"], "amount rate", "decimal(18,2) decimal(18,6)", fitting)
    assert found == [half_up(amount, rate, 2) for amount, rate in fitting]


def test_a_rate_is_rounded_once_and_half_away_from_zero(macros: dict[str, str]) -> None:
    chance = random.Random(7)
    rows = [
        (Decimal(chance.randint(-(10**14), 10**14)).scaleb(-2), Decimal(chance.randint(1, 10**12)).scaleb(-2))
        for _ in range(5_000)
    ]
    rows += [
        (Decimal(1), Decimal(2_000_000)),
        (Decimal(-1), Decimal(2_000_000)),
        (Decimal(1), Decimal(3)),
        (Decimal(2), Decimal(3)),
    ]
    fitting = [(n, d) for n, d in rows if abs(n / d) < Decimal(10) ** 11]
    found = column(macros["ratio"], "numerator denominator", "decimal(18,6) decimal(18,6)", fitting)
    assert found == [half_up(numerator, denominator, 6) for numerator, denominator in fitting]
    assert found[-4:] == [Decimal("0.000001"), Decimal("-0.000001"), Decimal("0.333333"), Decimal("0.666667")]


def test_nothing_is_divided_by_nothing(macros: dict[str, str]) -> None:
    rows = [(Decimal(1), Decimal(0)), (Decimal(1), None), (None, Decimal(1)), (Decimal(0), Decimal(5))]
    found = column(macros["ratio"], "numerator denominator", "decimal(18,6) decimal(18,6)", rows)
    assert found == [None, None, None, Decimal(0)]


def test_short_ids_become_long_ones_and_long_ones_stay(macros: dict[str, str]) -> None:
    """The pair at the end is one real id in both forms; the others are worked out by hand, capitals by fives."""
    rows = [
        ("0018000000MGHZ6",),
        ("001D000000IRFma",),
        ("aaaaaaaaaaaaaaa",),
        ("ZZZZZZZZZZZZZZZ",),
        ("001D000000IRFmaIAH",),
        (None,),
    ]
    found = column(macros["id18"], "id", "varchar", rows)

    def by_hand(short: str) -> str:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
        chunks = (short[i : i + 5] for i in (0, 5, 10))
        return short + "".join(letters[sum(1 << i for i, c in enumerate(chunk) if "A" <= c <= "Z")] for chunk in chunks)

    assert found == [*(by_hand(row[0]) for row in rows[:4] if row[0]), "001D000000IRFmaIAH", None]
    assert found[1] == "001D000000IRFmaIAH"


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Acme.example/contact?x=1", "acme.example"),
        ("acme.example:8080", "acme.example"),
        ("  HTTP://shop.acme.example#top", "shop.acme.example"),
        ("www.acme.example", "acme.example"),
        ("https://", None),
        ("", None),
        (None, None),
    ],
)
def test_domain_is_what_is_left_of_an_address(macros: dict[str, str], website: str | None, domain: str | None) -> None:
    assert column(macros["domain"], "website", "varchar", [(website,)]) == [domain]


def test_months_carry_over_the_turn_of_a_year(macros: dict[str, str]) -> None:
    rows = [(2024 * 12 + 0,), (2024 * 12 + 11,), (2024 * 12 + 12,), (2024 * 12 - 1,)]
    assert column(macros["month_start"], "month_index", "bigint", rows) == [
        date(2024, 1, 1), date(2024, 12, 1), date(2025, 1, 1), date(2023, 12, 1),
    ]  # fmt: skip


def test_days_between_go_forward_and_see_leap_days(macros: dict[str, str]) -> None:
    rows = [
        (date(2024, 2, 28), date(2024, 3, 1)),
        (date(2023, 2, 28), date(2023, 3, 1)),
        (date(2024, 3, 1), date(2024, 2, 28)),
    ]
    assert column(macros["days"], "first_day second_day", "date date", rows) == [2, 1, -2]


def test_a_day_after_an_instant_is_24_hours_whatever_the_clocks_do(macros: dict[str, str]) -> None:
    noon = datetime.fromisoformat("2024-03-09T12:00:00")  # naive, as the warehouse shows UTC; clocks change that night
    rows = [(noon, 1), (noon, -90)]
    assert column(macros["instant"], "instant days", "timestamp bigint", rows) == [
        noon + timedelta(days=days) for _, days in rows
    ]
