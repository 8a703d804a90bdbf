"""Where the header stands, and which cell of a row belongs to which canonical column."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from partnerops_pipeline.intake.errors import FileRefused
from partnerops_pipeline.intake.grid import GridRow
from partnerops_pipeline.intake.profile import Profile
from partnerops_pipeline.intake.text import clean, folded

FIRST_ROWS = 40
"""Rows among which a header is looked for."""


@dataclass(frozen=True)
class Header:
    """`mapped`: canonical column -> cell index; `unmapped`: header as written, repeated ones numbered -> cell index."""

    cells: tuple[str, ...]
    first_data_row: int  # index into the grid's rows
    mapped: dict[str, int]
    unmapped: dict[str, int]

    @cached_property
    def width(self) -> int:
        """The cells up to the last one with a header."""
        return max((index + 1 for index, cell in enumerate(self.cells) if cell), default=0)


def counter(profile: Profile) -> Callable[[list[str]], int]:
    """How many different columns of the profile a row's cells name."""
    by_header = profile.by_header
    return lambda cells: len({by_header[word] for word in map(folded, cells) if word in by_header})


def find_header(rows: list[GridRow], profile: Profile) -> Header:
    """The header as the profile declares it, or the first row that names all required columns.

    Raises:
        FileRefused: there is none; the message names the columns that are missing (FI-03).
    """
    declared = profile.header.row
    if declared != "auto":
        place = next((i for i, row in enumerate(rows) if row.number >= declared), None)
        if place is None:
            raise FileRefused(
                f"The file has no row {declared}, where its header should be.", "Export it again.", "FI-03"
            )
        header = _header(rows, place, profile)
        return _complete(header, profile)
    candidates = [_header(rows, place, profile) for place in range(min(FIRST_ROWS, len(rows)))]
    for header in candidates:
        if all(column in header.mapped for column in profile.required):
            return header
    if not candidates:
        raise FileRefused("The file holds no rows.", "Export it again.", "FI-03")
    return _complete(max(candidates, key=lambda header: len(header.mapped)), profile)


def _complete(header: Header, profile: Profile) -> Header:
    missing = [column for column in profile.required if column not in header.mapped]
    if not missing:
        return header
    if not header.mapped:
        raise FileRefused(
            f"No row of the file names a column of {profile.title} ({', '.join(profile.required)}).",
            "Export the right report, or drop the file into the right folder.",
            "FI-03",
        )
    hints = []
    for column in missing:
        wanted = [folded(column), *map(folded, profile.columns[column].headers)]
        near = [h for h in header.unmapped if difflib.get_close_matches(folded(h), wanted, n=1, cutoff=0.7)]
        hints.append(f"{column} ({' or '.join((profile.columns[column].headers or (column,))[:3])})")
        if near:
            hints[-1] += f", perhaps renamed to {near[0]!r}"
    raise FileRefused(
        f"The file lacks the required column{'s' if len(missing) > 1 else ''} {'; '.join(hints)}.",
        f"Export it with {'them' if len(missing) > 1 else 'it'}, or add the new header to the profile {profile.name}.",
        "FI-03",
    )


def _header(rows: list[GridRow], place: int, profile: Profile) -> Header:
    cells = [clean(cell) for cell in rows[place].cells]
    data = place + profile.header.rows
    if profile.header.rows == 2 and place + 1 < len(rows):
        upper, above = [], ""
        for cell in cells:
            above = cell or above
            upper.append(above)
        lower = [clean(cell) for cell in rows[place + 1].cells]
        cells = [" ".join(filter(None, pair)) if pair[1] or cells_at(cells, i) else ""
                 for i, pair in enumerate(zip_longest(upper, lower, fillvalue=""))]  # fmt: skip
    mapped: dict[str, int] = {}
    unmapped: dict[str, int] = {}
    for index, cell in enumerate(cells):
        if not cell:
            continue
        column = profile.by_header.get(folded(cell))
        if column is not None and column not in mapped:
            mapped[column] = index
            continue
        name, again = cell, 1
        while name in unmapped or (again == 1 and column is not None):
            again += 1
            name = f"{cell}_{again}"
        unmapped[name] = index
    return Header(tuple(cells), data, mapped, unmapped)


def cells_at(cells: list[str], index: int) -> str:
    return cells[index] if index < len(cells) else ""
