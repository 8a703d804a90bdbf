"""The learning system's certification report: a workbook in which most dates are dates and some are text."""

from __future__ import annotations

import io
from datetime import date, datetime, time

import xlsxwriter

from ..program import events as ev
from ..program.records.present import Present
from .accidents import Accident, slip_and_stream
from .spelling import portal_id

COLUMNS = (
    "Certificate ID", "Username", "E-mail", "First Name", "Last Name", "Branch", "Branch Code", "Certification",
    "Status", "Score", "Issued on", "Expires on",
)  # fmt: skip
NEVER = "31/12/9999"


def certifications(present: Present, as_of: date) -> tuple[bytes, list[Accident]]:
    """All awards up to `as_of`. The same awards give the same bytes."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    book.set_properties({"created": datetime.combine(as_of, time()), "author": "LMS"})
    sheet = book.add_worksheet("Certifications")
    book.add_worksheet("Filters").write_string(0, 0, "All branches")
    day_format = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_string(0, 0, "Certifications report")
    sheet.write_string(1, 0, f"Generated on {as_of:%d/%m/%Y}")
    for column, title in enumerate(COLUMNS):
        sheet.write_string(3, column, title)
    met: list[Accident] = []
    row = 4
    for award in (e for e in present.log.events if isinstance(e, ev.CertificationAwarded)):
        name, rng = slip_and_stream(present, "certification", award.award)
        if name == "status_behind" and award.expires >= as_of:
            name = ""
        if name:
            met.append(Accident("certification", award.award, name, award_id(award.award)))
        if name == "absent":
            continue
        score = rng.randint(1400, 2000) / 20
        for _ in range(2 if name == "repeated" else 1):
            for column, text in enumerate(_texts(present, award, as_of, name)):
                sheet.write_string(row, column, text)
            sheet.write_number(row, 9, score)
            for column, day in ((10, award.at.date()), (11, award.expires)):
                if name == "never_expires" and column == 11:
                    sheet.write_string(row, column, NEVER)
                elif name == "dates_as_text":
                    sheet.write_string(row, column, f"{day:%d/%m/%Y}")
                else:
                    sheet.write_datetime(row, column, datetime.combine(day, time()), day_format)
            row += 1
    sheet.write_string(row + 1, 0, "Confidential Information - Do Not Distribute")
    book.close()
    return target.getvalue(), met


def award_id(award: int) -> str:
    return f"C-{award:06d}"


def _texts(present: Present, award: ev.CertificationAwarded, as_of: date, accident_name: str) -> tuple[str, ...]:
    person, account = present.contacts[award.contact], present.survivor(award.account) or award.account
    e_mail = "" if accident_name == "e_mail_missing" else person.email or ""
    if accident_name == "e_mail_in_capitals":
        e_mail = e_mail.upper()
    branch = "" if accident_name == "branch_missing" else present.accounts[account].created.name
    is_active = award.expires >= as_of or accident_name in ("status_behind", "never_expires")
    code = portal_id(account) if branch and account % 10 < 7 else ""
    return (
        award_id(award.award), f"u{award.contact:08d}", e_mail, person.first_name, person.last_name, branch, code,
        award.certification, "Active" if is_active else "Expired",
    )  # fmt: skip
