"""What a file is, by its first bytes and not by its name."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Literal

from partnerops_pipeline.intake.errors import FileRefused

MOST_UNPACKED_BYTES = 4 * 1024**3
_MARKUP = re.compile(rb"(<!doctype html|<html|<head|<meta|<table|<style|<\?xml)", re.IGNORECASE)


def kind_of(content: bytes) -> Literal["csv", "xlsx"]:
    """`xlsx`, or `csv` for any delimited text.

    Raises:
        FileRefused: anything else, with what it is and how to save it instead.
    """
    if not content.strip():
        raise FileRefused("The file is empty.", "Export it again.")
    if content.startswith(b"PK"):
        return _packed(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise FileRefused("The workbook is protected with a password.", "Remove the password and drop it again.")
        raise FileRefused("The file is a workbook of the old Excel format (.xls).", "Save it as .xlsx or .csv.")
    if content.startswith(b"%PDF"):
        raise FileRefused("The file is a PDF.", "Export the table as .xlsx or .csv.")
    if content.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")):
        raise FileRefused("The file is a packed archive.", "Unpack it and drop the files one by one.")
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _MARKUP.match(start):
        raise FileRefused(
            "The file is a web page or XML, whatever its name says.", "Open it in Excel and save it as .xlsx or .csv."
        )
    if start[:1] in b"[{" and start[1:200].lstrip()[:1] in (b'"', b"{", b"["):
        raise FileRefused("The file is JSON, and this inbox reads tables.", "Export it as .csv or .xlsx.")
    return "csv"


def _packed(content: bytes) -> Literal["xlsx"]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names, size = set(packed.namelist()), sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, ValueError, RuntimeError):  # RuntimeError: a zip version that zipfile does not read
        raise FileRefused("The workbook is damaged or only half copied.", "Copy or export it again.") from None
    if "xl/workbook.xml" in names:
        if size > MOST_UNPACKED_BYTES:
            raise FileRefused(f"The workbook unpacks to {size:,} bytes.", "Export it in parts, or as .csv.")
        return "xlsx"
    if "xl/workbook.bin" in names:
        raise FileRefused("The workbook is of the binary format .xlsb.", "Save it as .xlsx or .csv.")
    if "content.xml" in names:
        raise FileRefused("The file is an OpenDocument sheet.", "Save it as .xlsx or .csv.")
    raise FileRefused("The file is a zip archive.", "Unpack it and drop the files one by one.")
