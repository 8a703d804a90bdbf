"""Rows of an export that are no records: repeated headers, totals, footers, group headings."""

from __future__ import annotations

import re
from collections.abc import Callable

from partnerops_pipeline.intake.grid import GridRow
from partnerops_pipeline.intake.header import Header
from partnerops_pipeline.intake.profile import Profile
from partnerops_pipeline.intake.text import clean, folded


def skipping(header: Header, profile: Profile) -> Callable[[GridRow], bool]:
    """The test for one file: whether a row is no record.

    A row that has its whole key is a record whatever its other cells say, since a partner may be called "Total"; but a
    key that itself reads like a total is none.
    """
    titles = [folded(cell) for cell in header.cells[: header.width]]
    first_title = next(title for title in titles if title)
    keys = [header.mapped[column] for column in profile.key]
    footer = re.compile("|".join(f"(?:{pattern})" for pattern in profile.skip.patterns) or r"(?!)", re.I | re.S)

    def is_no_record(row: GridRow) -> bool:
        if row.flaw:
            return False
        cells = row.cells
        first = next((text for cell in cells if (text := clean(cell))), "")
        if not first:
            return True
        if folded(first) == first_title and [folded(cell) for cell in cells[: header.width]] == titles:
            return True
        key = [clean(cells[place]) if place < len(cells) else "" for place in keys]
        if all(key) and first not in key:
            return False
        if footer.fullmatch(first):
            return True
        return profile.skip.single_cell_rows and not any(key) and sum(bool(clean(cell)) for cell in cells) == 1

    return is_no_record
