"""What became of one file, for people and for whoever orchestrates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from partnerops_pipeline.intake.facts import FileFacts, RejectedRow

State = Literal["landed", "already_known", "rejected", "waiting"]


@dataclass(frozen=True)
class FileReport:
    """`landed`: its rows are in the lake; `already_known`: they were before; `rejected`: put aside, nothing stored;
    `waiting`: left where it is. `reason` says why. `file` is the name as dropped; `facts` are there for landed files,
    and `samples` are the first of their rejected rows.
    """

    profile: str
    file: str
    state: State
    sha256: str = ""
    rows: int = 0
    rejected_rows: int = 0
    reason: str = ""
    rule: str = ""
    table: str = ""
    facts: FileFacts | None = None
    samples: tuple[RejectedRow, ...] = ()
    moved_to: Path | None = None
