"""An inbox of a test's own, and a short profile that shows one rule at a time."""

from __future__ import annotations

import io
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import openpyxl

from partnerops_pipeline.intake.parse import Parsed, parse
from partnerops_pipeline.intake.profile import Profile, load_profile
from partnerops_pipeline.intake.report import FileReport
from partnerops_pipeline.intake.take import take_inbox
from partnerops_pipeline.lake.store import Lake
from partnerops_pipeline.settings import Settings

PARTNERS = """\
title: partners of a test
source: testportal
table: partner
format: {format}
as_of: {{from: name}}
key: [partner_id]
{more}
columns:
  partner_id: {{headers: [Partner ID, Partner-Nr.], type: id, required: true}}
  name: {{headers: [Partner Name, Firma], required: true}}
  crm_id: {{headers: [CRM Id]}}
  joined: {{headers: [Joined On, Beitritt], type: date{joined}}}
  changed: {{headers: [Changed], type: instant}}
  amount: {{headers: [Amount, Betrag], type: number{amount}}}
  currency: {{headers: [Currency]}}
  active: {{headers: [Active], type: boolean}}
  regions: {{headers: [Regions], type: list, separators: ";|,\\n"}}
  tier: {{headers: [Tier], values: [Gold, Silver]}}
"""


def profile_text(more: str = "", *, format: str = "csv", joined: str = "", amount: str = "") -> str:
    return PARTNERS.format(more=more, format=format, joined=joined, amount=amount)


def profile(folder: Path, more: str = "", **changes: str) -> Profile:
    """The profile `partners` with lines added; `joined` and `amount` are added to those columns."""
    file = folder / "partners.yaml"
    file.write_text(profile_text(more, **changes), encoding="utf-8")
    return load_profile(file)


def read(content: bytes | str, using: Profile, name: str = "partners_2026-06-30.csv") -> Parsed:
    return parse(content.encode() if isinstance(content, str) else content, name, using)


def values(parsed: Parsed, column: str) -> list[str | None]:
    index = parsed.columns.index(column)
    return [record.values[index] for record in parsed.records]


def reasons(parsed: Parsed) -> dict[int, str]:
    return {row.row_number: row.reason for row in parsed.rejected}


def workbook(rows: list[list[Any]], sheet: str = "Partners", **more_sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = sheet
    for row in rows:
        first.append(row)
    for name, content in more_sheets.items():
        other = book.create_sheet(name)
        for row in content:
            other.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@dataclass
class Inbox:
    """A data root with a profile `partners`; files are an hour old unless said otherwise."""

    settings: Settings

    def drop(
        self, content: bytes | str, name: str = "partners_2026-06-30.csv", *, to: str = "partners", age: float = 3600
    ) -> Path:
        path = self.settings.inbox / to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        when = time.time() - age
        os.utime(path, (when, when))
        return path

    def take(self, **options: Any) -> list[FileReport]:
        return take_inbox(self.settings, **options)

    def rows(
        self, table: str = "testportal/partner", columns: str = "*", order: str = "_row_number"
    ) -> list[tuple[Any, ...]]:
        files = Lake(self.settings.lake_root).table(table).files()
        if not files:
            return []
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(
                f"SELECT {columns} FROM read_parquet({files}, union_by_name = true) ORDER BY {order}"
            ).fetchall()

    def files_below(self, folder: str) -> list[str]:
        root = self.settings.inbox / folder
        return sorted(path.name for path in root.rglob("*") if path.is_file())
