"""Workbooks: every cell as exact text.

calamine reads the cells. What it leaves out is looked up in the sheet's XML: error cells, and formulas that no program
has ever calculated, whose value is simply not in the file.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from partnerops_pipeline.intake.errors import FileRefused
from partnerops_pipeline.intake.grid import Grid, GridRow
from partnerops_pipeline.intake.profile import Profile

SAFE_DIGITS = 15
"""A number in a workbook is a double: of more than 15 digits the last ones may have been changed on the way in."""
_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d+)"')
_VALUE = re.compile(rb"<v>([^<]*)</v>")
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_xlsx(content: bytes, profile: Profile, known_headers: Callable[[list[str]], int]) -> Grid:
    """The rows of the declared sheet, or of the visible sheet that has the most of the profile's headers.

    Raises:
        FileRefused: a password, a damaged workbook, no such sheet, or formulas without values.
    """
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        name = profile.sheet or _best_sheet(workbook, known_headers)
        if name not in workbook.sheet_names:
            found = ", ".join(workbook.sheet_names)
            raise FileRefused(
                f"The workbook has no sheet {name}; it has {found}.", "Rename the sheet, or mend the profile."
            )
        values = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except PasswordError:
        raise FileRefused(
            "The workbook is protected with a password.", "Remove the password and drop it again."
        ) from None
    except CalamineError as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileRefused(f"The workbook is damaged: {what}.", "Open it in Excel, save it and drop it again.") from None
    except BaseException as error:  # a panic of the Rust reader is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise FileRefused("The workbook is damaged.", "Open it in Excel, save it and drop it again.") from None
    errors = _errors_in(content, name)
    rows, imprecise = [], set()
    for index, cells in enumerate(values):
        number = index + 1
        texts = [cell_text(cell) for cell in cells]
        for column, cell in enumerate(cells):
            if isinstance(cell, float) and abs(cell) >= 10**SAFE_DIGITS:
                imprecise.add((number, column))
        for column, text in errors.get(number, {}).items():
            texts[column] = text
        if any(text.strip() for text in texts):
            rows.append(GridRow(number, texts))
    return Grid(rows, frozenset(imprecise))


def cell_text(value: Any) -> str:
    """A cell as text: ISO for dates and times, numbers with the 15 digits that Excel keeps, no exponents."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer():
            return str(int(value))
        return format(Decimal(f"{value:.15g}"), "f")
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)


def _best_sheet(workbook: CalamineWorkbook, known_headers: Callable[[list[str]], int]) -> str:
    visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
    if not visible:
        raise FileRefused("The workbook has no visible sheet.", "Export it again.")
    if len(visible) == 1:
        return visible[0]

    def score(name: str) -> int:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=60)
        return max((known_headers([cell_text(cell) for cell in row]) for row in rows), default=0)

    return max(visible, key=score)


def _errors_in(content: bytes, sheet: str) -> dict[int, dict[int, str]]:
    """Row number -> column index -> error text, such as `#REF!`.

    Raises:
        FileRefused: a formula without a value.
    """
    errors: dict[int, dict[int, str]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            part = _part_of(packed, sheet)
            xml = packed.read(part) if part else b""
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError, EOFError):
        raise FileRefused("The workbook is damaged.", "Open it in Excel, save it and drop it again.") from None
    if b"<f" not in xml and b't="e"' not in xml:
        return {}
    for cell in _CELL.finditer(xml):
        attributes, inner = cell[1], cell[2] or b""
        place, value = _PLACE.search(attributes), _VALUE.search(inner)
        if place is None:
            continue
        if b"<f" in inner and b't="str"' not in attributes and not (value and value[1]):
            raise FileRefused(
                f"The formula in cell {(place[1] + place[2]).decode()} of sheet {sheet} was never calculated.",
                "Open the workbook in Excel, save it and drop it again.",
            )
        if b't="e"' in attributes:
            errors.setdefault(int(place[2]), {})[_column(place[1])] = value[1].decode() if value else "#ERROR!"
    return errors


def _column(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _part_of(packed: zipfile.ZipFile, sheet: str) -> str | None:
    """The name of the sheet's XML inside the workbook."""
    try:
        workbook = ElementTree.fromstring(packed.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError):
        return None
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for element in workbook.iter():
        if element.tag.endswith("}sheet") and element.get("name") == sheet:
            target = targets.get(element.get(_REL), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            return part if part in packed.namelist() else None
    return None
