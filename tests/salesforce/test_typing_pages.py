from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnerops_pipeline.salesforce.errors import UnusableAnswer
from partnerops_pipeline.salesforce.typing_pages import PageStamp, type_page, write_rest_page

STAMP = PageStamp("batch-1", datetime(2026, 7, 1, 1, tzinfo=UTC))
COLUMNS = {
    "Id": "VARCHAR",
    "IsDeleted": "BOOLEAN",
    "MasterRecordId": "VARCHAR",
    "Name": "VARCHAR",
    "Amount": "DECIMAL(18,2)",
    "Count__c": "BIGINT",
    "CloseDate": "DATE",
    "SystemModstamp": "TIMESTAMPTZ",
}


def read(path: Path, select: str = "*") -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection.execute(f"SELECT {select} FROM read_parquet('{path}') ORDER BY Id").fetchall()


def bulk_csv(path: Path, rows: list[list[str]], header: list[str] | None = None) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([header or list(COLUMNS), *rows])
    return path


def row(id: str, name: str = "x", **values: str) -> list[str]:
    base = dict.fromkeys(COLUMNS, "") | {"Id": id, "Name": name, "IsDeleted": "false"} | values
    return [base[column] for column in COLUMNS]


@pytest.mark.parametrize(
    "text",
    [
        "NA", "null", "None", "true", "007", "0012345", "a\nb", "a\r\nb", "\n", 'say "hi", twice', '"', "a;b;c",
        "  blank  ", "\\N", "é 😀 漢字", "x\x00y", "z" * 200_000, "'; DROP TABLE x; --", "2024-01-01",
    ],
)  # fmt: skip
def test_text_arrives_as_it_was(tmp_path: Path, text: str) -> None:
    page = bulk_csv(tmp_path / "p.csv", [row("1", "before"), row("2", text), row("3", "after")])
    typed = type_page(page, tmp_path / "p.parquet", COLUMNS, STAMP)
    assert typed.rows == 3
    assert [value for (value,) in read(typed.path, "Name")] == ["before", text, "after"]


def test_values_get_their_exact_types(tmp_path: Path) -> None:
    values = {
        "Amount": "12345678901234.56",
        "Count__c": "42",
        "CloseDate": "2026-02-28",
        "SystemModstamp": "2024-09-24T03:26:07.123Z",
    }
    page = bulk_csv(tmp_path / "p.csv", [row("1", **values), row("2", Amount="1.25E7"), row("3")])
    typed = type_page(page, tmp_path / "p.parquet", COLUMNS, STAMP)
    got = read(typed.path, "Amount, Count__c, CloseDate, epoch_ms(SystemModstamp)")
    assert got[0] == (Decimal("12345678901234.56"), 42, date(2026, 2, 28), 1727148367123)
    assert got[1][0] == Decimal("12500000.00")
    assert got[2] == (None, None, None, None)
    types = {name: kind for name, kind, *_ in duckdb.execute(f"DESCRIBE SELECT * FROM '{typed.path}'").fetchall()}
    assert types["SystemModstamp"] == "TIMESTAMP WITH TIME ZONE"
    assert types["Amount"] == "DECIMAL(18,2)"


def test_a_folder_with_signs_of_patterns_is_a_folder(tmp_path: Path) -> None:
    for name, who in (("a*", "right"), ("ab", "wrong")):
        (tmp_path / name).mkdir()
        bulk_csv(tmp_path / name / "p.csv", [row("1", who)])
    typed = type_page(tmp_path / "a*" / "p.csv", tmp_path / "p.parquet", COLUMNS, STAMP)
    assert typed.rows == 1
    assert read(typed.path, "Name") == [("right",)]


def test_the_machines_zone_does_not_shift_instants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    page = bulk_csv(tmp_path / "p.csv", [row("1", SystemModstamp="2024-09-24T03:26:07.000Z")])
    typed = type_page(page, tmp_path / "p.parquet", COLUMNS, STAMP)
    assert read(typed.path, "epoch_ms(SystemModstamp), epoch_ms(_extracted_at)") == [(1727148367000, 1782867600000)]


def test_deletions_say_their_kind(tmp_path: Path) -> None:
    rows = [row("1"), row("2", IsDeleted="true"), row("3", IsDeleted="true", MasterRecordId="1")]
    typed = type_page(bulk_csv(tmp_path / "p.csv", rows), tmp_path / "p.parquet", COLUMNS, STAMP)
    assert read(typed.path, "_is_deleted, _deleted_kind, _batch_id") == [
        (False, None, "batch-1"),
        (True, "soft", "batch-1"),
        (True, "merge", "batch-1"),
    ]


def test_an_object_without_deletions_is_never_deleted(tmp_path: Path) -> None:
    page = tmp_path / "p.csv"
    page.write_text('"Id"\n"1"\n')
    typed = type_page(page, tmp_path / "p.parquet", {"Id": "VARCHAR"}, STAMP)
    assert read(typed.path, "_is_deleted, _deleted_kind") == [(False, None)]


