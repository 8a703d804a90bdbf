"""What holds for any file: every row is landed or set aside, and nothing depends on the order of rows."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partnerops_pipeline.intake.errors import FileRefused
from partnerops_pipeline.intake.parse import parse
from partnerops_pipeline.intake.profile import Profile, load_profile
from partnerops_pipeline.intake.text import clean
from tests.intake.inbox import profile, profile_text, read, reasons, values, workbook

TEXT_ONLY: dict[str, Any] = {
    "name": "any", "title": "any", "source": "any", "table": "any", "as_of": {"from": "name"}, "key": ["k"],
    "null_tokens": [], "skip": {"patterns": []}, "columns": {"k": {"type": "id"}, "a": {}, "b": {}},
}  # fmt: skip


@pytest.fixture
def using(tmp_path: Path) -> Profile:
    return profile(tmp_path)


@pytest.fixture
def books(tmp_path: Path) -> Profile:
    return profile(tmp_path, format="xlsx")


FILE = "any_2026-06-30"
# Everything that a text file or a sheet can hold; a lone carriage return is a line break to a csv reader.
LETTERS = st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufeff\ufffe\uffff")
CELL = st.text(st.one_of(LETTERS, st.sampled_from("\n\t,;|\"' ")), max_size=12)
TABLE = st.lists(st.tuples(CELL, CELL), max_size=12)


def as_read(table: list[tuple[str, str]]) -> list[tuple[str | None, str | None]]:
    return [(clean(a) or None, clean(b) or None) for a, b in table]


@settings(deadline=None, max_examples=150)
@given(table=TABLE, delimiter=st.sampled_from(",;\t|"), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_table_written_as_text_is_read_back_equal(
    table: list[tuple[str, str]], delimiter: str, encoding: str
) -> None:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter)
    writer.writerows([("k", "a", "b"), *((f"id{n}", a, b) for n, (a, b) in enumerate(table))])
    parsed = parse(target.getvalue().encode(encoding), FILE, Profile(format="csv", **TEXT_ONLY))
    assert list(zip(values(parsed, "a"), values(parsed, "b"), strict=True)) == as_read(table)
    assert parsed.facts.landed == parsed.facts.rows == len(table)


@settings(deadline=None, max_examples=40)
@given(table=st.lists(st.tuples(*[st.text(LETTERS, max_size=12)] * 2), max_size=8))
def test_any_table_written_as_workbook_is_read_back_equal(table: list[tuple[str, str]]) -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    for row, cells in enumerate([("k", "a", "b"), *((f"id{n}", a, b) for n, (a, b) in enumerate(table))]):
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell)
    book.close()
    parsed = parse(target.getvalue(), FILE, Profile(format="xlsx", **TEXT_ONLY))
    assert list(zip(values(parsed, "a"), values(parsed, "b"), strict=True)) == as_read(table)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(st.sampled_from('1234abTotal,;"\n\r \tE+-\u00a0'), max_size=200))
def test_whatever_stands_below_the_header_is_landed_or_set_aside(using: Profile, body: str) -> None:
    try:
        parsed = read(f"Partner ID,Partner Name,Tier\n{body}", using)
    except FileRefused:
        pytest.fail("a file with a good header was refused")
    facts = parsed.facts
    assert facts.rows == facts.landed + facts.rejected == len(parsed.records) + len(parsed.rejected)
    numbers = [*(record.number for record in parsed.records), *(row.row_number for row in parsed.rejected)]
    assert len(numbers) == len(set(numbers))
    keys = values(parsed, "partner_id")
    assert len(keys) == len(set(keys)) and None not in keys


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_bytes_of_any_kind_are_read_or_refused_with_a_sentence(using: Profile, content: bytes) -> None:
    try:
        read(content, using)
    except FileRefused as refused:
        assert str(refused).endswith((".", ")."))


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_workbook_with_one_wrong_byte_is_read_or_refused_with_a_sentence(
    books: Profile, place: float, byte: int
) -> None:
    content = bytearray(workbook([["Partner ID", "Partner Name"], ["1", "a"]]))
    content[int(place * len(content))] = byte
    try:
        read(bytes(content), books, "p_2026-06-30.xlsx")
    except FileRefused as refused:
        assert "\n" not in str(refused)


def test_equal_rows_stand_once(tmp_path: Path) -> None:
    parsed = read("Partner ID,Partner Name\n1,a\n2,b\n1,a\n1, a\n", profile(tmp_path))
    assert values(parsed, "partner_id") == ["1", "2"]
    assert reasons(parsed) == {4: "The row repeats row 2 exactly.", 5: "The row repeats row 2 exactly."}
    assert {row.rule for row in parsed.rejected} == {"FI-05"}
    assert parsed.facts.repeated_keys == 1


def test_of_two_rows_that_contradict_each_other_none_stands(tmp_path: Path) -> None:
    parsed = read("Partner ID,Partner Name\n1,a\n1,b\n2,c\n", profile(tmp_path))
    assert values(parsed, "partner_id") == ["2"]
    assert reasons(parsed)[2] == "The key stands in row 3 too, with other values, and nothing tells which is right."


def test_of_two_rows_the_newer_stands_where_the_profile_says_how_to_tell(tmp_path: Path) -> None:
    text = "Partner ID,Partner Name,Changed\n1,old,2026-01-01\n1,new,2026-01-02\n2,x,2026-01-01\n2,y,\n"
    parsed = read(text, profile(tmp_path, "newest_by: changed"))
    assert values(parsed, "name") == ["new"]
    assert reasons(parsed)[2] == "Row 3 of the same key is newer by changed."
    assert set(reasons(parsed)) == {2, 4, 5}


def test_which_rows_stand_does_not_depend_on_their_order(tmp_path: Path) -> None:
    lines = [f"{n % 7},name {n % 3},2026-01-0{1 + n % 4}" for n in range(40)] + ["8,x,", ",y,2026-01-01", '9,"a"b",']
    using = profile(tmp_path, "newest_by: changed")
    seen = set()
    for seed in range(6):
        random.Random(seed).shuffle(lines)
        parsed = read("\n".join(["Partner ID,Partner Name,Changed", *lines]), using)
        seen.add((tuple(sorted(map(str, (r.values for r in parsed.records)))), parsed.facts.rejected))
    assert len(seen) == 1


@pytest.mark.parametrize("rows", [999, 1000, 1001, 2000])
def test_a_file_that_ends_exactly_at_a_cap_is_suspected(tmp_path: Path, rows: int) -> None:
    text = "Partner ID,Partner Name\n" + "".join(f"{n},a\n" for n in range(rows))
    assert read(text, profile(tmp_path)).facts.is_capped == (rows in (1000, 2000))


def test_more_rows_than_the_profile_allows_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="3 rows, more than the 2"):
        read("Partner ID,Partner Name\n1,a\n2,b\n3,c\n", profile(tmp_path, "max_rows: 2"))


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("partners_2026-06-30.csv", "2026-06-30T00:00:00+00:00"),
        ("Export 20260630 (2).csv", "2026-06-30T00:00:00+00:00"),
        ("partners_2026.06.30T08-15-30.csv", "2026-06-30T08:15:30+00:00"),
        ("partners_2026-06-30_0815.csv", "2026-06-30T08:15:00+00:00"),
    ],
)
def test_the_moment_of_a_file_stands_in_its_name(tmp_path: Path, name: str, moment: str) -> None:
    as_of = read("Partner ID,Partner Name\n1,a\n", profile(tmp_path), name).facts.as_of
    assert as_of is not None and as_of.isoformat() == moment


@pytest.mark.parametrize("name", ["partners.csv", "partners_30-06-2026.csv", "p_2026-02-30.csv", "p_202606301.csv"])
def test_a_name_without_a_day_refuses_the_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileRefused, match=r"Name it like partners_2026-06-30\.csv"):
        read("Partner ID,Partner Name\n1,a\n", profile(tmp_path), name)


def test_the_moment_of_a_file_may_stand_in_a_column(tmp_path: Path) -> None:
    file = tmp_path / "partners.yaml"
    file.write_text(profile_text().replace("as_of: {from: name}", "as_of: {from: column, column: changed}"))
    using = load_profile(file)
    text = "Partner ID,Partner Name,Changed\n1,a,2026-01-02T03:04:05Z\n2,b,2026-01-01\n"
    assert str(read(text, using, "x.csv").facts.as_of) == "2026-01-02 03:04:05+00:00"
    assert read("Partner ID,Partner Name,Changed\n", using, "x.csv").facts.as_of is None
    with pytest.raises(FileRefused, match="No row has a date in changed"):
        read("Partner ID,Partner Name,Changed\n1,a,\n", using, "x.csv")
