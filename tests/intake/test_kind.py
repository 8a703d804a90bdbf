"""Checklist of export ugliness, numbers 25, 26, 29: files that are not what their name says."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from partnerops_pipeline.intake.errors import FileRefused
from partnerops_pipeline.intake.kind import kind_of
from tests.intake.inbox import profile, read, workbook

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def packed(name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, "x")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
        (OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "old Excel format"),
        (b"\r\n<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table>", "web page"),
        (b"\xef\xbb\xbf<!DOCTYPE html><table>", "web page"),
        (b"<?xml version='1.0'?><Workbook>", "web page or XML"),
        (b"%PDF-1.7", "PDF"),
        (packed("partners.csv"), "zip archive. Unpack it"),
        (packed("xl/workbook.bin"), "xlsb"),
        (packed("content.xml"), "OpenDocument"),
        (b"PK\x03\x04 not really", "damaged or only half copied"),
        (b"\x1f\x8b\x08", "packed archive"),
        (b'[{"id": 1}]', "JSON"),
        (b'{"data": {"results": []}}', "JSON"),
        (b'{"id": 1}\n{"id": 2}\n', "JSON"),
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
    ],
)
def test_what_is_no_table_is_refused_with_what_it_is(content: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence):
        kind_of(content)


def test_text_is_text_and_a_workbook_a_workbook_whatever_the_name(tmp_path: Path) -> None:
    assert kind_of(b"Partner ID\tPartner Name") == "csv"
    assert kind_of(workbook([["a"]])) == "xlsx"
    text = "Partner ID\tPartner Name\r\n1\ta\r\n".encode("utf-16")
    assert read(text, profile(tmp_path), "SAP list 2026-06-30.xls").facts.landed == 1


def test_a_workbook_for_a_text_profile_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"is an Excel workbook \(.xlsx\).*Export it as .csv"):
        read(workbook([["Partner ID", "Partner Name"], [1, "a"]]), profile(tmp_path))