def test_a_value_that_does_not_fit_is_null_and_told(tmp_path: Path) -> None:
    page = bulk_csv(
        tmp_path / "p.csv", [row("1", Amount="12.50"), row("2", Amount="a lot"), row("3", CloseDate="2026-02-30")]
    )
    typed = type_page(page, tmp_path / "p.parquet", COLUMNS, STAMP)
    assert typed.rows == 3
    assert typed.bad_count == 2
    assert {(bad.record_id, bad.field, bad.value) for bad in typed.bad_values} == {
        ("2", "Amount", "a lot"),
        ("3", "CloseDate", "2026-02-30"),
    }
    assert read(typed.path, "Amount") == [(Decimal("12.50"),), (None,), (None,)]


def test_columns_in_another_order_and_a_missing_header_are_understood(tmp_path: Path) -> None:
    turned = list(reversed(COLUMNS))
    page = bulk_csv(tmp_path / "p.csv", [list(reversed(row("1", "Anna", Amount="5")))], header=turned)
    assert read(type_page(page, tmp_path / "a.parquet", COLUMNS, STAMP).path, "Name, Amount") == [
        ("Anna", Decimal("5.00"))
    ]
    bare = bulk_csv(tmp_path / "q.csv", [row("2", "Berta")], header=row("1", "Anna"))
    assert read(type_page(bare, tmp_path / "b.parquet", COLUMNS, STAMP).path, "Name") == [("Anna",), ("Berta",)]


def test_a_page_of_other_columns_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "p.csv"
    page.write_text('"Id","Name"\n"1","x"\n')
    with pytest.raises(UnusableAnswer, match="2 columns where 8 were asked for"):
        type_page(page, tmp_path / "p.parquet", COLUMNS, STAMP)


def test_an_empty_page_has_no_rows(tmp_path: Path) -> None:
    assert type_page(bulk_csv(tmp_path / "p.csv", []), tmp_path / "p.parquet", COLUMNS, STAMP).rows == 0


@pytest.mark.parametrize(("rows", "letters"), [(300_000, 200), (500, 130_000)])
def test_a_page_larger_than_the_memory_it_may_have_arrives_whole(tmp_path: Path, rows: int, letters: int) -> None:
    """64 MB of text: many short rows, or few so long that a single batch of DuckDB's is more than that."""
    page = tmp_path / "p.csv"
    filler = "x" * (letters - 20)
    with page.open("w") as out:
        out.write('"Id","Name"\n')
        out.writelines(f'"{number:018}","{number:020}{filler}"\n' for number in range(rows))
    typed = type_page(page, tmp_path / "p.parquet", {"Id": "VARCHAR", "Name": "VARCHAR"}, STAMP)
    assert typed.rows == rows
    with duckdb.connect() as connection:
        told = connection.execute(
            "SELECT count(DISTINCT Id), sum(length(Name)), count(*) FILTER (left(Name, 20)::INT = Id::INT) FROM "
            f"read_parquet('{typed.path}')"
        ).fetchone()
    assert told == (rows, rows * letters, rows)
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".scratch"] == []


def test_a_page_cut_in_the_middle_of_a_value_is_not_taken_for_whole(tmp_path: Path) -> None:
    page = bulk_csv(tmp_path / "p.csv", [row(str(n), "text " * 20) for n in range(100)])
    page.write_bytes(page.read_bytes()[:-200])
    try:
        rows = type_page(page, tmp_path / "p.parquet", COLUMNS, STAMP).rows
    except UnusableAnswer:
        return
    assert rows < 100


_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="@"), min_size=1, max_size=40)
_RECORDS = st.lists(
    st.tuples(
        st.none() | _TEXT,
        st.none() | st.decimals(min_value="-99999999999", max_value="99999999999", places=2, allow_nan=False),
        st.none() | st.integers(-(10**12), 10**12),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=_RECORDS)
def test_a_record_is_equal_by_rest_and_by_bulk(tmp_path: Path, records: list[tuple[Any, ...]]) -> None:
    columns = {
        "Id": "VARCHAR",
        "Name": "VARCHAR",
        "Amount": "DECIMAL(18,2)",
        "Count__c": "BIGINT",
        "IsDeleted": "BOOLEAN",
    }
    rows = [(f"{n:03}", *record) for n, record in enumerate(records)]
    wire = json.dumps(
        [
            dict(zip(columns, (one[0], one[1], "@" if one[2] is not None else None, *one[3:]), strict=True))
            for one in rows
        ]
    )
    for one in rows:
        wire = wire.replace('"@"', str(one[2]), 1) if one[2] is not None else wire
    rest = tmp_path / "rest.csv"
    write_rest_page(json.loads(wire, parse_float=str), list(columns), rest)
    bulk = tmp_path / "bulk.csv"
    with bulk.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(columns)
        for one in rows:
            writer.writerow(
                [
                    "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
                    for value in one
                ]
            )
    by_rest = read(type_page(rest, tmp_path / "rest.parquet", columns, STAMP).path)
    by_bulk = read(type_page(bulk, tmp_path / "bulk.parquet", columns, STAMP).path)
    assert by_rest == by_bulk
    assert [one[:5] for one in by_rest] == [tuple(one) for one in rows]
