"""A file's bytes to rows for the lake: nothing here knows of folders, clocks or the lake."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from partnerops_pipeline.intake.csv_reader import read_csv
from partnerops_pipeline.intake.errors import FileRefused
from partnerops_pipeline.intake.facts import FileFacts, Record, RejectedRow
from partnerops_pipeline.intake.grid import Grid, GridRow
from partnerops_pipeline.intake.header import Header, counter, find_header
from partnerops_pipeline.intake.kind import kind_of
from partnerops_pipeline.intake.profile import Profile
from partnerops_pipeline.intake.repeats import set_repeats_aside
from partnerops_pipeline.intake.skipping import skipping
from partnerops_pipeline.intake.text import clean, folded
from partnerops_pipeline.intake.values import Written, instant_of, writer
from partnerops_pipeline.intake.xlsx_reader import read_xlsx

_EXPONENT = re.compile(r"[+-]?\d+([.,]\d+)?[eE]\+?\d+\Z")
_REMEMBERED = 20_000
"""Different texts of a column whose written form is remembered; three quarters of the cells of an export repeat."""


@dataclass(frozen=True)
class Parsed:
    """`columns` name the values of each record, in the profile's order."""

    columns: tuple[str, ...]
    records: list[Record]
    rejected: list[RejectedRow]
    facts: FileFacts


@dataclass
class _Counts:
    values: int = 0
    unparseable: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)


def parse(content: bytes, file_name: str, profile: Profile) -> Parsed:
    """Read one export.

    Raises:
        FileRefused: it is not what the profile says, lacks a required column, or does not say of which moment it is.
    """
    kind = kind_of(content)
    if kind != profile.format:
        wanted = {"csv": "delimited text (.csv)", "xlsx": "an Excel workbook (.xlsx)"}
        raise FileRefused(
            f"The file is {wanted[kind]}, and {profile.title} come as {wanted[profile.format]}.",
            f"Export it as .{profile.format}, or change `format` in the profile {profile.name}.",
        )
    grid = (read_csv if kind == "csv" else read_xlsx)(content, profile, counter(profile))
    header = find_header(grid.rows, profile)
    data = grid.rows[header.first_data_row :]
    if len(data) > profile.max_rows:
        raise FileRefused(
            f"The file has {len(data):,} rows, more than the {profile.max_rows:,} that the profile allows.",
            "Export it in parts, or raise `max_rows` in the profile.",
        )
    as_of = moment_in_name(file_name, profile)
    if as_of is None and profile.as_of.source == "name":
        example = profile.as_of.example or f"{profile.name}_2026-06-30.{profile.format}"
        raise FileRefused("The file's name does not say of which day it is.", f"Name it like {example}.")
    is_no_record = skipping(header, profile)
    rows = [row for row in data if not is_no_record(row)]
    records, rejected, counts = _records(rows, header, grid, profile)
    kept, repeats = set_repeats_aside(records, profile)
    rejected = sorted([*rejected, *repeats], key=lambda row: row.row_number)
    if profile.as_of.source == "column":
        as_of = _moment_in_column(kept, profile)
    unmapped = tuple(sorted(header.unmapped))
    facts = FileFacts(
        rows=len(rows),
        landed=len(kept),
        rejected=len(rejected),
        skipped=len(data) - len(rows),
        as_of=as_of,
        repeated_keys=len({row.key for row in repeats}),
        values=counts.values,
        unparseable=dict(sorted(counts.unparseable.items())),
        unknown_values={column: dict(sorted(found.items())) for column, found in sorted(counts.unknown.items())},
        unmapped=unmapped,
        absent=tuple(column for column in profile.columns if column not in header.mapped),
        is_capped=len(rows) in profile.row_caps,
    )
    return Parsed(tuple(profile.columns), kept, rejected, facts)


