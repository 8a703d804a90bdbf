"""A table as a reader delivers it: rows of text, each with the number that a person finds it under."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GridRow:
    """`number`: the line of a text file, the row of a sheet. `flaw` says why the row cannot be used as it stands."""

    number: int
    cells: list[str]
    flaw: str = ""


@dataclass(frozen=True)
class Grid:
    """All rows, title and footer rows included, blank ones left out.

    `imprecise` holds the (row number, column index) of numbers whose last digits the spreadsheet may have changed.
    """

    rows: list[GridRow]
    imprecise: frozenset[tuple[int, int]] = field(default_factory=frozenset)
