"""Checklist of export ugliness, numbers 9, 14, 30: what a workbook does to dates, numbers and formulas."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from partnerops_pipeline.intake.errors import FileRefused
from tests.intake.inbox import profile, read, reasons, values, workbook

HEADER = ["Partner ID", "Partner Name", "Joined On", "Changed", "Amount", "Active"]
NAME = "partners_2026-06-30.xlsx"


@pytest.mark.parametrize("since_1904", [False, True])
def test_date_cells_are_dates_in_both_calendars_of_excel(tmp_path: Path, since_1904: bool) -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"date_1904": since_1904})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    sheet.write_string(1, 0, "1")
    sheet.write_string(1, 1, "a")
    sheet.write_datetime(
        1, 2, datetime(2026, 2, 1, tzinfo=UTC).replace(tzinfo=None), book.add_format({"num_format": "d/m/yy"})
    )
    moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
    sheet.write_datetime(1, 3, datetime(2026, 2, 1, 14, 5, tzinfo=UTC).replace(tzinfo=None), moment)
    book.close()
    parsed = read(target.getvalue(), profile(tmp_path, format="xlsx"), NAME)
    assert (values(parsed, "joined"), values(parsed, "changed")) == (["2026-02-01"], ["2026-02-01T14:05:00Z"])


def test_dates_as_cells_and_as_text_come_out_alike(tmp_path: Path) -> None:
    rows = [HEADER, ["1", "a", date(2026, 2, 1)], ["2", "b", "01/02/2026"], ["3", "c", "2026-02-01"]]
    using = profile(tmp_path, format="xlsx", joined=', formats: ["%d/%m/%Y"]')
    assert values(read(workbook(rows), using, NAME), "joined") == ["2026-02-01"] * 3


@pytest.mark.parametrize(
    ("number", "text"),
    [(5, "5"), (5.0, "5"), (1234.5, "1234.5"), (0.1 + 0.2, "0.3"), (0.07, "0.07"), (1e-7, "0.0000001"),
     (123456789012345, "123456789012345"), (-2.50, "-2.5"), (99999999999.99, "99999999999.99")],
)  # fmt: skip
def test_numbers_are_written_out_as_excel_shows_them(tmp_path: Path, number: float, text: str) -> None:
    parsed = read(workbook([HEADER, ["1", "a", None, None, number]]), profile(tmp_path, format="xlsx"), NAME)
    assert values(parsed, "amount") == [text]


def test_an_id_of_more_than_fifteen_digits_is_safe_as_text_and_costs_its_row_as_number(tmp_path: Path) -> None:
    rows: list[list[Any]] = [HEADER, [1234567890123456789, "a"], ["1234567890123456789", "b"], [42, "c"]]
    parsed = read(workbook(rows), profile(tmp_path, format="xlsx"), NAME)
    assert values(parsed, "partner_id") == ["1234567890123456789", "42"]
    assert "more than 15 digits" in reasons(parsed)[2]


def test_a_formula_that_was_never_calculated_refuses_the_workbook(tmp_path: Path) -> None:
    rows = [HEADER, ["1", "a", None, None, "=2*3"]]
    with pytest.raises(FileRefused, match="formula in cell E2 of sheet Partners was never calculated"):
        read(workbook(rows), profile(tmp_path, format="xlsx"), NAME)


def test_a_calculated_formula_gives_its_value(tmp_path: Path) -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ["1", "a"])
    sheet.write_formula(1, 4, "=2*3", None, 6)
    book.close()
    assert values(read(target.getvalue(), profile(tmp_path, format="xlsx"), NAME), "amount") == ["6"]


def test_error_cells_are_counted_and_not_taken_for_nothing(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([HEADER, ["1", "a"], ["2", "b"]])))
    sheet = book["Partners"]
    for cell, error in (("E2", "#REF!"), ("E3", "#N/A")):
        sheet[cell] = error
        sheet[cell].data_type = "e"
    target = io.BytesIO()
    book.save(target)
    parsed = read(target.getvalue(), profile(tmp_path, format="xlsx"), NAME)
    assert values(parsed, "amount") == ["#REF!", None]
    assert parsed.facts.unparseable == {"amount": 1}


def test_row_numbers_are_those_of_the_sheet(tmp_path: Path) -> None:
    parsed = read(workbook([["Title"], [], HEADER, [], ["1", "a"]]), profile(tmp_path, format="xlsx"), NAME)
    assert [record.number for record in parsed.records] == [5]


def test_booleans_and_blank_columns_of_a_sheet_are_read(tmp_path: Path) -> None:
    rows = [[None, *HEADER], [None, "1", "a", None, None, None, True], [None, "2", "b", None, None, None, False]]
    parsed = read(workbook(rows), profile(tmp_path, format="xlsx"), NAME)
    assert values(parsed, "active") == ["true", "false"]


def test_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([HEADER, ["1", "seen"]], Old=[HEADER, ["2", "hidden"]])))
    book["Old"].sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    assert values(read(target.getvalue(), profile(tmp_path, format="xlsx"), NAME), "name") == ["seen"]


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    content = workbook([HEADER, ["1", "a"]])
    with pytest.raises(FileRefused, match="damaged or only half copied"):
        read(content[: len(content) // 2], profile(tmp_path, format="xlsx"), NAME)
