"""All export files of a programme as of one day: the same log gives the same bytes."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ..program.chance import last_second
from ..program.events import EventLog
from ..program.records.present import Present
from . import impartner, lms, partnerstack
from .accidents import Accident, without_slips

SPOILED_HEADERS = {
    "impartner_partners": ("tiers__cf", "partnerLevel__cf"),
    "impartner_tiers": ("name", "label"),
    "impartner_mdf_claims": ("Claim Amount", "Amount claimed"),
    "partnerstack_deals": ("external_key", "crm_reference"),
    "partnerstack_rewards": ("reward_status", "payout_state"),
    "lms_certifications": ("Issued on", "Granted on"),
}
"""A required column of each export, and what its header becomes in a spoiled file."""


@dataclass(frozen=True)
class Exports:
    """`files`: path below the inbox, `<profile>/<file>`, to content. `accidents`: what was made to differ."""

    files: dict[str, bytes]
    accidents: tuple[Accident, ...]

    def met(self, entity: str, name: str) -> frozenset[int]:
        """The numbers of the records of a kind that met an accident."""
        return frozenset(a.number for a in self.accidents if (a.entity, a.name) == (entity, name))


def export_files(
    log: EventLog,
    as_of: date | None = None,
    *,
    mended: Collection[tuple[str, int]] = (),
    spoiled: Collection[str] = (),
) -> Exports:
    """The six exports as they would have been made at the end of `as_of` (default: the log's last day).

    A day after the log's last is one on which nothing happened but what is asked for here.

    Args:
        mended: (entity, number) of records whose slip has been put right; see `Accident`. A partner that only the
            portal had is closed there: it stays as an inactive one.
        spoiled: names of profiles whose file comes with another word for a required column, so that it is refused.

    Raises:
        LookupError: a record of `mended` has no slip that shows on that day, or a name of `spoiled` is no export.
    """
    day = as_of or log.ends
    if day != log.ends:
        log = replace(log, ends=day, events=[event for event in log.events if event.at <= last_second(day)])
    before = _exports(Present(log), day)
    unknown = set(mended) - {(a.entity, a.number) for a in before.accidents}
    unknown_names = set(spoiled) - set(SPOILED_HEADERS)
    if unknown or unknown_names:
        raise LookupError(f"nothing to mend or to spoil: {sorted(unknown)} {sorted(unknown_names)}")
    if mended:
        before = _exports(without_slips(Present(log), mended), day)
    for name, content in before.files.items() if spoiled else ():
        profile = name.partition("/")[0]
        if profile in spoiled:
            before.files[name] = _with_another_header(content, *SPOILED_HEADERS[profile])
    return before


def _exports(present: Present, day: date) -> Exports:
    partner_text, partner_accidents = impartner.partners(present)
    tier_text, _ = impartner.tiers(present)
    claim_text, claim_accidents = impartner.mdf_claims(present, day)
    deal_text, deal_accidents = partnerstack.deals(present)
    reward_text, _ = partnerstack.rewards(present)
    awards, award_accidents = lms.certifications(present, day)
    contents = {
        ("impartner_partners", "csv"): partner_text.encode("utf-8-sig"),
        ("impartner_tiers", "csv"): tier_text.encode(),
        ("impartner_mdf_claims", "csv"): claim_text.encode("cp1252", "replace"),
        ("partnerstack_deals", "csv"): deal_text.encode(),
        ("partnerstack_rewards", "csv"): reward_text.encode(),
        ("lms_certifications", "xlsx"): awards,
    }
    files = {f"{name}/{name}_{day.isoformat()}.{ending}": content for (name, ending), content in contents.items()}
    accidents = sorted([*partner_accidents, *claim_accidents, *deal_accidents, *award_accidents])
    return Exports(files, tuple(accidents))


def _with_another_header(content: bytes, header: str, instead: str) -> bytes:
    """The same file with another word in its header row. In a workbook both words need the same length."""
    if not content.startswith(b"PK"):
        return content.replace(header.encode(), instead.encode(), 1)
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
        for part in source.infolist():
            text = source.read(part).replace(f">{header}<".encode(), f">{instead}<".encode(), 1)
            changed.writestr(part, text)
    return target.getvalue()


def write_exports(
    log: EventLog,
    inbox: Path,
    as_of: date | None = None,
    *,
    only: Collection[str] = (),
    mended: Collection[tuple[str, int]] = (),
    spoiled: Collection[str] = (),
) -> list[Path]:
    """Drop the exports into an inbox, each complete from the moment it is seen; their dates are those of `as_of`.

    Args:
        only: the profiles to write; none: all six.
        mended, spoiled: see `export_files`.
    """
    day = as_of or log.ends
    written = []
    for name, content in export_files(log, day, mended=mended, spoiled=spoiled).files.items():
        if only and name.partition("/")[0] not in only:
            continue
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.half")
        half.write_bytes(content)
        made = last_second(day).timestamp()
        os.utime(half, (made, made))  # as an export of that day would have it; a settled file is taken at once
        half.replace(path)
        written.append(path)
    return written
