"""Checklist of export ugliness, numbers 1, 2, 24: encodings, delimiters, quotes."""

from __future__ import annotations

from pathlib import Path

import pytest

from partnerops_pipeline.intake.errors import FileRefused
from tests.intake.inbox import profile, read, reasons, values

TEXT = "Partner ID,Partner Name,Tier\n1,Müller & Söhne GmbH,Gold\n2,Łódź Sp. z o.o.,Silver\n"
WESTERN = "Partner ID,Partner Name,Tier\n1,Müller & Söhne – “GmbH”,Gold\n2,Société Générale €,Silver\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_with_and_without_a_mark_is_recognised(tmp_path: Path, encoding: str) -> None:
    parsed = read(TEXT.encode(encoding), profile(tmp_path))
    assert values(parsed, "name") == ["Müller & Söhne GmbH", "Łódź Sp. z o.o."]


def test_text_of_windows_is_recognised_without_being_declared(tmp_path: Path) -> None:
    parsed = read(WESTERN.encode("cp1252"), profile(tmp_path))
    assert values(parsed, "name") == ["Müller & Söhne – “GmbH”", "Société Générale €"]


def test_the_declared_encoding_wins_over_what_the_bytes_look_like(tmp_path: Path) -> None:
    parsed = read("Partner ID,Partner Name\n1,Café\n".encode(), profile(tmp_path, "encoding: cp1252"))
    assert values(parsed, "name") == ["CafÃ©"]


def test_a_file_with_a_mark_is_read_by_the_mark_where_utf_8_is_declared(tmp_path: Path) -> None:
    parsed = read(TEXT.encode("utf-8-sig"), profile(tmp_path, "encoding: utf-8"))
    assert values(parsed, "partner_id") == ["1", "2"]


def test_bytes_that_are_not_of_the_declared_encoding_are_refused_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="Line 2 of the file is not utf-8 text"):
        read(WESTERN.encode("cp1252"), profile(tmp_path, "encoding: utf-8"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_headers(tmp_path: Path, delimiter: str) -> None:
    parsed = read(TEXT.replace(",", delimiter), profile(tmp_path))
    assert values(parsed, "tier") == ["Gold", "Silver"]


def test_commas_in_names_do_not_outvote_the_delimiter_of_the_header(tmp_path: Path) -> None:
    parsed = read("Partner ID;Partner Name;Tier\n1;a, b, c, d;Gold\n2;e, f, g, h;Gold\n", profile(tmp_path))
    assert values(parsed, "name") == ["a, b, c, d", "e, f, g, h"]


def test_the_declared_delimiter_wins(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="No row of the file names a column"):
        read(TEXT, profile(tmp_path, "delimiter: ';'"))


def test_the_line_by_which_excel_names_its_delimiter_is_understood(tmp_path: Path) -> None:
    parsed = read("sep=;\r\nPartner ID;Partner Name\r\n1;Contoso\r\n", profile(tmp_path))
    assert values(parsed, "name") == ["Contoso"]


def test_cells_over_several_lines_stay_one_cell(tmp_path: Path) -> None:
    parsed = read('Partner ID,Partner Name\r\n1,"two\r\nlines, and ""quotes"""\r\n2,b\r\n', profile(tmp_path))
    assert values(parsed, "name") == ['two\r\nlines, and "quotes"', "b"]
    assert [record.number for record in parsed.records] == [2, 4]


def test_a_quote_in_a_bare_cell_is_a_character(tmp_path: Path) -> None:
    assert values(read('Partner ID,Partner Name\n1,5" disks\n', profile(tmp_path)), "name") == ['5" disks']


def test_an_unescaped_quote_costs_its_own_row_and_no_other(tmp_path: Path) -> None:
    parsed = read('Partner ID,Partner Name\n1,"The "best" one"\n2,b\n', profile(tmp_path))
    assert values(parsed, "partner_id") == ["2"]
    assert reasons(parsed) == {2: "A quotation mark inside a cell is not doubled."}
    assert parsed.rejected[0].key == "1"


def test_a_quote_that_never_closes_costs_its_own_row_and_no_other(tmp_path: Path) -> None:
    lines = "".join(f"{n},name {n}\n" for n in range(2, 1500))
    parsed = read(f'Partner ID,Partner Name\n1,"never closed\n{lines}', profile(tmp_path))
    assert parsed.facts.landed == 1498
    assert reasons(parsed) == {2: "A quotation mark opens a cell that never closes."}


def test_rows_of_another_width_are_set_aside_but_trailing_delimiters_are_not(tmp_path: Path) -> None:
    parsed = read("Partner ID,Partner Name,Tier\n1,a,Gold,,\n2,b,Gold,x\n3,c\n", profile(tmp_path))
    assert values(parsed, "partner_id") == ["1"]
    assert reasons(parsed) == {
        3: "The row has 4 cells, and the header has 3.",
        4: "The row ends after 2 of 3 cells.",
    }
