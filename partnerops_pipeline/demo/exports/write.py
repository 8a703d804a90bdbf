"""All export files of a programme as of one day: the same log gives the same bytes."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ..program.chance import last_second
from ..program.events import EventLog
from ..program.records.present import Present
from . import impartner, lms, partnerstack
from .accidents import Accident


@dataclass(frozen=True)
class Exports:
    """`files`: path below the inbox, `<profile>/<file>`, to content. `accidents`: what was made to differ."""

    files: dict[str, bytes]
    accidents: tuple[Accident, ...]

    def met(self, entity: str, name: str) -> frozenset[int]:
        """The numbers of the records of a kind that met an accident."""
        return frozenset(a.number for a in self.accidents if (a.entity, a.name) == (entity, name))


def export_files(log: EventLog, as_of: date | None = None) -> Exports:
    """The six exports as they would have been made at the end of `as_of` (default: the log's last day)."""
    day = as_of or log.ends
    if day < log.ends:
        log = replace(log, ends=day, events=[event for event in log.events if event.at <= last_second(day)])
    present = Present(log)
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


def write_exports(log: EventLog, inbox: Path, as_of: date | None = None) -> list[Path]:
    """Drop the exports into an inbox, each complete from the moment it is seen; their dates are those of `as_of`."""
    day = as_of or log.ends
    written = []
    for name, content in export_files(log, day).files.items():
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.half")
        half.write_bytes(content)
        made = last_second(day).timestamp()
        os.utime(half, (made, made))  # as an export of that day would have it; a settled file is taken at once
        half.replace(path)
        written.append(path)
    return written