def _records(
    rows: Sequence[GridRow], header: Header, grid: Grid, profile: Profile
) -> tuple[list[Record], list[RejectedRow], _Counts]:
    columns = list(profile.columns)
    places = [header.mapped.get(column) for column in columns]
    writers = [writer(rule, profile) for rule in profile.columns.values()]
    known = [frozenset(map(folded, rule.values)) for rule in profile.columns.values()]
    ids = [index for index, rule in enumerate(profile.columns.values()) if rule.type == "id"]
    currencies = [columns.index(rule.currency_into) if rule.currency_into else -1 for rule in profile.columns.values()]
    remembered: list[dict[str, Written]] = [{} for _ in columns]
    unmapped = list(header.unmapped.items())
    nameless = [i for i in range(header.width) if not header.cells[i]]
    counts, records, rejected = _Counts(), [], []
    for row in rows:
        flaw = row.flaw or _wrong_width(row, header, profile)
        if not flaw:
            flaw = _lossy_id(row, header, grid, columns, places, ids)
        if flaw:
            rejected.append(
                RejectedRow(row.number, _readable_key(row, header, profile), "FI-04", f"{flaw[0].upper()}{flaw[1:]}.")
            )
            continue
        values: list[str | None] = []
        marks: dict[int, str] = {}
        for index, place in enumerate(places):
            text = clean(_cell(row.cells, place)) if place is not None else ""
            if not text:
                values.append(None)
                continue
            memory = remembered[index]
            written = memory.get(text)
            if written is None:
                written = writers[index](text)
                if len(memory) < _REMEMBERED:
                    memory[text] = written
            values.append(written.text)
            counts.values += 1
            if not written.fits:
                counts.unparseable[columns[index]] += 1
            if known[index] and written.text is not None and folded(written.text) not in known[index]:
                counts.unknown.setdefault(columns[index], Counter())[written.text] += 1
            if written.currency:
                marks[currencies[index]] = written.currency
        for target, currency in marks.items():
            values[target] = values[target] or currency
        absent = [column for column in profile.key if not values[columns.index(column)]]
        if absent:
            reason = f"The row has no {' and no '.join(absent)}, which tells records apart."
            rejected.append(RejectedRow(row.number, _readable_key(row, header, profile), "FI-04", reason))
            continue
        extra = {name: text for name, place in unmapped if (text := clean(_cell(row.cells, place)))}
        extra.update({f"column {i + 1}": text for i in nameless if (text := clean(_cell(row.cells, i)))})
        records.append(Record(row.number, values, extra))
    return records, rejected, counts


def _wrong_width(row: GridRow, header: Header, profile: Profile) -> str:
    if profile.format == "xlsx":
        return ""  # a sheet has no broken lines
    width, wanted = len(row.cells), header.width
    while width > wanted and not row.cells[width - 1].strip():
        width -= 1
    if width > wanted:
        return f"the row has {width} cells, and the header has {wanted}"
    return f"the row ends after {width} of {wanted} cells" if width < wanted else ""


def _lossy_id(
    row: GridRow, header: Header, grid: Grid, columns: list[str], places: list[int | None], ids: list[int]
) -> str:
    for index in ids:
        place = places[index]
        if place is None:
            continue
        text = clean(_cell(row.cells, place))
        if _EXPONENT.match(text):
            return f"the {columns[index]} is in scientific notation ({text}), so its last digits are lost"
        if (row.number, place) in grid.imprecise:
            return f"the {columns[index]} is a number of more than 15 digits, of which Excel changes the last ones"
    return ""


def _readable_key(row: GridRow, header: Header, profile: Profile) -> str | None:
    parts = [clean(_cell(row.cells, header.mapped[column])) for column in profile.key]
    return "|".join(parts) if any(parts) else None


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def moment_in_name(file_name: str, profile: Profile) -> datetime | None:
    """The moment that the name says, in UTC; None if it says none, says a day that does not exist, or is not asked."""
    rule = profile.as_of
    found = re.search(rule.pattern, file_name) if rule.source == "name" else None
    if not found:
        return None
    parts = found.groupdict()
    try:
        year, month, day = (int(parts[name]) for name in ("year", "month", "day"))
        hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (TypeError, ValueError):
        return None


def _moment_in_column(records: Sequence[Record], profile: Profile) -> datetime | None:
    """The greatest moment in the declared column.

    Raises:
        FileRefused: there are records, and none has one.
    """
    index = list(profile.columns).index(profile.as_of.column)
    moments = [moment for r in records if (text := r.values[index]) and (moment := instant_of(text))]
    if records and not moments:
        raise FileRefused(
            f"No row has a date in {profile.as_of.column}, from which the file's own date is taken.",
            "Export it with that column filled, or take the date from the file's name (`as_of` in the profile).",
        )
    return max(moments, default=None)


def extra_text(extra: dict[str, str]) -> str | None:
    """The unmapped cells as JSON, keys sorted; None if there are none.

    One text instead of columns: a tenant's two hundred own columns come and go, and the lake's schema should not.
    """
    return json.dumps(extra, ensure_ascii=False, sort_keys=True) if extra else None
